using System.Diagnostics;

namespace HotQuic.Load.Measuring;

/// <summary>
/// What the client's workers count while the window is open. Several workers share one of a <see cref="TallySet"/>'s
/// tallies: <see cref="Count"/> is safe from any thread and allocates nothing.
/// </summary>
public sealed class Tally
{
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private long _operations;
    private long _bytes;

    /// <summary>Operations counted so far.</summary>
    public long Operations => Interlocked.Read(ref _operations);

    /// <summary>Application bytes counted so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How long the operations took.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Counts one operation that moved so many bytes and began at this <see cref="Stopwatch"/> timestamp.</summary>
    public void Count(long startTimestamp, long bytes)
    {
        Latency.Record((long)((Stopwatch.GetTimestamp() - startTimestamp) * NanosecondsPerTick));
        Interlocked.Increment(ref _operations);
        Interlocked.Add(ref _bytes, bytes);
    }
}
