using System.Threading.Tasks.Sources;

namespace HotQuic.Streams;

/// <summary>
/// One direction of a stream as its pipe uses it: who has hold of it, and the wait of the operation under way. Reused for every operation,
/// and with its stream for other streams.
/// </summary>
/// <remarks>
/// <code>
///         TryEnter            BeginWait              Signal (shard, token, Cancel…)
///   Idle ─────────► Held ───────────────► Waiting ──────────────────────► Signalled
///    ▲               │ ▲                    │                                │
///    └──── Leave ────┘ └──── TryEndWait ────┴────────── GetResult ───────────┘
/// </code>
/// The application moves along all arrows but Signal, and only the thread that moved the word may complete the wait. The word also holds
/// flags (Attached: the shard shows what it receives; Ended: the direction failed, or the stream is gone; Cancelled: it is to be called off), the generation, so that a handle of an earlier
/// stream never enters, and a count of waits, so that a signal meant for one wait never ends another:
/// <code>
///   63      48 47             16 15            2 1     0
///  │  waits   │   generation    │    flags      │ phase │
/// </code>
/// </remarks>
internal abstract class PipeOperation<TResult> : IValueTaskSource<TResult>, IPipeState, IThreadPoolWorkItem
{
    protected const long Attached = 4;
    protected const long Ended = 8;

    private const long Cancelled = 16;
    private const long PhaseMask = 3;
    private const long Idle = 0;
    private const long Held = 1;
    private const long Waiting = 2;
    private const long Signalled = 3;
    private const long OneWait = 1L << WaitShift;
    private const int WaitShift = 48;
    private const int GenerationShift = 16;

    private ManualResetValueTaskSourceCore<PipeSignal> _source;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _token;
    private long _control;
    private PipeSignal _signal;

    protected PipeOperation(uint generation)
    {
        _control = (long)generation << GenerationShift;
    }

    /// <summary>The life of the stream's state that this serves.</summary>
    public uint Generation => GenerationOf(Volatile.Read(ref _control));

    /// <summary>Whether an operation waits.</summary>
    public bool IsWaiting => (Volatile.Read(ref _control) & PhaseMask) == Waiting;

    private static uint GenerationOf(long word) => (uint)(word >> GenerationShift);

    /// <summary>Whether a wait is over already, be it that it was called off or that the direction has ended.</summary>
    public bool IsOver => IsRaised(Cancelled | Ended) || IsSatisfied();

    /// <summary>Whether nobody of a generation has hold of the direction or waits, nor ever will again through a handle that is given up.</summary>
    public bool IsFree(uint generation)
    {
        long word = Volatile.Read(ref _control);
        return GenerationOf(word) != generation || (word & PhaseMask) == Idle;
    }

    /// <summary>Takes hold of the direction.</summary>
    public PipeEntry TryEnter(uint generation)
    {
        while (true)
        {
            long word = Volatile.Read(ref _control);
            if (GenerationOf(word) != generation)
            {
                return PipeEntry.Stale;
            }

            if ((word & PhaseMask) != Idle)
            {
                return PipeEntry.Busy;
            }

            if ((word & Ended) != 0)
            {
                return PipeEntry.Ended;
            }

            if (Interlocked.CompareExchange(ref _control, word + Held, word) == word)
            {
                return PipeEntry.Entered;
            }
        }
    }

    /// <summary>Lets go; true where the direction ended meanwhile, and the shard waits to hear of this.</summary>
    public bool Leave() => (Interlocked.Add(ref _control, Idle - Held) & Ended) != 0;

    /// <summary>Whether the application asked to be called off since this was asked last.</summary>
    public bool TakeCancellation() => IsRaised(Cancelled) && (Interlocked.And(ref _control, ~Cancelled) & Cancelled) != 0;

    /// <summary>Calls off the operation that waits, or the next. From any thread.</summary>
    public void Cancel(uint generation)
    {
        long word = Volatile.Read(ref _control);
        while (GenerationOf(word) == generation)
        {
            long seen = Interlocked.CompareExchange(ref _control, word | Cancelled, word);
            if (seen == word)
            {
                TrySignal(word | Cancelled, PipeSignal.Progress);
                return;
            }

            word = seen;
        }
    }

    /// <summary>
    /// Held → Waiting. What the wait is for was written before. The caller then looks once more whether it is there, and where it is, calls
    /// <see cref="TryEndWait"/>.
    /// </summary>
    public ValueTask<TResult> BeginWait(CancellationToken cancellationToken)
    {
        var result = new ValueTask<TResult>(this, _source.Version);
        _token = cancellationToken;
        Interlocked.Add(ref _control, Waiting - Held + OneWait);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static state => ((PipeOperation<TResult>)state!).OnTokenCancelled(), this);
        }

        return result;
    }

    /// <summary>Waiting → Held, on the waiting application's own thread; false where a signal came first, or is about to.</summary>
    public bool TryEndWait()
    {
        long word = Volatile.Read(ref _control);
        while ((word & (PhaseMask | Ended)) == Waiting)
        {
            long seen = Interlocked.CompareExchange(ref _control, word + Held - Waiting, word);
            if (seen == word)
            {
                _cancellation.Unregister();
                _cancellation = default;
                return true;
            }

            word = seen;
        }

        if ((word & Ended) != 0)
        {
            // Raised before the wait began, it found nobody to signal; what was shown may be taken back, so that the wait has to tell.
            TrySignal(word, PipeSignal.Progress);
        }

        return false;
    }

    /// <summary>Whether awaiters go on at once, on the thread that ends their wait, in place of the thread pool.</summary>
    public bool CompletesInline { private get; set; }

    /// <summary>
    /// Starts the next generation. False while an application has hold of the direction or waits: the stream is told
    /// (<see cref="StreamMessageKind.Return"/>) when it lets go. On the shard.
    /// </summary>
    public bool TryRecycle(uint generation)
    {
        long word = Volatile.Read(ref _control);
        while (GenerationOf(word) == generation)
        {
            if ((word & PhaseMask) != Idle)
            {
                // Whoever has hold of it learns that somebody waits for it to be let go of.
                if ((word & Ended) != 0)
                {
                    return false;
                }

                RaiseEnded();
                word = Volatile.Read(ref _control);
                continue;
            }

            long seen = Interlocked.CompareExchange(ref _control, (long)(generation + 1) << GenerationShift, word);
            if (seen == word)
            {
                Reset();
                return true;
            }

            word = seen;
        }

        return true;
    }

    void IThreadPoolWorkItem.Execute() => _source.SetResult(_signal);

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        // A result that was taken already, or is not there: this throws, and must not touch the operation that came after.
        PipeSignal signal = _source.GetResult(token);
        _source.Reset();
        _cancellation.Unregister();
        _cancellation = default;
        long word = Interlocked.Add(ref _control, Held - Signalled);
        return Conclude(signal, (word & Ended) != 0, _token);
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>On the awaiter's thread, which has hold of the direction: what the wait has come to.</summary>
    protected abstract TResult Conclude(PipeSignal signal, bool isEnded, CancellationToken token);

    /// <summary>Makes the state fit for another stream.</summary>
    protected abstract void Reset();

    /// <summary>Whether what the wait is for is there, or never comes.</summary>
    protected abstract bool IsSatisfied();

    /// <summary>Ends the wait if there is one.</summary>
    protected void Signal(PipeSignal signal) => TrySignal(Volatile.Read(ref _control), signal);

    /// <summary>Ends the wait if it is over. What it waits for was written before.</summary>
    protected void SignalIfSatisfied()
    {
        Interlocked.MemoryBarrier();
        long word = Volatile.Read(ref _control);
        if ((word & PhaseMask) == Waiting && IsSatisfied())
        {
            TrySignal(word, PipeSignal.Progress);
        }
    }

    /// <summary>Sets a flag.</summary>
    protected void Raise(long flag) => Interlocked.Or(ref _control, flag);

    /// <summary>The direction failed: true where the application has hold of it at this moment.</summary>
    protected bool RaiseEnded()
    {
        bool isHeld = (Interlocked.Or(ref _control, Ended) & PhaseMask) == Held;
        Signal(PipeSignal.Progress);
        return isHeld;
    }

    protected bool IsRaised(long flag) => (Volatile.Read(ref _control) & flag) != 0;

    /// <summary>Takes a flag back, unless the application has hold of the direction or waits.</summary>
    protected bool TryLower(long flag)
    {
        while (true)
        {
            long word = Volatile.Read(ref _control);
            if ((word & flag) == 0 && (word & PhaseMask) == Idle)
            {
                return true;
            }

            if ((word & PhaseMask) != Idle)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _control, word & ~flag, word) == word)
            {
                return true;
            }
        }
    }

    /// <summary>Ends the wait of the word that was read, if it is one and it goes on.</summary>
    private void TrySignal(long word, PipeSignal signal)
    {
        long wait = word >> WaitShift;
        while ((word & PhaseMask) == Waiting && word >> WaitShift == wait)
        {
            long seen = Interlocked.CompareExchange(ref _control, word + Signalled - Waiting, word);
            if (seen == word)
            {
                Complete(signal);
                return;
            }

            word = seen;
        }
    }

    private void Complete(PipeSignal signal)
    {
        if (CompletesInline)
        {
            _source.SetResult(signal);
        }
        else
        {
            // As a work item of its own: one made for the awaiter would be an object for each wait.
            _signal = signal;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void OnTokenCancelled()
    {
        // The callback of an earlier wait may come late: it is this wait's token that counts.
        long word = Volatile.Read(ref _control);
        if ((word & PhaseMask) == Waiting && _token.IsCancellationRequested)
        {
            TrySignal(word, PipeSignal.TokenCancelled);
        }
    }
}

/// <summary>State of a pipe that is pooled with its stream.</summary>
internal interface IPipeState
{
    /// <summary>The life of the stream's state that this serves.</summary>
    uint Generation { get; }
}
