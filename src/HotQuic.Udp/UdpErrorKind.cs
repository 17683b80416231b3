namespace HotQuic.Udp;

/// <summary>What went wrong with a datagram that was to leave, or that left and came to grief on its way.</summary>
internal enum UdpErrorKind : byte
{
    None,

    /// <summary>Longer than UDP, the interface or (reported later, by ICMP) the path carries without fragmenting.</summary>
    MessageTooLarge,

    /// <summary>Nobody listens on the port: the host itself said so.</summary>
    PortUnreachable,

    /// <summary>There is no way to the host.</summary>
    HostUnreachable,

    /// <summary>There is no way to the network, or none from the source address asked for.</summary>
    NetworkUnreachable,

    /// <summary>The source address asked for is not one of this host's, or cannot reach the destination.</summary>
    LocalAddressUnavailable,

    /// <summary>A firewall, here or on the way, refused.</summary>
    NotPermitted,

    /// <summary>
    /// The system had no memory or no room in a queue below the socket; the datagram is as good as lost, and no readiness follows.
    /// </summary>
    NoBuffers,

    /// <summary>Any other refusal; the system's error number tells more.</summary>
    Other,
}
