namespace HotQuic;

/// <summary>When a <see cref="QuicListener"/> or <see cref="QuicServer"/> makes clients prove their address by a Retry, which costs them a round trip (RFC 9000 §8.1.2).</summary>
public enum QuicRetryMode
{
    /// <summary>
    /// When so many handshakes are unfinished that an attack is likely: more than half of the listener's backlog, or a part of
    /// the machine's memory.
    /// </summary>
    Automatic,

    /// <summary>Every client that brings no token of an earlier connection.</summary>
    Always,

    /// <summary>Never.</summary>
    Never,
}
