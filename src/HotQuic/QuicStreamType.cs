namespace HotQuic;

/// <summary>Who sends on a stream (RFC 9000 §2.1).</summary>
public enum QuicStreamType
{
    /// <summary>Data goes from the peer that opened the stream to the other, and not back.</summary>
    Unidirectional,

    /// <summary>Both peers send.</summary>
    Bidirectional,
}
