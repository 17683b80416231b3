using System.Diagnostics;
using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// The lanes of one shard: one message wakes all of them, so that the number of connections costs the pacer nothing. Lanes join and leave on
/// the shard; the pacer pulses.
/// </summary>
internal sealed class ShardGroup(ShardGroups groups) : IPulsed
{
    /// <summary>A message whose connection ended before it came is lost.</summary>
    private static readonly long LostAfter = Stopwatch.Frequency / 20;

    private readonly List<SharedLane> _lanes = [];
    private readonly Lock _gate = new();
    private long _nextDue;
    private long _postedAt;

    public void Add(SharedLane lane)
    {
        lock (_gate)
        {
            _lanes.Add(lane);
        }
    }

    public bool Remove(SharedLane lane)
    {
        lock (_gate)
        {
            return _lanes.Remove(lane);
        }
    }

    public long Pulse(long now)
    {
        long due = Interlocked.Read(ref _nextDue);
        long postedAt = Interlocked.Read(ref _postedAt);
        if (now < due || (postedAt > 0 && now - postedAt < LostAfter))
        {
            return Math.Max(due, now + groups.Interval);
        }

        Interlocked.Exchange(ref _postedAt, now);
        SharedLane[] lanes;
        lock (_gate)
        {
            lanes = _lanes.Count > 0 ? [_lanes[0], _lanes[^1]] : [];
        }

        if (!Array.Exists(lanes, lane => lane.TryPost(this)))
        {
            Interlocked.Exchange(ref _postedAt, 0);
        }

        return now + groups.Interval;
    }

    /// <summary>Does what is due on all lanes. On the shard.</summary>
    public void Turn()
    {
        long now = Stopwatch.GetTimestamp();
        long next = now + (Stopwatch.Frequency / 100);

        // Only this thread changes the list, and none of the calls below does.
        for (int index = 0; index < _lanes.Count; index++)
        {
            SharedLane lane = _lanes[index];
            if (lane.NextDue <= now)
            {
                lane.Turn(now);
            }

            next = Math.Min(next, lane.NextDue);
        }

        Interlocked.Exchange(ref _nextDue, Math.Max(next, now + groups.Interval));
        Interlocked.Exchange(ref _postedAt, 0);
    }
}

/// <summary>All <see cref="ShardGroup"/>s of a scenario, and its lanes that have no connection.</summary>
internal sealed class ShardGroups : IPulsed
{
    private static readonly long ShortestInterval = Stopwatch.Frequency / 10_000;
    private static readonly long IntervalPerLane = Stopwatch.Frequency / 500_000;
    private static readonly long LostInterval = Stopwatch.Frequency / 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ShardGroup> _byThread = [];
    private readonly HashSet<SharedLane> _lost = [];
    private ShardGroup[] _all = [];
    private long _nextLost;
    private int _lanes;

    /// <summary>How often a shard looks for what is due, in timestamp units: looking at thousands of lanes takes its time.</summary>
    public long Interval => Math.Max(ShortestInterval, Volatile.Read(ref _lanes) * IntervalPerLane);

    /// <summary>A lane is ready. On its shard, which a thread is.</summary>
    public void Join(SharedLane lane)
    {
        lock (_gate)
        {
            int thread = Environment.CurrentManagedThreadId;
            if (!_byThread.TryGetValue(thread, out ShardGroup? group))
            {
                group = new(this);
                _byThread.Add(thread, group);
                _all = [.. _byThread.Values];
            }

            group.Add(lane);
            _lost.Remove(lane);
            _lanes++;
        }
    }

    /// <summary>A lane has lost its connection. On its shard.</summary>
    public void Leave(SharedLane lane)
    {
        lock (_gate)
        {
            if (_byThread.TryGetValue(Environment.CurrentManagedThreadId, out ShardGroup? group) && group.Remove(lane))
            {
                _lanes--;
                _lost.Add(lane);
            }
        }
    }

    public long Pulse(long now)
    {
        if (now >= _nextLost)
        {
            _nextLost = now + LostInterval;
            SharedLane[] lost;
            lock (_gate)
            {
                lost = [.. _lost];
            }

            Array.ForEach(lost, lane => lane.FailDue(now));
        }

        long next = _nextLost;
        foreach (ShardGroup group in Volatile.Read(ref _all))
        {
            next = Math.Min(next, group.Pulse(now));
        }

        return next;
    }
}
