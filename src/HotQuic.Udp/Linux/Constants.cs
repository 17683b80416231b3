namespace HotQuic.Udp.Linux;

// Values of the kernel's generic headers, which 64-bit x86 and Arm share.

internal static class Family
{
    public const int Inet = 2;
    public const int Inet6 = 10;
}

internal static class SocketType
{
    public const int Datagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
}

internal static class Level
{
    public const int Ip = 0;
    public const int Socket = 1;
    public const int Udp = 17;
    public const int Ipv6 = 41;
}

/// <summary>Options of <see cref="Level.Socket"/>; those that say so are control messages too.</summary>
internal static class SocketOption
{
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int ReusePort = 15;

    /// <summary>SO_TIMESTAMPNS, a control message too.</summary>
    public const int Timestamp = 35;

    /// <summary>SO_RXQ_OVFL, a control message too.</summary>
    public const int DropCount = 40;

    public const int AttachReusePortFilter = 51;
}

/// <summary>Options of <see cref="Level.Ip"/>; those that say so are control messages too.</summary>
internal static class IpOption
{
    /// <summary>IP_TOS, a control message too: a byte when received, an int when sent.</summary>
    public const int TrafficClass = 1;

    /// <summary>IP_PKTINFO, a control message too.</summary>
    public const int PacketInfo = 8;

    public const int MtuDiscover = 10;

    /// <summary>IP_RECVERR, a control message too.</summary>
    public const int ReceiveErrors = 11;

    public const int ReceiveTrafficClass = 13;
}

/// <summary>Options of <see cref="Level.Ipv6"/>; those that say so are control messages too.</summary>
internal static class Ipv6Option
{
    public const int MtuDiscover = 23;

    /// <summary>IPV6_RECVERR, a control message too.</summary>
    public const int ReceiveErrors = 25;

    public const int Only = 26;
    public const int ReceivePacketInfo = 49;

    /// <summary>IPV6_PKTINFO, a control message only.</summary>
    public const int PacketInfo = 50;

    public const int ReceiveTrafficClass = 66;

    /// <summary>IPV6_TCLASS, a control message too: an int.</summary>
    public const int TrafficClass = 67;
}

/// <summary>Options of <see cref="Level.Udp"/>, both control messages too.</summary>
internal static class UdpOption
{
    /// <summary>UDP_SEGMENT: two bytes.</summary>
    public const int Segment = 103;

    /// <summary>UDP_GRO: an int.</summary>
    public const int Gro = 104;
}

/// <summary>Values of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER.</summary>
internal static class MtuDiscovery
{
    public const int Dont = 0;

    /// <summary>Sets DF and does not look at the path MTU that ICMP told the kernel.</summary>
    public const int Probe = 3;
}

internal static class MessageFlags
{
    public const int ControlTruncated = 0x8;
    public const int Truncated = 0x20;
    public const int DontWait = 0x40;
    public const int ErrorQueue = 0x2000;
    public const int NoSignal = 0x4000;
}

internal static class PollEvents
{
    public const short Readable = 1;
    public const short Writable = 4;
    public const short Error = 8;
}

internal static class EventFlags
{
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
}

/// <summary>Who put an entry in a socket's error queue.</summary>
internal static class ErrorOrigin
{
    public const byte Local = 1;
    public const byte Icmp = 2;
    public const byte Icmp6 = 3;
}
