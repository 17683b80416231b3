namespace HotQuic.Core.Streams;

/// <summary>When a stream's data goes out among that of others, in the terms of RFC 9218 §4.</summary>
internal readonly record struct StreamPriority
{
    public const byte LowestUrgency = 7;

    /// <param name="urgency">0 is served first, 7 last.</param>
    /// <param name="isIncremental">Whether the stream takes turns with others of its urgency, or is served until it has nothing to send.</param>
    /// <exception cref="ArgumentOutOfRangeException">The urgency is above 7.</exception>
    public StreamPriority(byte urgency, bool isIncremental)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(urgency, LowestUrgency);
        Urgency = urgency;
        IsIncremental = isIncremental;
    }

    /// <summary>Urgency 3 as in RFC 9218 §4.1, but incremental: streams are fair to one another until somebody says otherwise.</summary>
    public static StreamPriority Default { get; } = new(3, isIncremental: true);

    public byte Urgency { get; }

    public bool IsIncremental { get; }
}
