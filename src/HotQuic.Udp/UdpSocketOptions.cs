using System.Net;

namespace HotQuic.Udp;

/// <summary>
/// What to bind. Every wish that a system cannot fulfil is left out and shows in <see cref="UdpSocket.Capabilities"/>; only an address
/// that cannot be bound is an error.
/// </summary>
internal sealed record UdpSocketOptions
{
    /// <summary>
    /// Null or <see cref="IPAddress.IPv6Any"/>: both families through one dual-mode socket, or IPv4 alone where there is no IPv6.
    /// Otherwise exactly this address. Port 0: the system chooses one that nobody holds.
    /// </summary>
    public IPEndPoint? LocalEndPoint { get; init; }

    public UdpIo Io { get; init; } = UdpIo.Auto;

    public PortSharing Sharing { get; init; } = PortSharing.None;

    /// <summary>
    /// Bytes to ask for; the system may give less (on Linux net.core.rmem_max), see <see cref="UdpCapabilities.ReceiveBufferSize"/>.
    /// 0: as the system has it.
    /// </summary>
    public int ReceiveBufferSize { get; init; } = 4 << 20;

    /// <summary>Bytes to ask for; 0: as the system has it.</summary>
    public int SendBufferSize { get; init; } = 4 << 20;

    /// <summary>Sets DF, and never lets the system fragment or take ICMP's word for the path's size (RFC 9000 §14, RFC 8899).</summary>
    public bool DontFragment { get; init; } = true;

    /// <summary>False: behave as a system without IPv6.</summary>
    public bool AllowIPv6 { get; init; } = true;

    /// <summary>
    /// Reports the address each datagram was sent to. A listener that filters by address needs it; through <see cref="UdpIo.Datagrams"/>
    /// it costs an allocation a datagram, inside the platform.
    /// </summary>
    public bool ReportLocalAddress { get; init; } = true;

    /// <summary>
    /// Collects what ICMP reports (dead ports, unreachable hosts) for <see cref="UdpSocket.TryReadError(out UdpError)"/>: for clients.
    /// </summary>
    public bool ReportErrors { get; init; }

    /// <summary>Stamps what arrives with the kernel's time.</summary>
    public bool KernelTimestamps { get; init; }

    /// <summary>Asks for receive and segmentation offload. Off: one datagram a message, for comparison.</summary>
    public bool SegmentationOffload { get; init; } = true;
}
