using System.Diagnostics;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// Makes <see cref="LiveFigures"/> of a run's tallies, and keeps account of what showing them allocates within the window.
/// <see cref="ShowWarmUp"/> and <see cref="ShowMeasuring"/> as time goes by, then <see cref="AllocatedBytes"/>.
/// </summary>
internal sealed class LiveReport(LoadContext context, Action<LiveFigures> onFigures)
{
    private readonly double _wholeSeconds = context.Settings.WarmUpSeconds + context.Settings.Seconds;
    private long _timestamp = Stopwatch.GetTimestamp();
    private long _operations;
    private long _bytes;

    /// <summary>What was allocated on the showing thread while measuring.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Shows that so much of the warm-up is over.</summary>
    public void ShowWarmUp(double seconds) => Show(seconds, isWarmingUp: true);

    /// <summary>Shows what went on since the last time.</summary>
    public void ShowMeasuring(double seconds)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Show(context.Settings.WarmUpSeconds + seconds, isWarmingUp: false);
        AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Show(double elapsed, bool isWarmingUp)
    {
        double seconds = Math.Max(1e-3, Stopwatch.GetElapsedTime(_timestamp).TotalSeconds);
        (long operations, long bytes) = (context.Tallies.Operations, context.Tallies.Bytes);
        double operationsPerSecond = (operations - _operations) / seconds;
        double gbitPerSecond = (bytes - _bytes) * 8 / seconds / 1e9;
        (_timestamp, _operations, _bytes) = (Stopwatch.GetTimestamp(), operations, bytes);
        onFigures(new(Math.Min(1, elapsed / _wholeSeconds), isWarmingUp, operationsPerSecond, gbitPerSecond));
    }
}
