using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>Reads a socket's error queue: what ICMP brought back about datagrams sent, with the destination each was for.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class ErrorQueue
{
    private const int ControlRoom = 256;

    /// <summary>Takes the next report; false where there is none.</summary>
    public static bool TryRead(Descriptor socket, Span<byte> quoted, out UdpError error)
    {
        byte* name = stackalloc byte[SocketAddressCodec.Room];
        byte* control = stackalloc byte[ControlRoom];
        fixed (byte* quotedStart = quoted)
        {
            var buffer = new BufferVector { Start = quotedStart, Length = (nuint)quoted.Length };
            while (true)
            {
                var header = new MessageHeader
                {
                    Name = name,
                    NameLength = SocketAddressCodec.Room,
                    Buffers = &buffer,
                    BufferCount = 1,
                    Control = control,
                    ControlLength = ControlRoom,
                };
                nint length = LibC.ReceiveMessage(socket, &header, MessageFlags.DontWait | MessageFlags.ErrorQueue);
                if (length < 0)
                {
                    if (Marshal.GetLastPInvokeError() == ErrorNumber.Interrupted)
                    {
                        continue;
                    }

                    error = default;
                    return false;
                }

                if (TryFindReport(new ReadOnlySpan<byte>(control, (int)header.ControlLength), out ExtendedError report))
                {
                    UdpAddress destination = SocketAddressCodec.Read(new ReadOnlySpan<byte>(name, (int)header.NameLength));
                    UdpErrorKind kind = ErrorNumber.ToKind((int)report.Number);
                    error = new UdpError(kind, destination, kind == UdpErrorKind.MessageTooLarge ? (int)report.Info : 0, (int)length);
                    return true;
                }
            }
        }
    }

    private static bool TryFindReport(ReadOnlySpan<byte> control, out ExtendedError report)
    {
        var messages = new ControlReader(control);
        while (messages.TryRead(out int level, out int type, out ReadOnlySpan<byte> data))
        {
            if ((level, type) is (Level.Ip, IpOption.ReceiveErrors) or (Level.Ipv6, Ipv6Option.ReceiveErrors)
                && MemoryMarshal.TryRead(data, out report))
            {
                // What went wrong on this host, the send itself has answered.
                return report.Origin is ErrorOrigin.Icmp or ErrorOrigin.Icmp6;
            }
        }

        report = default;
        return false;
    }
}
