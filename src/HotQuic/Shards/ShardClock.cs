using System.Diagnostics;
using HotQuic.Core.Time;

namespace HotQuic.Shards;

/// <summary>The engine's monotonic clock, which starts at zero with the process. A shard reads it once a batch.</summary>
internal static class ShardClock
{
    private static readonly long Start = Stopwatch.GetTimestamp();

    /// <summary>The time of day at <see cref="Instant"/> zero.</summary>
    public static DateTimeOffset WallClockAtZero { get; } = DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(Start);

    public static Instant Now => new(Stopwatch.GetElapsedTime(Start).Ticks);
}
