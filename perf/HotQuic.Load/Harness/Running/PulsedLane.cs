using System.Diagnostics;
using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Harness.Running;

/// <summary>A lane that the pacer's thread drives: it begins what is due, and looks now and then at what is under way.</summary>
internal abstract class PulsedLane : ILoadLane, IPulsed
{
    private static readonly long CheckInterval = Stopwatch.Frequency / 50;

    private volatile LaneSchedule? _schedule;
    private long _nextCheck;

    public abstract Task ConnectAsync(CancellationToken cancellation);

    public abstract Task CloseAsync();

    public void Begin(LaneSchedule schedule) => _schedule = schedule;

    public long Pulse(long now)
    {
        if (_schedule is not { } schedule)
        {
            return long.MaxValue;
        }

        BeginDue(schedule, now);
        if (now >= _nextCheck)
        {
            _nextCheck = now + CheckInterval;
            Check(now);
        }

        return Math.Min(schedule.NextDue(now), _nextCheck);
    }

    /// <summary>Begins the iterations that are due. From any thread.</summary>
    protected abstract void BeginDue(LaneSchedule schedule, long now);

    /// <summary>Gives up what has taken too long. On the pacer's thread.</summary>
    protected abstract void Check(long now);
}
