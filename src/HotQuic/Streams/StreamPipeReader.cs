using System.Buffers;
using System.IO.Pipelines;

namespace HotQuic.Streams;

/// <summary>
/// The reader behind <see cref="QuicStream.Input"/>: a handle of one stream, with the place up to which its application has read. What is
/// shown comes from <see cref="PipeReading"/>, which serves other streams later; the generation keeps this handle off those.
/// </summary>
internal sealed class StreamPipeReader(QuicStream stream, PipeReading state) : PipeReader
{
    /// <summary>
    /// Of a request of up to so many bytes the shard learns that it was read when it wakes for something else, such as the answer, unless the
    /// peer has little left to send (<see cref="Connections.ConnectionDriver.IsCreditScarce"/>), as after many requests of which none is answered.
    /// </summary>
    private const ulong SmallRequest = 1024;

    private LentSegment? _head;
    private LentSegment? _last;
    private ulong _consumed;
    private ulong _examined;
    private ulong _shown;
    private ulong _minimum;
    private bool _isAttachPosted;
    private bool _isReading;
    private bool _holdsState;
    private bool _knowsStart;
    private bool _hasSeenEnd;
    private bool _hasTakenEnd;
    private bool _isCompleted;

    /// <summary>Whether it may go on to another stream: nothing of the last one is outstanding.</summary>
    public bool IsFree => state.IsFree(stream.Generation);

    /// <summary>Goes on to another stream, as if it were new.</summary>
    public void Begin(QuicStream next, PipeReading nextState)
    {
        // In this order, and read in the other where a cancellation comes from another thread: the old state with a new generation could be a third stream's.
        Volatile.Write(ref state, nextState);
        Volatile.Write(ref stream, next);
        _head = null;
        _last = null;
        _consumed = 0;
        _examined = 0;
        _shown = 0;
        _minimum = 0;
        _isAttachPosted = false;
        _isReading = false;
        _holdsState = false;
        _knowsStart = false;
        _hasSeenEnd = false;
        _hasTakenEnd = false;
        _isCompleted = false;
    }

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfCompleted();
        if (TryShowEndAgain(out result))
        {
            return true;
        }

        if (Enter() is { } refusal)
        {
            throw refusal;
        }

        if (TryConclude(0, out result, out Exception? failure))
        {
            return true;
        }

        LeaveState();
        if (!_knowsStart && !_isAttachPosted)
        {
            _isAttachPosted = true;
            stream.PostPipe(StreamMessageKind.PipeAttach);
        }

        return failure is null ? false : throw failure;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(0, cancellationToken);

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        ReadAsync((ulong)minimumSize, cancellationToken);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_isReading)
        {
            throw new InvalidOperationException("AdvanceTo follows a read, once: nothing was read since.");
        }

        ulong to = OffsetOf(consumed, nameof(consumed));
        ulong seen = OffsetOf(examined, nameof(examined));
        if (seen < to)
        {
            throw new InvalidOperationException("What is consumed is examined too: expected examined at or after consumed.");
        }

        _isReading = false;
        if (!_holdsState)
        {
            return;
        }

        // Whoever keeps bytes and wants more than there are must not be stopped by flow control.
        bool needsMore = to < seen && seen == _shown && !_hasSeenEnd;
        if (to > _consumed || needsMore)
        {
            while (_head!.End < to)
            {
                _head = _head.Following;
            }

            _hasTakenEnd = _hasSeenEnd && to == _shown;
            long advance = new StreamAdvance(to, needsMore).Word;
            if (_hasTakenEnd && to <= SmallRequest && stream.HasWritesToCome)
            {
                stream.PostPipeWithoutWaking(StreamMessageKind.PipeAdvance, advance);
            }
            else
            {
                stream.PostPipe(StreamMessageKind.PipeAdvance, advance);
            }
        }

        _consumed = to;
        _examined = seen;
        LeaveState();
    }

    /// <summary>The stream's own method reads, for which the shard stops showing: what <see cref="TryRead"/> asked for is to be asked again.</summary>
    public void OnStreamRead() => _isAttachPosted = false;

    public override void CancelPendingRead()
    {
        uint generation = Volatile.Read(ref stream).Generation;
        Volatile.Read(ref state).Cancel(generation);
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
        {
            return;
        }

        _isCompleted = true;
        if (_isReading && _holdsState)
        {
            LeaveState();
        }

        _isReading = false;
        if (!_hasTakenEnd)
        {
            stream.PostPipe(StreamMessageKind.PipeCompleteRead);
        }
    }

    /// <summary>What a wait has come to, on the thread that awaited it, which has hold of the state.</summary>
    public ReadResult Conclude(PipeSignal signal, bool isEnded, CancellationToken token)
    {
        Exception? failure = signal switch
        {
            PipeSignal.TokenCancelled => new OperationCanceledException(token),
            PipeSignal.Refused => ReadUnderWay(),
            _ => isEnded ? Ending() : null,
        };

        if (failure is null)
        {
            if (TryConclude(_minimum, out ReadResult result, out failure))
            {
                return result;
            }

            if (failure is null)
            {
                // Only who calls the read off wakes it for nothing.
                return Show(_knowsStart ? state.Published : default, isCanceled: true);
            }
        }

        LeaveState();
        throw failure;
    }

    private static InvalidOperationException ReadUnderWay() =>
        new("The stream's own methods are reading: wait for them before the next read of Input.");

    /// <summary>Why the direction has ended; where nothing failed, the stream was disposed of.</summary>
    private Exception Ending() => state.Failure?.ToException() ?? new ObjectDisposedException(typeof(QuicStream).FullName);

    private ValueTask<ReadResult> ReadAsync(ulong minimum, CancellationToken cancellationToken)
    {
        ThrowIfCompleted();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        if (TryShowEndAgain(out ReadResult result))
        {
            return new ValueTask<ReadResult>(result);
        }

        if (Enter() is { } refusal)
        {
            return ValueTask.FromException<ReadResult>(refusal);
        }

        return TryConclude(minimum, out result, out Exception? failure) ? new ValueTask<ReadResult>(result)
            : failure is null ? Wait(minimum, cancellationToken)
            : FailedRead(failure);
    }

    private ValueTask<ReadResult> Wait(ulong minimum, CancellationToken cancellationToken)
    {
        bool isAttached = _knowsStart;
        _minimum = minimum;
        state.Want(
            this,
            isAttached ? _consumed : PipeReading.FromStart,
            isAttached ? Math.Max(_examined + 1 - _consumed, minimum) : Math.Max(1, minimum));
        ValueTask<ReadResult> wait = state.BeginWait(cancellationToken);
        if (!isAttached)
        {
            stream.PostPipe(StreamMessageKind.PipeAttach);
        }

        if (minimum > 0)
        {
            stream.PostPipe(StreamMessageKind.PipeRequire, (long)minimum);
        }

        if (!state.IsOver || !state.TryEndWait())
        {
            return wait;
        }

        return TryConclude(minimum, out ReadResult result, out Exception? failure) ? new ValueTask<ReadResult>(result)
            : failure is null ? new ValueTask<ReadResult>(Show(_knowsStart ? state.Published : default, isCanceled: true))
            : FailedRead(failure);
    }

    private ValueTask<ReadResult> FailedRead(Exception failure)
    {
        LeaveState();
        return ValueTask.FromException<ReadResult>(failure);
    }

    /// <summary>The end stays, whatever became of the stream since it was seen.</summary>
    private bool TryShowEndAgain(out ReadResult result)
    {
        bool isOver = _hasSeenEnd && _consumed == _shown && !_isReading;
        result = isOver ? new ReadResult(default, isCanceled: false, isCompleted: true) : default;
        if (isOver)
        {
            _isReading = true;
            _holdsState = false;
        }

        return isOver;
    }

    private Exception? Enter()
    {
        if (_isReading)
        {
            return new InvalidOperationException("A read is not over before AdvanceTo was called.");
        }

        if (stream.IsDisposed)
        {
            return new ObjectDisposedException(typeof(QuicStream).FullName);
        }

        switch (state.TryEnter(stream.Generation))
        {
            case PipeEntry.Busy:
                return new InvalidOperationException("A read is under way: wait for it before the next.");
            case PipeEntry.Stale:
                return new ObjectDisposedException(typeof(QuicStream).FullName);
            case PipeEntry.Ended:
                return Ending();
            default:
                break;
        }

        if (!state.IsAttached)
        {
            _knowsStart = false;
            if (stream.IsReadPending)
            {
                LeaveState();
                return ReadUnderWay();
            }
        }

        return null;
    }

    private void LeaveState()
    {
        if (state.Leave())
        {
            stream.PostPipe(StreamMessageKind.Return);
        }
    }

    /// <summary>Shows what there is, where that is enough or all that comes; gives the failure where nothing comes any more.</summary>
    private bool TryConclude(ulong minimum, out ReadResult result, out Exception? failure)
    {
        // What was published before a failure is good: the failure is looked at first.
        failure = state.Failure?.ToException();
        if (!_knowsStart && state.IsAttached)
        {
            _knowsStart = true;
            _isAttachPosted = false;
            _consumed = state.Start;
            _examined = _consumed;
            _shown = _consumed;
            _head = null;
            _last = null;
        }

        bool isCanceled = state.TakeCancellation();
        StreamEnd end = _knowsStart ? state.Published : default;
        if (isCanceled || end.IsFinal || (_knowsStart && end.Offset > _examined && end.Offset >= _consumed + minimum))
        {
            result = Show(end, isCanceled);
            return true;
        }

        if (failure is not null && end.Offset > _examined)
        {
            // Less than was asked for, and no more comes: what there is first, then why.
            result = Show(end, isCanceled: false);
            return true;
        }

        result = default;
        failure = _knowsStart ? failure : null;
        return false;
    }

    private ReadResult Show(StreamEnd end, bool isCanceled)
    {
        _isReading = true;
        _holdsState = true;
        ReadOnlySequence<byte> buffer = default;
        if (_knowsStart)
        {
            _shown = end.Offset;
            buffer = end.Offset > _consumed ? SequenceTo(end.Offset) : default;
        }

        if (end.IsFinal && !_hasSeenEnd)
        {
            _hasSeenEnd = true;
            stream.OnInputEnded();
        }

        return new ReadResult(buffer, isCanceled, end.IsFinal);
    }

    private ReadOnlySequence<byte> SequenceTo(ulong end)
    {
        LentSegment head = _head ?? state.First;
        while (head.End == _consumed)
        {
            head = head.Following!;
        }

        LentSegment last = _last ?? head;
        while (last.End < end)
        {
            last = last.Following!;
        }

        _head = head;
        _last = last;
        return new ReadOnlySequence<byte>(head, (int)(_consumed - head.Start), last, (int)(end - last.Start));
    }

    private ulong OffsetOf(SequencePosition position, string name)
    {
        switch (position.GetObject())
        {
            case null:
                return _consumed;
            case LentSegment segment:
                ulong offset = segment.Start + (ulong)position.GetInteger();
                return offset >= _consumed && offset <= _shown
                    ? offset
                    : throw new ArgumentOutOfRangeException(name, "Expected a position in the buffer that was read last.");
            default:
                throw new ArgumentException("Expected a position in the buffer that was read last.", name);
        }
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Reading is not allowed after the reader was completed.");
        }
    }
}
