using System.Threading.Tasks.Sources;
using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>
/// One direction of a stream as the application sees it: the operation under way, of which there is one at most, and how the direction
/// ended. The application's thread <see cref="TryBegin"/>s, the shard <see cref="Complete"/>s or <see cref="Fail"/>s, the awaiter takes
/// the result. Reused for every operation, and with its stream for other streams.
/// </summary>
/// <remarks>
/// <code>
///         TryBegin               Complete, Fail               GetResult
///   Idle ──────────► Pending ───────────────────► Completed ───────────► Taking ──► Idle
///    │                                                                               ▲
///    └────────────────────── TryRecycle: the same in the next generation ────────────┘
/// </code>
/// The generation is part of the same word, so that an operation on a stream whose state has gone on to another one never begins.
/// The callback of a token may come late, during the next operation: all that it says is that the token ought to be looked at.
/// </remarks>
internal sealed class StreamHalf(AwaitedStream stream, bool isReading) : IValueTaskSource<int>, IValueTaskSource
{
    /// <summary>The generation that a new object begins with.</summary>
    public const uint FirstGeneration = 1;

    private const int Idle = 0;
    private const int Pending = 1;
    private const int Completed = 2;
    private const int Taking = 3;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
    private long _control = Word(FirstGeneration, Idle);
    private CancellationTokenRegistration _cancellation;
    private object? _owner;
    private TaskCompletionSource? _closed;
    private volatile bool _isClosed;
    private Failure? _closedBy;
    private volatile Failure? _failure;
    private volatile bool _isEnded;
    private volatile bool _isReturnWanted;

    /// <summary>Where a read puts what comes; empty for other operations.</summary>
    public Memory<byte> Destination { get; private set; }

    /// <summary>What a write has still to hand over; empty for other operations.</summary>
    public ReadOnlyMemory<byte> Source { get; set; }

    /// <summary>Whether the stream ends after what is written.</summary>
    public bool EndsStream { get; private set; }

    /// <summary>The token that may cancel the operation.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>The shard has seen the operation and it waits.</summary>
    public bool IsWaiting { get; set; }

    public bool IsPending => (int)(Volatile.Read(ref _control) & 0xff) == Pending;

    /// <summary>Why every further operation fails; null while it does not.</summary>
    public Failure? Failure => _failure;

    /// <summary>No operation has anything left to do: reads give 0 bytes, writes are refused.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>
    /// Whether awaiters go on at once, on the shard's thread, in place of the thread pool or their own context. On the shard, while idle.
    /// </summary>
    public bool CompletesInline
    {
        set => _source.RunContinuationsAsynchronously = !value;
    }

    /// <summary>
    /// How the direction ended, for a handle that outlives this: the task of <see cref="TryGetClosed"/>, a <see cref="Errors.Failure"/>, or null.
    /// After <see cref="Close"/>.
    /// </summary>
    public object? Outcome => Volatile.Read(ref _closed) is { } closed ? closed.Task : _closedBy;

    /// <summary>Gives the task that completes when the direction has ended, with <see cref="Close"/>; null where the generation has passed.</summary>
    public Task? TryGetClosed(uint generation)
    {
        lock (_gate)
        {
            if ((uint)(Volatile.Read(ref _control) >> 8) != generation)
            {
                return null;
            }

            if (_closed is null)
            {
                _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_isClosed)
                {
                    SettleClosed(_closed, _closedBy);
                }
            }

            return _closed.Task;
        }
    }

    /// <summary>Claims the direction for an operation; false where one is under way, or the generation has passed.</summary>
    public bool TryBegin(uint generation, object owner)
    {
        if (Interlocked.CompareExchange(ref _control, Word(generation, Pending), Word(generation, Idle)) != Word(generation, Idle))
        {
            return false;
        }

        _owner = owner;
        return true;
    }

    public ValueTask<int> BeginRead(Memory<byte> destination, CancellationToken token)
    {
        Destination = destination;
        Token = token;
        return new ValueTask<int>(this, _source.Version);
    }

    public ValueTask BeginWrite(ReadOnlyMemory<byte> source, bool endsStream, CancellationToken token)
    {
        Source = source;
        EndsStream = endsStream;
        Token = token;
        return new ValueTask(this, _source.Version);
    }

    /// <summary>Has the shard told when the token is cancelled. To be done before it learns of the operation, when it looks at the token again.</summary>
    public void WatchToken()
    {
        if (Token.CanBeCanceled)
        {
            _cancellation = Token.UnsafeRegister(static half => ((StreamHalf)half!).OnTokenCancelled(), this);
        }
    }

    /// <summary>On the shard: the operation is done.</summary>
    public void Complete(int result)
    {
        Settle();
        _source.SetResult(result);
    }

    /// <summary>On the shard: the operation failed.</summary>
    public void Fail(Exception exception)
    {
        Settle();
        _source.SetException(exception);
    }

    /// <summary>On the shard: every further operation fails so, or finds that there is nothing left.</summary>
    public void End(Failure? failure)
    {
        if (!_isEnded)
        {
            _failure = failure;
            _isEnded = true;
        }
    }

    /// <summary>Ends the direction for who awaits its task; the first cause stays.</summary>
    public bool Close(Failure? failure)
    {
        if (_isClosed)
        {
            return false;
        }

        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _closedBy = failure;
            _isClosed = true;
            if (_closed is not null)
            {
                SettleClosed(_closed, failure);
            }

            return true;
        }
    }

    /// <summary>A task that has failed so, and is not missed by anybody.</summary>
    public static Task Failed(Failure failure)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        SettleClosed(closed, failure);
        return closed.Task;
    }

    /// <summary>
    /// On the shard: starts the next generation, if it has not begun. False while an operation or its result is outstanding: the stream
    /// is told (<see cref="StreamMessageKind.Return"/>) when the result was taken.
    /// </summary>
    public bool TryRecycle(uint generation)
    {
        if (!TryPass(generation))
        {
            // Looked at once more: the result may have been taken before the taker could know that somebody waits for that.
            _isReturnWanted = true;
            Interlocked.MemoryBarrier();
            if (!TryPass(generation))
            {
                return false;
            }
        }

        _isReturnWanted = false;
        lock (_gate)
        {
            _closed = null;
            _isClosed = false;
            _closedBy = null;
        }

        _failure = null;
        _isEnded = false;
        return true;
    }

    public int GetResult(short token)
    {
        // A result that was taken already, or is not there, must not touch the operation under way.
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending || !TryChange(Completed, Taking))
        {
            throw new InvalidOperationException("The result of a value task is taken once, when it is complete.");
        }

        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            uint generation = (uint)(_control >> 8);
            _source.Reset();
            TryChange(Taking, Idle);
            if (_isReturnWanted)
            {
                stream.Post(StreamMessageKind.Return, generation);
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private static long Word(uint generation, int phase) => ((long)generation << 8) | (uint)phase;

    private static void SettleClosed(TaskCompletionSource closed, Failure? failure)
    {
        if (failure is null)
        {
            closed.TrySetResult();
            return;
        }

        closed.TrySetException(failure.ToException());

        // Looked at here, so that a fault nobody awaits is no unobserved task exception.
        _ = closed.Task.Exception;
    }

    private bool TryPass(uint generation)
    {
        long seen = Interlocked.CompareExchange(ref _control, Word(generation + 1, Idle), Word(generation, Idle));
        return seen == Word(generation, Idle) || seen == Word(generation + 1, Idle);
    }

    private bool TryChange(int from, int to)
    {
        long word = Volatile.Read(ref _control);
        return (word & 0xff) == from && Interlocked.CompareExchange(ref _control, word + to - from, word) == word;
    }

    private void OnTokenCancelled() =>
        stream.Post(isReading ? StreamMessageKind.CancelRead : StreamMessageKind.CancelWrite, (uint)(Volatile.Read(ref _control) >> 8));

    private void Settle()
    {
        // Not Dispose, which would wait for a callback that may itself wait for the shard.
        _cancellation.Unregister();
        _cancellation = default;
        Destination = default;
        Source = default;
        Token = default;
        IsWaiting = false;
        _owner = null;
        TryChange(Pending, Completed);
    }
}
