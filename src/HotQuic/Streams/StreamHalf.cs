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
///   Idle ──────────► Pending ───────────────────► Completed ───────────► Idle
///    │                                                                    ▲
///    └────────────────── TryRecycle: the same in the next generation ─────┘
/// </code>
/// The generation is part of the same word, so that an operation on a stream whose state has gone on to another one never begins.
/// </remarks>
internal sealed class StreamHalf : IValueTaskSource<int>, IValueTaskSource
{
    /// <summary>The generation that a new object begins with.</summary>
    public const uint FirstGeneration = 1;

    private const int Idle = 0;
    private const int Pending = 1;
    private const int Completed = 2;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<int> _source = new() { RunContinuationsAsynchronously = true };
    private long _control = Word(FirstGeneration, Idle);
    private CancellationTokenRegistration _cancellation;
    private object? _owner;
    private TaskCompletionSource? _closed;
    private bool _isClosed;
    private Failure? _closedBy;
    private volatile Failure? _failure;
    private volatile bool _isEnded;

    /// <summary>Where a read puts what comes; empty for other operations.</summary>
    public Memory<byte> Destination { get; private set; }

    /// <summary>What a write has still to hand over; empty for other operations.</summary>
    public ReadOnlyMemory<byte> Source { get; set; }

    /// <summary>Whether the stream ends after what is written.</summary>
    public bool EndsStream { get; private set; }

    /// <summary>The token that may cancel the operation.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>Counts operations; a cancellation that comes for an earlier one is void.</summary>
    public short Version => _source.Version;

    /// <summary>The shard has seen the operation and it waits.</summary>
    public bool IsWaiting { get; set; }

    /// <summary>The operation was cancelled before the shard had seen it.</summary>
    public bool IsCancelledEarly { get; set; }

    public bool IsPending => (int)(Volatile.Read(ref _control) & 0xff) == Pending;

    /// <summary>Why every further operation fails; null while it does not.</summary>
    public Failure? Failure => _failure;

    /// <summary>No operation has anything left to do: reads give 0 bytes, writes are refused.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>Completes when the direction has ended, at the same time as <see cref="Close"/> is called.</summary>
    public Task Closed
    {
        get
        {
            lock (_gate)
            {
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
    }

    /// <summary>Claims the direction for an operation; false where one is under way, or the generation has passed.</summary>
    public bool TryBegin(uint generation, object owner) =>
        Interlocked.CompareExchange(ref _control, Word(generation, Pending), Word(generation, Idle)) == Word(generation, Idle)
        && Own(owner);

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

    /// <summary>Calls back when the token is cancelled. To be done before the shard learns of the operation.</summary>
    public void RegisterCancellation(Action<object?> callback, object state)
    {
        if (Token.CanBeCanceled)
        {
            _cancellation = Token.UnsafeRegister(callback, state);
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

    /// <summary>Ends the direction for who awaits <see cref="Closed"/>; the first cause stays.</summary>
    public bool Close(Failure? failure)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _isClosed = true;
            _closedBy = failure;
            if (_closed is not null)
            {
                SettleClosed(_closed, failure);
            }

            return true;
        }
    }

    /// <summary>On the shard: starts the next generation, unless an operation or its result is outstanding.</summary>
    public bool TryRecycle(uint generation)
    {
        if (Interlocked.CompareExchange(ref _control, Word(generation + 1, Idle), Word(generation, Idle)) != Word(generation, Idle))
        {
            return false;
        }

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
        if (token != _source.Version)
        {
            // A result that was taken already: this throws, and must not touch the operation that came after.
            return _source.GetResult(token);
        }

        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Release();
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

    private bool Own(object owner)
    {
        _owner = owner;
        IsWaiting = false;
        IsCancelledEarly = false;
        return true;
    }

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
        Interlocked.Add(ref _control, Completed - Pending);
    }

    private void Release()
    {
        if ((int)(Volatile.Read(ref _control) & 0xff) == Completed)
        {
            _source.Reset();
            Interlocked.Add(ref _control, Idle - Completed);
        }
    }
}
