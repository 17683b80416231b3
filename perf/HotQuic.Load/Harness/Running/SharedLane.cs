using System.Diagnostics;
using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Harness.Running;

/// <summary>
/// A lane whose iterations share one connection and work on its shard. Where the connection ends it is made again, and what is due meanwhile
/// fails.
/// </summary>
internal sealed class SharedLane(RawContext context, ShardGroups groups) : ILoadLane, IRawOwner
{
    private const int MostAtOnce = 128;
    private const string NotConnected = "not connected";
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RawConnection? _connection;
    private volatile LaneSchedule? _schedule;
    private volatile bool _isReady;
    private volatile bool _isClosing;
    private bool _isTurning;

    /// <summary>When the lane has something to do, for its group.</summary>
    public long NextDue { get; private set; }

    public Task ConnectAsync(CancellationToken cancellation)
    {
        Reconnect();
        return _ready.Task.WaitAsync(cancellation);
    }

    public void Begin(LaneSchedule schedule) => _schedule = schedule;

    public Task CloseAsync()
    {
        _isClosing = true;
        _connection?.Close();
        return _connection is null ? Task.CompletedTask : _closed.Task;
    }

    /// <summary>Has the group do its turn on this lane's shard; false where the lane has no connection.</summary>
    public bool TryPost(ShardGroup group) => _isReady && _connection!.Post(group);

    /// <summary>Does what is due. On the shard.</summary>
    public void Turn(long now)
    {
        RawConnection connection = _connection!;
        if (_isTurning || !_isReady || connection.IsOver)
        {
            return;
        }

        _isTurning = true;
        connection.Check(now);
        NextDue = connection.NextCheck;
        if (_schedule is { } schedule)
        {
            int left = MostAtOnce;
            while (left-- > 0 && (!connection.IsBlocked || now >= schedule.Phase.LastStart) && schedule.TryTake(now, out IterationStart start))
            {
                connection.Begin(schedule, start, firstStep: 0);
            }

            NextDue = connection.IsBlocked ? NextDue : Math.Min(NextDue, schedule.NextDue(now));
        }

        _isTurning = false;
    }

    /// <summary>What is due while there is no connection.</summary>
    public void FailDue(long now)
    {
        if (!_isReady)
        {
            _schedule?.FailDue(now, NotConnected);
        }
    }

    public void OnReady(RawConnection connection)
    {
        // Where something threw in a turn, the connection of that turn has ended by it.
        _isTurning = false;
        _isReady = true;
        groups.Join(this);
        _ready.TrySetResult();
    }

    public void OnIterationEnded(RawConnection connection, Iteration iteration)
    {
        iteration.Schedule.OnEnded(iteration.Start);
        Turn(Stopwatch.GetTimestamp());
    }

    public void OnMessage(RawConnection connection, object? message) => (message as ShardGroup)?.Turn();

    public void OnClosed(RawConnection connection, Exception reason)
    {
        _isReady = false;
        groups.Leave(this);
        _ready.TrySetException(reason);
        if (_isClosing)
        {
            _closed.TrySetResult();
        }
        else
        {
            _ = ReconnectLaterAsync();
        }
    }

    private async Task ReconnectLaterAsync()
    {
        await Task.Delay(ReconnectDelay);
        if (_isClosing)
        {
            _closed.TrySetResult();
        }
        else
        {
            Reconnect();
        }
    }

    private void Reconnect()
    {
        RawConnection connection = new(context, this);
        _connection = connection;
        connection.Connect();
        if (_isClosing)
        {
            connection.Close();
        }
    }
}
