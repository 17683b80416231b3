using HotQuic.Core.Streams;

namespace HotQuic;

/// <summary>
/// When a stream's data goes out among that of the connection's other streams (RFC 9218 §4). It is this side's own choice and is not told to
/// the peer. <c>default</c> is <see cref="Default"/>.
/// </summary>
public readonly record struct QuicStreamPriority
{
    // Both are held as differences from the default, so that an empty value is the default.
    private readonly byte _urgency;
    private readonly bool _isSequential;

    /// <param name="urgency">0 is served first, 7 last.</param>
    /// <param name="isIncremental">Whether the stream takes turns with others of its urgency.</param>
    /// <exception cref="ArgumentOutOfRangeException">The urgency is not 0 to 7.</exception>
    public QuicStreamPriority(int urgency, bool isIncremental)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(urgency);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(urgency, StreamPriority.LowestUrgency);
        _urgency = (byte)(urgency ^ StreamPriority.Default.Urgency);
        _isSequential = isIncremental != StreamPriority.Default.IsIncremental;
    }

    /// <summary>Urgency 3 as in RFC 9218 §4.1, but incremental: streams are fair to one another until somebody says otherwise.</summary>
    public static QuicStreamPriority Default => default;

    /// <summary>0 is served first, 7 last: while a stream of a lower value has something to send, those of higher ones wait (RFC 9218 §4.1).</summary>
    public int Urgency => _urgency ^ StreamPriority.Default.Urgency;

    /// <summary>
    /// Whether the stream takes turns with others of its urgency, packet by packet; otherwise it is served until it has nothing to send
    /// (RFC 9218 §4.2).
    /// </summary>
    public bool IsIncremental => _isSequential != StreamPriority.Default.IsIncremental;

    /// <summary>Both in one number, for a message.</summary>
    internal long Value => ((long)_urgency << 1) | (_isSequential ? 1L : 0L);

    internal static QuicStreamPriority FromValue(long value) =>
        new((int)(value >> 1) ^ StreamPriority.Default.Urgency, (value & 1) != 0 != StreamPriority.Default.IsIncremental);

    internal static QuicStreamPriority FromCore(StreamPriority priority) => new(priority.Urgency, priority.IsIncremental);

    internal StreamPriority ToCore() => new((byte)Urgency, IsIncremental);
}
