using System.Diagnostics;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// One scenario, or this machine's share of it: <see cref="PrepareAsync"/> connects and warms up, <see cref="MeasureAsync"/> does the load
/// and tells what happens each second, then dispose.
/// </summary>
internal sealed class LoadRun : ILoadPart
{
    /// <summary>What is under way when the run is broken off may take so long to end.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>Lanes have heard of a phase by then.</summary>
    private static readonly TimeSpan StartDelay = TimeSpan.FromMilliseconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly LoadScenario _scenario;
    private readonly PlanShare _share;
    private readonly LaneSet _lanes;

    private LoadRun(LoadScenario scenario, PlanShare share, LaneSet lanes)
    {
        _scenario = scenario;
        _share = share;
        _lanes = lanes;
    }

    /// <inheritdoc/>
    public string Name => "this process";

    /// <summary>Connects, and does the load of the warm-up.</summary>
    /// <param name="scenario">What to do.</param>
    /// <param name="share">This machine's part of it.</param>
    /// <param name="onStamp">For tests; see <see cref="RawContext.OnStamp"/>.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static async Task<LoadRun> PrepareAsync(
        LoadScenario scenario, PlanShare share, Action<long>? onStamp, CancellationToken cancellation)
    {
        LaneSet lanes = await LaneSet.CreateAsync(scenario, share, onStamp, cancellation);
        try
        {
            if (scenario.WarmUp > TimeSpan.Zero)
            {
                LoadPhase phase = lanes.Begin(LoadPlan.WarmUpOf(scenario), StartTimestamp());
                await phase.Drained.WaitAsync(cancellation);
            }

            return new(scenario, share, lanes);
        }
        catch
        {
            await lanes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does the load. When cancelled, what is under way may end, and what happened is told all the same.</summary>
    /// <param name="onInterval">Is told what happened each second, the last time when all is over.</param>
    /// <param name="cancellation">Ends the load.</param>
    /// <returns>Whether the load was done to its end.</returns>
    public async Task<bool> MeasureAsync(Action<IntervalCounts> onInterval, CancellationToken cancellation)
    {
        LoadPlan plan = new(_scenario.Simulations);
        _lanes.Transport.Take();
        LoadPhase phase = _lanes.Begin(plan, StartTimestamp());
        ProcessUsage before = ReadProcess();
        bool isStopped = false;
        double taken = 0;
        while (!phase.Drained.IsCompleted)
        {
            if (cancellation.IsCancellationRequested && !isStopped)
            {
                isStopped = true;
                phase.Stop(StopPatience);
            }

            double end = phase.SecondsAt(phase.End);
            double next = NextTick(taken, end);
            await WaitAsync(phase, next, isStopped ? CancellationToken.None : cancellation);
            double now = phase.SecondsAt(Stopwatch.GetTimestamp());
            if (phase.Drained.IsCompleted || now >= next)
            {
                ProcessUsage after = ReadProcess();
                double to = phase.Drained.IsCompleted ? Math.Max(taken, Math.Min(now, phase.SecondsAt(phase.End))) : next;
                onInterval(Take(phase, taken, to, after.Since(before)));
                (before, taken) = (after, next);
            }
        }

        return !isStopped;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _lanes.DisposeAsync();

    private static long StartTimestamp() => Stopwatch.GetTimestamp() + (long)(StartDelay.TotalSeconds * Stopwatch.Frequency);

    /// <summary>The next whole second, but none so shortly before the end that the last interval would be a splinter.</summary>
    private static double NextTick(double taken, double end)
    {
        double next = taken + Interval.TotalSeconds;
        return next < end || taken >= end ? next : end + Interval.TotalSeconds;
    }

    private static async Task WaitAsync(LoadPhase phase, double until, CancellationToken cancellation)
    {
        double seconds = until - phase.SecondsAt(Stopwatch.GetTimestamp());
        if (seconds > 0)
        {
            Task delay = Task.Delay(TimeSpan.FromSeconds(seconds) + TimeSpan.FromMilliseconds(1), cancellation);
            await Task.WhenAny(phase.Drained, delay);
        }
    }

    private static ProcessUsage ReadProcess() => new(
        Environment.CpuUsage.TotalTime.TotalSeconds,
        GC.GetTotalAllocatedBytes(precise: false),
        Environment.WorkingSet,
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);

    private IntervalCounts Take(LoadPhase phase, double from, double to, ProcessUsage process)
    {
        IntervalCounts counts = phase.Recorder.TakeInterval();
        double end = phase.SecondsAt(phase.End);
        counts.Due = _share.Of(phase.Plan.ArrivalsBefore(Math.Min(to, end))) - _share.Of(phase.Plan.ArrivalsBefore(Math.Min(from, end)));
        counts.Copies = (int)_share.Of(phase.Plan.CopiesAt(Math.Min(to, end) - 1e-6));
        counts.EndSeconds = to;
        counts.Seconds = to - from;
        counts.Process = process;
        counts.Transport = _lanes.Transport.Take();
        return counts;
    }
}
