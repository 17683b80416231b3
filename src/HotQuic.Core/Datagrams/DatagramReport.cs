namespace HotQuic.Core.Datagrams;

/// <summary>What became of a datagram that was sent with a token (RFC 9221 §5.2).</summary>
internal enum DatagramOutcome : byte
{
    /// <summary>The peer's transport processed it; whether its application did is not known.</summary>
    Acknowledged = 0,

    /// <summary>Declared lost; where that was too early, <see cref="Acknowledged"/> still follows.</summary>
    Lost = 1,

    /// <summary>Never sent: the path no longer carries datagrams of its size.</summary>
    Dropped = 2,
}

internal readonly record struct DatagramReport(ulong Token, DatagramOutcome Outcome);

/// <summary>Whether a datagram was taken for sending.</summary>
internal enum DatagramSendResult : byte
{
    Queued = 0,

    /// <summary>The bounds of the queue are reached: try again once some were sent.</summary>
    QueueFull = 1,

    /// <summary>Larger than the peer takes, or than fits a packet on this path.</summary>
    TooLarge = 2,

    /// <summary>The peer takes no datagrams, or its parameters are not here yet (RFC 9221 §3).</summary>
    NotSupported = 3,
}
