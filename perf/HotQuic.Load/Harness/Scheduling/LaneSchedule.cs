using System.Diagnostics;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Scheduling;

/// <summary>
/// Says to one lane what to begin: <see cref="TryTake"/> as long as it says yes, <see cref="OnEnded"/> after each iteration, from any thread.
/// In the open model an iteration's time runs from when it was due, so that what begins late is seen in its latency and in the lag.
/// </summary>
internal sealed class LaneSchedule
{
    /// <summary>How often the number of copies is looked at.</summary>
    private static readonly long ChangeInterval = Stopwatch.Frequency / 200;

    private readonly Lock _gate = new();
    private readonly LoadPhase _phase;
    private readonly PlanShare _share;
    private readonly int _mostOutstanding;
    private readonly LaneTally _tally;
    private long _nextArrival;
    private long _nextDue;
    private int _outstanding;
    private int _copies;
    private bool _isSettled;
    private bool _hasEnded;

    public LaneSchedule(LoadPhase phase, PlanShare share, int mostOutstanding, int lane)
    {
        _phase = phase;
        _share = share;
        _mostOutstanding = mostOutstanding;
        _tally = phase.Recorder.For(lane);
        _nextArrival = share.First;
        _nextDue = phase.TimestampAt(phase.Plan.ArrivalSeconds(_nextArrival));
    }

    /// <summary>What the lane shares with others.</summary>
    public LoadPhase Phase => _phase;

    /// <summary>Where the lane counts.</summary>
    public LaneTally Tally => _tally;

    /// <summary>When there may be something to do next, unless an iteration ends before: an arrival, a change of copies, the end.</summary>
    public long NextDue(long now)
    {
        lock (_gate)
        {
            long end = _isSettled ? long.MaxValue : _phase.LastStart;
            long arrival = _outstanding < _mostOutstanding ? _nextDue : long.MaxValue;
            return Math.Max(now, Math.Min(Math.Min(arrival, now + ChangeInterval), end));
        }
    }

    /// <summary>Takes the next iteration that is due.</summary>
    /// <param name="now">The time.</param>
    /// <param name="start">What its latency is measured from, and what <see cref="OnEnded"/> needs.</param>
    public bool TryTake(long now, out IterationStart start)
    {
        lock (_gate)
        {
            if (now >= _phase.LastStart)
            {
                Settle();
            }
            else if (_outstanding < _mostOutstanding)
            {
                if (TryTakeArrival(now, out start))
                {
                    _tally.OnStarted(now - start.Due);
                    _outstanding++;
                    return true;
                }

                if (TryTakeCopy(now, out start))
                {
                    _tally.OnStarted();
                    _outstanding++;
                    _copies++;
                    return true;
                }
            }

            start = default;
            return false;
        }
    }

    /// <summary>There is no connection: what is due has failed, copies wait.</summary>
    public void FailDue(long now, string kind)
    {
        lock (_gate)
        {
            if (now >= _phase.LastStart)
            {
                Settle();
                return;
            }

            while (TryTakeArrival(now, out _))
            {
                _tally.OnFailed(0, kind);
            }
        }
    }

    /// <summary>An iteration has ended, well or not.</summary>
    public void OnEnded(IterationStart start)
    {
        lock (_gate)
        {
            _outstanding--;
            _copies -= start.IsCopy ? 1 : 0;
            EndIfDone();
        }
    }

    private bool TryTakeArrival(long now, out IterationStart start)
    {
        long end = _phase.End;
        while (_nextDue <= now && _nextDue < end)
        {
            long due = _nextDue;
            _nextArrival += _share.Stride;
            _nextDue = _phase.TimestampAt(_phase.Plan.ArrivalSeconds(_nextArrival));
            if (now - due <= _phase.Timeout)
            {
                start = new(due, IsCopy: false);
                return true;
            }

            _tally.OnNotStarted(FailureKinds.NotStartedInTime, 1);
        }

        start = default;
        return false;
    }

    private bool TryTakeCopy(long now, out IterationStart start)
    {
        start = new(now, IsCopy: true);
        return now >= _phase.Start && now < _phase.End && _copies < _share.Of(_phase.Plan.CopiesAt(_phase.SecondsAt(now)));
    }

    /// <summary>Nothing more begins: what was due and did not is told.</summary>
    private void Settle()
    {
        if (_isSettled)
        {
            return;
        }

        _isSettled = true;
        long due = _share.Of(_phase.Plan.ArrivalsBefore(_phase.SecondsAt(_phase.End)));
        long taken = _share.Of(_nextArrival);
        if (due > taken)
        {
            _tally.OnNotStarted(FailureKinds.NotStarted, due - taken);
        }

        EndIfDone();
    }

    private void EndIfDone()
    {
        if (_isSettled && _outstanding == 0 && !_hasEnded)
        {
            _hasEnded = true;
            _phase.OnLaneEnded();
        }
    }
}

/// <summary>When an iteration was to begin, as a <see cref="Stopwatch"/> timestamp, and whether it is one of a copy's.</summary>
internal readonly record struct IterationStart(long Due, bool IsCopy);
