using System.Diagnostics;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Scheduling;

/// <summary>
/// A stretch of a run that all lanes share, the warm-up or what is measured: the plan, when it began, where to count, and when it ends.
/// </summary>
/// <remarks><code>running --end of the plan, or Stop--> late starters --Grace--> draining --Abandon or all ended--> over</code></remarks>
internal sealed class LoadPhase
{
    /// <summary>What is due at the end may still begin so long after it.</summary>
    private static readonly long Grace = Stopwatch.Frequency / 4;

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _end;
    private long _abandonAt;
    private int _lanesLeft;

    /// <param name="plan">What to do.</param>
    /// <param name="recorder">Where to count.</param>
    /// <param name="start">When it begins, as a <see cref="Stopwatch"/> timestamp.</param>
    /// <param name="timeout">How long a step, or a wait to begin, may take.</param>
    /// <param name="lanes">How many work it.</param>
    public LoadPhase(LoadPlan plan, LoadRecorder recorder, long start, TimeSpan timeout, int lanes)
    {
        Plan = plan;
        Recorder = recorder;
        Start = start;
        Timeout = (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        _end = start + (long)(plan.Seconds * Stopwatch.Frequency);
        _abandonAt = _end + Timeout + Grace;
        _lanesLeft = lanes;
    }

    /// <summary>What to do.</summary>
    public LoadPlan Plan { get; }

    /// <summary>Where to count.</summary>
    public LoadRecorder Recorder { get; }

    /// <summary>When it began.</summary>
    public long Start { get; }

    /// <summary>How long a step may take, in timestamp units.</summary>
    public long Timeout { get; }

    /// <summary>When nothing more is due.</summary>
    public long End => Interlocked.Read(ref _end);

    /// <summary>When nothing more begins.</summary>
    public long LastStart => End + Grace;

    /// <summary>When what is under way is given up.</summary>
    public long AbandonAt => Interlocked.Read(ref _abandonAt);

    /// <summary>Ends when all lanes have ended.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Seconds of the plan until this moment.</summary>
    public double SecondsAt(long timestamp) => (timestamp - Start) / (double)Stopwatch.Frequency;

    /// <summary>The moment of the plan as a timestamp.</summary>
    public long TimestampAt(double seconds) => double.IsPositiveInfinity(seconds) ? long.MaxValue : Start + (long)(seconds * Stopwatch.Frequency);

    /// <summary>Ends the plan now; what is under way may take so long.</summary>
    public void Stop(TimeSpan patience)
    {
        long now = Stopwatch.GetTimestamp();
        if (now < End)
        {
            Interlocked.Exchange(ref _end, now);
        }

        Interlocked.Exchange(ref _abandonAt, Math.Min(AbandonAt, now + Grace + (long)(patience.TotalSeconds * Stopwatch.Frequency)));
    }

    /// <summary>One lane has ended.</summary>
    public void OnLaneEnded()
    {
        if (Interlocked.Decrement(ref _lanesLeft) == 0)
        {
            _drained.TrySetResult();
        }
    }
}
