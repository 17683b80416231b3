using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>Makes and binds sockets as <see cref="UdpSocketOptions"/> ask, as far as System.Net.Sockets goes.</summary>
internal static class PortableSocketFactory
{
    private const int IpLevel = 0;
    private const int Ipv6Level = 41;

    /// <summary>Makes and binds a socket, and starts to receive.</summary>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    public static PortableUdpSocket Open(UdpSocketOptions options)
    {
        if (options.Sharing == PortSharing.NextShard)
        {
            throw new PlatformNotSupportedException("Sockets of this kind cannot share a port; one serves all the shards.");
        }

        IPEndPoint endPoint = ChooseEndPoint(options, out bool dualMode);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = dualMode;
            }

            UdpCapabilities capabilities = Configure(socket, options, dualMode);
            socket.Bind(endPoint);
            return new PortableUdpSocket(socket, options, capabilities);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A second socket on the port of one that is bound to a wildcard, for one address; null where the system does not let it in. Both
    /// allow the address to be reused only while the second one binds, so that nobody else gets in for longer than that.
    /// </summary>
    public static PortableUdpSocket? TryOpenBeside(Socket wildcard, UdpSocketOptions options)
    {
        IPEndPoint endPoint = options.LocalEndPoint!;
        bool wasShared = options.Sharing == PortSharing.OtherProcesses;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            UdpCapabilities capabilities = Configure(socket, options, dualMode: false);
            AllowReuse(wildcard, allow: true);
            AllowReuse(socket, allow: true);
            socket.Bind(endPoint);
            AllowReuse(socket, wasShared);
            return new PortableUdpSocket(socket, options, capabilities);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        finally
        {
            AllowReuse(wildcard, wasShared);
        }
    }

    private static void AllowReuse(Socket socket, bool allow)
    {
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, allow);
        }
        catch (SocketException)
        {
            // A system that does not let a bound socket change its mind will not let a second one bind either.
        }
    }

    private static IPEndPoint ChooseEndPoint(UdpSocketOptions options, out bool dualMode)
    {
        IPEndPoint? wish = options.LocalEndPoint;
        bool allowIPv6 = options.AllowIPv6 && Socket.OSSupportsIPv6;
        bool bothFamilies = wish is null || wish.Address.Equals(IPAddress.IPv6Any);
        dualMode = bothFamilies && allowIPv6;
        if (bothFamilies)
        {
            return new IPEndPoint(allowIPv6 ? IPAddress.IPv6Any : IPAddress.Any, wish?.Port ?? 0);
        }

        if (wish!.Address.IsIPv4MappedToIPv6)
        {
            return new IPEndPoint(wish.Address.MapToIPv4(), wish.Port);
        }

        return wish.AddressFamily == AddressFamily.InterNetwork || allowIPv6
            ? wish
            : throw new SocketException((int)SocketError.AddressFamilyNotSupported);
    }

    private static UdpCapabilities Configure(Socket socket, UdpSocketOptions options, bool dualMode)
    {
        socket.Blocking = false;
        if (options.ReceiveBufferSize > 0)
        {
            socket.ReceiveBufferSize = options.ReceiveBufferSize;
        }

        if (options.SendBufferSize > 0)
        {
            socket.SendBufferSize = options.SendBufferSize;
        }

        if (OperatingSystem.IsWindows())
        {
            socket.ExclusiveAddressUse = options.Sharing != PortSharing.OtherProcesses;
            IgnoreConnectionReset(socket);
        }

        if (options.Sharing == PortSharing.OtherProcesses)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }

        // Linux books twice the payload it promises.
        int booked = OperatingSystem.IsLinux() ? 2 : 1;
        return new UdpCapabilities
        {
            Io = UdpIo.Datagrams,
            DualMode = dualMode,
            DontFragment = options.DontFragment && TrySetDontFragment(socket, dualMode),
            ErrorQueue = options.ReportErrors && TryReportErrors(socket, dualMode),
            ReceiveBufferSize = socket.ReceiveBufferSize / booked,
            SendBufferSize = socket.SendBufferSize / booked,
        };
    }

    /// <summary>SIO_UDP_CONNRESET: a peer's dead port is no error of the next receive.</summary>
    [System.Runtime.Versioning.SupportedOSPlatform("windows")]
    private static void IgnoreConnectionReset(Socket socket) => socket.IOControl(unchecked((int)0x9800000C), [0, 0, 0, 0], null);

    /// <summary>Linux: IP(V6)_MTU_DISCOVER to PROBE. Windows: IP(V6)_DONTFRAGMENT. macOS: IP(V6)_DONTFRAG.</summary>
    private static bool TrySetDontFragment(Socket socket, bool dualMode)
    {
        (int ip, int ipv6, int value) = OperatingSystem.IsLinux() ? (10, 23, 3) : OperatingSystem.IsWindows() ? (14, 14, 1) : (28, 62, 1);
        return TrySetBoth(socket, dualMode, ip, ipv6, value);
    }

    /// <summary>IP(V6)_RECVERR, on Linux only.</summary>
    private static bool TryReportErrors(Socket socket, bool dualMode) =>
        OperatingSystem.IsLinux() && TrySetBoth(socket, dualMode, 11, 25, 1);

    private static bool TrySetBoth(Socket socket, bool dualMode, int ipOption, int ipv6Option, int value)
    {
        bool inet6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        return (!inet6 || TrySet(socket, Ipv6Level, ipv6Option, value))
            && ((inet6 && !dualMode) || TrySet(socket, IpLevel, ipOption, value));
    }

    private static bool TrySet(Socket socket, int level, int option, int value)
    {
        try
        {
            socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
