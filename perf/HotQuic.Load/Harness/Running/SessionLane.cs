using System.Collections.Concurrent;
using System.Diagnostics;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// The lane of iterations that make a connection each. The pacer's thread begins them; each goes on on its connection's shard, and ends with
/// its connection.
/// </summary>
internal sealed class SessionLane(RawContext context) : PulsedLane
{
    private const int MostAtOnce = 64;

    private readonly ConcurrentDictionary<Session, bool> _sessions = [];

    public override Task ConnectAsync(CancellationToken cancellation) => Task.CompletedTask;

    public override async Task CloseAsync()
    {
        foreach (Session session in _sessions.Keys)
        {
            session.Close();
        }

        while (!_sessions.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    protected override void BeginDue(LaneSchedule schedule, long now)
    {
        int left = MostAtOnce;
        while (left-- > 0 && schedule.TryTake(now, out IterationStart start))
        {
            Session session = new(this, context, schedule, start);
            _sessions.TryAdd(session, true);
            session.Connect();
        }
    }

    protected override void Check(long now)
    {
        foreach (Session session in _sessions.Keys)
        {
            session.PostCheck(now);
        }
    }

    /// <summary>An iteration and its connection.</summary>
    private sealed class Session : IRawOwner
    {
        private static readonly object Check = new();

        private readonly SessionLane _lane;
        private readonly LaneSchedule _schedule;
        private readonly IterationStart _start;
        private readonly RawConnection _connection;
        private volatile bool _isConnected;

        public Session(SessionLane lane, RawContext context, LaneSchedule schedule, IterationStart start)
        {
            _lane = lane;
            _schedule = schedule;
            _start = start;
            _connection = new(context, this);
        }

        public void Connect() => _connection.Connect();

        public void Close() => _connection.Close();

        public void PostCheck(long now)
        {
            if (now >= _schedule.Phase.AbandonAt && !_isConnected)
            {
                Close();
            }
            else if (_isConnected && now >= _connection.NextCheck)
            {
                _connection.Post(Check);
            }
        }

        public void OnReady(RawConnection connection)
        {
            _isConnected = true;
            long elapsed = Stopwatch.GetTimestamp() - _start.Due;
            _schedule.Tally.OnSucceeded(1, elapsed);
            if (connection.Context.Scenario.Steps.Count > 1)
            {
                connection.Begin(_schedule, _start, firstStep: 1);
                return;
            }

            // The close comes after what completes the handshake for the server has been sent.
            _schedule.Tally.OnSucceeded(0, elapsed);
            Close();
        }

        public void OnIterationEnded(RawConnection connection, Iteration iteration) => Close();

        public void OnMessage(RawConnection connection, object? message) => connection.Check(Stopwatch.GetTimestamp());

        public void OnClosed(RawConnection connection, Exception reason)
        {
            if (!_isConnected)
            {
                bool isAbandoned = Stopwatch.GetTimestamp() >= _schedule.Phase.AbandonAt;
                string kind = isAbandoned ? FailureKinds.Abandoned : FailureKinds.Of(reason);
                _schedule.Tally.OnFailed(1, kind);
                _schedule.Tally.OnFailed(0, kind);
            }

            _lane._sessions.TryRemove(this, out _);
            _schedule.OnEnded(_start);
            _lane.BeginDue(_schedule, Stopwatch.GetTimestamp());
        }
    }
}
