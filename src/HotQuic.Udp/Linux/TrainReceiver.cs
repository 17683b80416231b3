using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace HotQuic.Udp.Linux;

/// <summary>Receives trains: one recvmmsg fills a batch, and the control messages tell what the bytes do not.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class TrainReceiver(Descriptor socket, ushort localPort, bool reportsErrors)
{
    private const long NanosecondsPerTick = 100;

    private uint _lastDropCount;

    public long KernelDrops { get; private set; }

    public long Failures { get; private set; }

    public int Receive(ReceiveBatch batch)
    {
        ReceiveHeaders headers = batch.Headers ??= new ReceiveHeaders(batch);
        headers.Reset();
        batch.Count = TakeMessages(headers);
        for (int i = 0; i < batch.Count; i++)
        {
            Describe(headers, i, ref batch.Message(i));
        }

        return batch.Count;
    }

    private int TakeMessages(ReceiveHeaders headers)
    {
        int pendingErrors = 0;
        while (true)
        {
            int count = LibC.ReceiveMessages(socket, headers.First, (uint)headers.Count, MessageFlags.DontWait, null);
            if (count >= 0)
            {
                return count;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == ErrorNumber.WouldBlock)
            {
                return 0;
            }

            // What ICMP said about an earlier datagram is in the error queue; here it only stands before what has arrived.
            if (error == ErrorNumber.Interrupted || (reportsErrors && pendingErrors++ < LinuxUdpSocket.MaxPendingErrors))
            {
                continue;
            }

            Failures++;
            return 0;
        }
    }

    private void Describe(ReceiveHeaders headers, int index, ref ReceivedMessage message)
    {
        ref readonly BatchedMessageHeader header = ref headers[index];
        bool truncated = (header.Header.Flags & MessageFlags.Truncated) != 0;
        Failures += truncated ? 1 : 0;
        int length = truncated ? 0 : (int)header.Length;
        message = new ReceivedMessage
        {
            Length = length,
            SegmentSize = Math.Max(length, 1),
            Remote = SocketAddressCodec.Read(headers.Name(index)),
        };

        var control = new ControlReader(headers.Control(index));
        while (control.TryRead(out int level, out int type, out ReadOnlySpan<byte> data))
        {
            Note(level, type, data, ref message);
        }
    }

    private void Note(int level, int type, ReadOnlySpan<byte> data, ref ReceivedMessage message)
    {
        switch (level, type)
        {
            case (Level.Udp, UdpOption.Gro) when data.Length >= sizeof(int):
                message.SegmentSize = Math.Max(MemoryMarshal.Read<int>(data), 1);
                break;
            case (Level.Ip, IpOption.TrafficClass) or (Level.Ipv6, Ipv6Option.TrafficClass) when data.Length >= 1:
                message.Ecn = (IpEcn)(data[0] & 0b11); // Little-endian: the first byte is the one that counts.
                break;
            case (Level.Ip, IpOption.PacketInfo) when data.Length >= PacketInfo.Inet4Length:
                message.Local = new UdpAddress(PacketInfo.Inet4Destination(data), localPort);
                break;
            case (Level.Ipv6, Ipv6Option.PacketInfo) when data.Length >= PacketInfo.Inet6Length:
                message.Local = new UdpAddress(data[..16], localPort, MemoryMarshal.Read<uint>(data[16..]));
                break;
            case (Level.Socket, SocketOption.Timestamp) when data.Length >= sizeof(TimeSpec):
                var time = MemoryMarshal.Read<TimeSpec>(data);
                message.KernelTime = DateTime.UnixEpoch.AddTicks(
                    (time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick));
                break;
            case (Level.Socket, SocketOption.DropCount) when data.Length >= sizeof(uint):
                // A counter of 32 bits that wraps.
                uint drops = MemoryMarshal.Read<uint>(data);
                KernelDrops += drops - _lastDropCount;
                _lastDropCount = drops;
                break;
        }
    }
}
