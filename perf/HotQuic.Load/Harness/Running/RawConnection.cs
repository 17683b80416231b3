using System.Buffers.Binary;
using System.Diagnostics;
using HotQuic.Load.Handlers;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Harness.Running;

/// <summary>Whoever has a <see cref="RawConnection"/> is told of it on the connection's shard.</summary>
internal interface IRawOwner
{
    /// <summary>Iterations may begin.</summary>
    void OnReady(RawConnection connection);

    /// <summary>An iteration has ended, well or not.</summary>
    void OnIterationEnded(RawConnection connection, Iteration iteration);

    /// <summary>Something that was posted.</summary>
    void OnMessage(RawConnection connection, object? message);

    /// <summary>The last call: it is over, or was never made. Its iterations have failed before.</summary>
    void OnClosed(RawConnection connection, Exception reason);
}

/// <summary>
/// A connection that iterations work on: <see cref="Connect"/>, and after <see cref="IRawOwner.OnReady"/>, on the shard,
/// <see cref="Begin"/> as long as it is not <see cref="IsBlocked"/>, and <see cref="Check"/> now and then. <see cref="Post"/> and
/// <see cref="Close"/> from any thread.
/// </summary>
internal sealed class RawConnection(RawContext context, IRawOwner owner) : QuicConnectionHandler
{
    private static readonly long StatisticsInterval = Stopwatch.Frequency / 4;

    private readonly List<Iteration> _active = [];
    private readonly Stack<Iteration> _spare = [];
    private readonly Queue<(Iteration Iteration, int Generation)> _waiting = [];
    private readonly PriorityQueue<(Iteration Iteration, int Generation), long> _sleeping = new();
    private readonly Dictionary<long, Iteration> _datagrams = [];
    private OrderStream? _order;
    private QuicConnectionHandle _connection;
    private QuicConnectionStatistics _statistics;
    private byte[] _datagram = [];
    private long _lastKey;
    private long _nextStatistics;
    private long _nextCheck;
    private bool _isConnected;

    /// <summary>What it was made with.</summary>
    public RawContext Context => context;

    /// <summary>Whether a stream is waited for, so that nothing more should begin.</summary>
    public bool IsBlocked => _waiting.Count > 0;

    /// <summary>Whether nothing can begin any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>When <see cref="Check"/> has something to do at the latest; from any thread.</summary>
    public long NextCheck => Interlocked.Read(ref _nextCheck);

    /// <summary>Starts to connect.</summary>
    public void Connect() => _connection = QuicClient.Connect(context.Configuration, context.Remote, this);

    /// <summary>Has <see cref="IRawOwner.OnMessage"/> called on the shard; false where the connection is over.</summary>
    public bool Post(object message) => _connection.Post(message);

    /// <summary>Ends the connection, after what has to go out.</summary>
    public void Close() => _connection.Post(CloseOrder.Instance);

    /// <summary>Begins an iteration with this of its steps.</summary>
    public void Begin(LaneSchedule schedule, IterationStart start, int firstStep)
    {
        Iteration iteration = _spare.TryPop(out Iteration? spare) ? spare : new(this);
        iteration.ActiveIndex = _active.Count;
        _active.Add(iteration);
        iteration.Begin(schedule, start, firstStep);
    }

    /// <summary>Wakes who has slept enough, fails who took too long, reads the connection's figures.</summary>
    public void Check(long now)
    {
        if (now < _nextCheck)
        {
            return;
        }

        while (_sleeping.TryPeek(out _, out long until) && until <= now)
        {
            (Iteration sleeper, int generation) = _sleeping.Dequeue();
            if (sleeper.Generation == generation)
            {
                sleeper.Wake();
            }
        }

        // From behind: who fails is removed, and the last takes its place.
        for (int index = _active.Count - 1; index >= 0; index--)
        {
            if (index < _active.Count)
            {
                _active[index].FailIfLate(now);
            }
        }

        if (now >= _nextStatistics)
        {
            _nextStatistics = now + StatisticsInterval;
            ReadStatistics();
        }

        long next = now + (Stopwatch.Frequency / 50);
        Interlocked.Exchange(ref _nextCheck, _sleeping.TryPeek(out _, out long wake) ? Math.Min(next, wake) : next);
    }

    /// <summary>Opens a stream for an iteration, now or as soon as the peer allows it.</summary>
    public void Open(Iteration iteration)
    {
        if (_connection.TryOpenStream(QuicStreamType.Bidirectional, iteration, state: null, out QuicStreamHandle stream))
        {
            iteration.OnOpened(stream);
        }
        else
        {
            _waiting.Enqueue((iteration, iteration.Generation));
        }
    }

    /// <summary>Sends a datagram for an iteration, which is told what becomes of it; false where it was not sent.</summary>
    public bool TrySend(Iteration iteration, DatagramStep step, out long key)
    {
        key = 0;
        if (step.Bytes > _connection.MaxDatagramSize)
        {
            return false;
        }

        _datagram = _datagram.Length >= step.Bytes ? _datagram : new byte[step.Bytes];
        Span<byte> data = _datagram.AsSpan(0, step.Bytes);
        bool isEcho = step.End == DatagramEnd.Echoed;
        if (isEcho)
        {
            key = --_lastKey;
            BinaryPrimitives.WriteInt64BigEndian(data, key);
        }

        if (!_connection.TrySendDatagram(data, out long id))
        {
            return false;
        }

        // What the connection counts with is never negative, so that one table holds both.
        key = isEcho ? key : id;
        _datagrams[key] = iteration;
        return true;
    }

    /// <summary>Nothing more of that datagram concerns anyone.</summary>
    public void Forget(long key) => _datagrams.Remove(key);

    /// <summary>Wakes an iteration later.</summary>
    public void Sleep(Iteration iteration, long until)
    {
        _sleeping.Enqueue((iteration, iteration.Generation), until);
        Interlocked.Exchange(ref _nextCheck, Math.Min(_nextCheck, until));
    }

    /// <summary>An iteration has ended.</summary>
    public void OnEnded(Iteration iteration)
    {
        Iteration last = _active[^1];
        _active[iteration.ActiveIndex] = last;
        last.ActiveIndex = iteration.ActiveIndex;
        _active.RemoveAt(_active.Count - 1);
        _spare.Push(iteration);
        owner.OnIterationEnded(this, iteration);
    }

    public override void OnConnected(QuicConnectionHandle connection)
    {
        _connection = connection;
        _isConnected = true;
        if (context.Work is not { } work)
        {
            owner.OnReady(this);
            return;
        }

        _order = new(work);
        if (connection.TryOpenStream(QuicStreamType.Bidirectional, _order, state: null, out QuicStreamHandle stream))
        {
            _order.Send(stream);
            _ = AwaitOrderAsync(_order);
        }
        else
        {
            connection.Close(PerfProtocol.ProtocolViolation);
        }
    }

    public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional)
    {
        for (int left = bidirectional; left > 0 && _waiting.TryDequeue(out (Iteration Iteration, int Generation) next);)
        {
            // One that has failed meanwhile wants no stream.
            if (next.Iteration.Generation == next.Generation)
            {
                left--;
                Open(next.Iteration);
            }
        }
    }

    public override void OnDatagram(QuicConnectionHandle connection, ReadOnlySpan<byte> data)
    {
        if (BinaryPrimitives.TryReadInt64BigEndian(data, out long key) && key < 0 && _datagrams.Remove(key, out Iteration? iteration))
        {
            iteration.OnDatagramEnded(failure: null, data.Length);
        }
    }

    public override void OnDatagramOutcome(QuicConnectionHandle connection, long id, QuicDatagramOutcome outcome)
    {
        if (_datagrams.Remove(id, out Iteration? iteration))
        {
            iteration.OnDatagramEnded(outcome == QuicDatagramOutcome.Acknowledged ? null : FailureKinds.DatagramLost, 0);
        }
    }

    public override void OnMessage(QuicConnectionHandle connection, object? message)
    {
        switch (message)
        {
            case CloseOrder:
                connection.Close(PerfProtocol.NoError);
                break;
            case OrderStream:
                owner.OnReady(this);
                break;
            default:
                owner.OnMessage(this, message);
                break;
        }
    }

    public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
        _connection = connection;
        Exception exception = reason.ToException();
        IsOver = true;
        _order?.Fail(exception);
        if (_isConnected)
        {
            ReadStatistics();
        }

        string kind = FailureKinds.Of(exception);
        while (_active.Count > 0)
        {
            _active[^1].Fail(kind);
        }

        owner.OnClosed(this, exception);
    }

    private void ReadStatistics() => context.Ledger.Read(_connection.GetStatistics(), ref _statistics);

    /// <summary>The reply's end is told elsewhere, so that the shard has to be told in turn.</summary>
    private async Task AwaitOrderAsync(OrderStream order)
    {
        try
        {
            await order.Accepted;
            Post(order);
        }
        catch (Exception)
        {
            Close();
        }
    }
}
