namespace HotQuic;

/// <summary>How many more streams the peer now lets us open, given to <see cref="QuicConnectionOptions.StreamCapacityCallback"/> (RFC 9000 §4.6).</summary>
public readonly struct QuicStreamCapacityChangedArgs
{
    /// <summary>Bidirectional streams that can be opened in addition.</summary>
    public int BidirectionalIncrement { get; init; }

    /// <summary>Unidirectional streams that can be opened in addition.</summary>
    public int UnidirectionalIncrement { get; init; }
}
