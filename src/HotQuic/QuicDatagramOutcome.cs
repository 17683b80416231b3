namespace HotQuic;

/// <summary>What became of a datagram that was sent (RFC 9221 §5.2). None is ever sent again.</summary>
public enum QuicDatagramOutcome
{
    /// <summary>The peer's transport received it. Whether its application took it is not known.</summary>
    Acknowledged = 0,

    /// <summary>Its packet was declared lost (RFC 9002 §6.1). It may have arrived all the same.</summary>
    Lost = 1,

    /// <summary>
    /// It was not sent: the queue was full, the path no longer carries its size, or the connection was over. Also where the connection ended
    /// before the fate of a sent one was known.
    /// </summary>
    Discarded = 2,
}
