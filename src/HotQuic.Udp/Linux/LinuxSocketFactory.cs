using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HotQuic.Udp.Portable;

namespace HotQuic.Udp.Linux;

/// <summary>
/// Makes and binds sockets as <see cref="UdpSocketOptions"/> ask.
/// </summary>
/// <remarks>
/// How a port stays ours alone: the first socket binds without SO_REUSEPORT, which the kernel allows to one socket only,
/// whatever the others ask for, and atomically; only then does it set SO_REUSEPORT, and lets the next shards in. Every other process
/// (and every other listener of this one) starts by binding without it too, and fails. Port 0 is bound that way even for
/// sharing with other processes: with SO_REUSEPORT set the kernel might choose a port that is held already.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxSocketFactory
{
    /// <summary>Makes and binds a socket.</summary>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    public static LinuxUdpSocket Open(UdpSocketOptions options)
    {
        UdpAddress wish = options.LocalEndPoint is null ? default : UdpAddress.From(options.LocalEndPoint);
        ushort port = (ushort)(options.LocalEndPoint?.Port ?? 0);
        if (wish.Family == UdpFamily.IPv4)
        {
            return Open(options, Family.Inet, wish);
        }

        bool bothFamilies = wish.IsNone || wish.IsUnspecified;
        if (!bothFamilies)
        {
            return options.AllowIPv6 ? Open(options, Family.Inet6, wish) : throw ErrorNumber.ToException(ErrorNumber.FamilyNotSupported);
        }

        if (options.AllowIPv6 && HasIPv6())
        {
            return Open(options, Family.Inet6, UdpAddress.From(new IPEndPoint(IPAddress.IPv6Any, port)));
        }

        return Open(options, Family.Inet, UdpAddress.From(new IPEndPoint(IPAddress.Any, port)));
    }

    /// <summary>An unbound socket, or null with the error number at hand.</summary>
    public static Descriptor? TryCreate(int family)
    {
        int number = LibC.Socket(family, SocketType.Datagram | SocketType.NonBlocking | SocketType.CloseOnExec, 0);
        return number < 0 ? null : new Descriptor(number);
    }

    /// <summary>Binds, and tells to what: a port of 0 becomes a real one.</summary>
    public static bool TryBind(Descriptor socket, int family, UdpAddress address, out UdpAddress bound)
    {
        byte* name = stackalloc byte[SocketAddressCodec.Room];
        uint length = (uint)SocketAddressCodec.Write(address, family, new Span<byte>(name, SocketAddressCodec.Room));
        bound = default;
        if (LibC.Bind(socket, name, length) != 0)
        {
            return false;
        }

        length = SocketAddressCodec.Room;
        if (LibC.GetSocketName(socket, name, &length) != 0)
        {
            return false;
        }

        bound = SocketAddressCodec.Read(new ReadOnlySpan<byte>(name, (int)length));
        return true;
    }

    private static bool HasIPv6()
    {
        using Descriptor? socket = TryCreate(Family.Inet6);
        return socket is not null
            && SocketOptions.TrySet(socket, Level.Ipv6, Ipv6Option.Only, 0)
            && TryBind(socket, Family.Inet6, UdpAddress.From(new IPEndPoint(IPAddress.IPv6Any, 0)), out _);
    }

    private static LinuxUdpSocket Open(UdpSocketOptions options, int family, UdpAddress address)
    {
        ReadableSignal? signal = options.Io != UdpIo.Sockets
            ? null
            : new ReadableSignal(family == Family.Inet ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
        Descriptor socket = signal is not null
            ? new Descriptor(signal.Socket)
            : TryCreate(family) ?? throw ErrorNumber.ToException(Marshal.GetLastPInvokeError());
        try
        {
            UdpCapabilities capabilities = Configure(socket, options, family, dualMode: family == Family.Inet6 && address.IsUnspecified);
            bool alone = options.Sharing != PortSharing.NextShard && (options.Sharing != PortSharing.OtherProcesses || address.Port == 0);
            bool shares = options.Sharing != PortSharing.None;
            bool reusePort = shares && !alone && Set(socket, Level.Socket, SocketOption.ReusePort);
            if (!TryBind(socket, family, address, out UdpAddress bound))
            {
                throw ErrorNumber.ToException(Marshal.GetLastPInvokeError());
            }

            reusePort |= shares && alone && Set(socket, Level.Socket, SocketOption.ReusePort);
            return new LinuxUdpSocket(socket, family, bound, capabilities with { ReusePort = reusePort }) { Signal = signal };
        }
        catch
        {
            socket.Dispose();
            signal?.Dispose();
            throw;
        }
    }

    private static UdpCapabilities Configure(Descriptor socket, UdpSocketOptions options, int family, bool dualMode)
    {
        bool inet6 = family == Family.Inet6;
        if (inet6)
        {
            SocketOptions.TrySet(socket, Level.Ipv6, Ipv6Option.Only, dualMode ? 0 : 1);
        }

        Set(socket, Level.Socket, SocketOption.DropCount);
        int maxSegments = options.SegmentationOffload ? SegmentationProbe.MaxSegments : 1;
        int mtuDiscovery = options.DontFragment ? MtuDiscovery.Probe : MtuDiscovery.Dont;
        bool discovery = SetBoth(socket, family, IpOption.MtuDiscover, Ipv6Option.MtuDiscover, mtuDiscovery);
        return new UdpCapabilities
        {
            Io = options.Io == UdpIo.Sockets ? UdpIo.Sockets : UdpIo.Offload,
            DualMode = dualMode,
            Gso = maxSegments > 1,
            MaxSegments = maxSegments,
            Gro = options.SegmentationOffload && Set(socket, Level.Udp, UdpOption.Gro),
            Ecn = SetBoth(socket, family, IpOption.ReceiveTrafficClass, Ipv6Option.ReceiveTrafficClass, 1),
            PacketInfo = options.ReportLocalAddress
                && (inet6 ? Set(socket, Level.Ipv6, Ipv6Option.ReceivePacketInfo) : Set(socket, Level.Ip, IpOption.PacketInfo)),
            SourceAddress = true,
            ErrorQueue = options.ReportErrors && SetBoth(socket, family, IpOption.ReceiveErrors, Ipv6Option.ReceiveErrors, 1),
            KernelTimestamps = options.KernelTimestamps && Set(socket, Level.Socket, SocketOption.Timestamp),
            DontFragment = options.DontFragment && discovery,
            ReceiveBufferSize = AskForBuffer(socket, SocketOption.ReceiveBuffer, options.ReceiveBufferSize),
            SendBufferSize = AskForBuffer(socket, SocketOption.SendBuffer, options.SendBufferSize),
        };
    }

    private static bool Set(Descriptor socket, int level, int option) => SocketOptions.TrySet(socket, level, option, 1);

    /// <summary>On an IPv6 socket both are set: a dual-mode one treats IPv4 datagrams by the IPv4 option.</summary>
    private static bool SetBoth(Descriptor socket, int family, int ipOption, int ipv6Option, int value) =>
        SocketOptions.TrySet(socket, Level.Ip, ipOption, value)
        && (family == Family.Inet || SocketOptions.TrySet(socket, Level.Ipv6, ipv6Option, value));

    /// <summary>Returns what the kernel gave: it books twice the payload it promises.</summary>
    private static int AskForBuffer(Descriptor socket, int option, int bytes)
    {
        if (bytes > 0)
        {
            SocketOptions.TrySet(socket, Level.Socket, option, bytes);
        }

        return SocketOptions.TryGet(socket, Level.Socket, option, out int given) ? given / 2 : 0;
    }
}
