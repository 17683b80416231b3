using System.Buffers;
using System.IO.Pipelines;
using HotQuic.Core.Streams;
using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>
/// The writer behind <see cref="QuicStream.Output"/>: a handle of one stream, with what was written and not flushed. It fills chunks that
/// begin where the stream's own do, so that a flush hands them over and the send buffer keeps them as they are.
/// <code>
///   GetMemory, Advance: list of chunks ──flush──► mailbox ──► send buffer ──► packets
///          ▲                                                      │
///          └───────────── ChunkExchange ◄──── acknowledged ◄──────┘
/// </code>
/// </summary>
/// <remarks>
/// Bytes are copied once more in three cases only: where the application asks for more in one piece than the rest of a chunk; where a
/// flush continues a chunk that another flush began and that still waits to be acknowledged (at most one chunk a flush); and for the first
/// flush after the stream's own write methods changed the alignment.
/// </remarks>
internal sealed class StreamPipeWriter(QuicStream stream, PipeWriting state, ChunkExchange chunks) : PipeWriter
{
    private WrittenChunk? _first;
    private WrittenChunk? _last;
    private byte[]? _piece;
    private int _pieceUsed;
    private int _handed;
    private bool _isPieceHanded;
    private bool _isCompleted;
    private ulong _flushed;
    private long _unflushed;

    /// <summary>Whether it may go on to another stream: everything was handed over, and no flush is outstanding.</summary>
    public bool IsFree => _isCompleted && state.IsFree(stream.Generation);

    /// <summary>Whether nothing more is written.</summary>
    public bool IsCompleted => Volatile.Read(ref _isCompleted);

    /// <summary>Goes on to another stream, as if it were new.</summary>
    public void Begin(QuicStream next, PipeWriting nextState, ChunkExchange nextChunks)
    {
        // In this order, as for the reader.
        Volatile.Write(ref state, nextState);
        Volatile.Write(ref stream, next);
        chunks = nextChunks;
        _handed = 0;
        _isPieceHanded = false;
        _isCompleted = false;
        _flushed = 0;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        WrittenChunk chunk = _last is { } last && last.End < ChunkExchange.ChunkSize ? last : AddChunk();
        Memory<byte> memory = chunk.Bytes.AsMemory(chunk.End);
        _isPieceHanded = sizeHint > memory.Length;
        if (_isPieceHanded)
        {
            memory = GetPiece(sizeHint);
        }

        _handed = memory.Length;
        return memory;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if ((uint)bytes > (uint)_handed)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "Expected at most what GetMemory or GetSpan gave.");
        }

        _handed -= bytes;
        if (_isPieceHanded)
        {
            Append(_piece.AsSpan(_pieceUsed, bytes));
            _pieceUsed += bytes;
        }
        else if (bytes > 0)
        {
            _last!.End += bytes;
            _unflushed += bytes;
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        _handed = 0;
        Append(source.Span);
        return FlushAsync(cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (Refusal() is { } refusal)
        {
            return ValueTask.FromException<FlushResult>(refusal);
        }

        bool isCanceled = state.TakeCancellation();
        if (stream.TryGetWritingEnd(out Failure? cause))
        {
            chunks.Return(TakeUnflushed());
            return stream.IsDisposed ? ValueTask.FromException<FlushResult>(Disposed())
                : IsPeersStop(cause) ? new ValueTask<FlushResult>(new FlushResult(isCanceled, isCompleted: true))
                : ValueTask.FromException<FlushResult>(cause!.ToException());
        }

        ulong flushed = _flushed + (ulong)_unflushed;
        if (isCanceled || flushed < state.RoomEnd)
        {
            if (_unflushed > 0)
            {
                HandOver();
            }

            return new ValueTask<FlushResult>(new FlushResult(isCanceled, isCompleted: false));
        }

        return Wait(flushed, cancellationToken);
    }

    public override void CancelPendingFlush()
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
        WrittenChunk? first = TakeUnflushed();
        if (_piece is not null)
        {
            ArrayPool<byte>.Shared.Return(_piece);
            _piece = null;
        }

        if (exception is null)
        {
            stream.PostPipe(StreamMessageKind.PipeCompleteWrite, argument: first);
        }
        else
        {
            chunks.Return(first);
            stream.PostPipe(StreamMessageKind.PipeResetWrite);
        }
    }

    /// <summary>What the wait for room has come to, on the thread that awaited it.</summary>
    public FlushResult Conclude(PipeSignal signal, CancellationToken token)
    {
        bool isEnded = stream.TryGetWritingEnd(out Failure? cause);
        bool isCanceled = state.TakeCancellation();
        if (state.Leave())
        {
            stream.PostPipe(StreamMessageKind.Return);
        }

        switch (signal)
        {
            case PipeSignal.TokenCancelled:
                throw new OperationCanceledException(token);
            case PipeSignal.Refused:
                throw WritesCompleted();
            default:
                break;
        }

        if (isEnded)
        {
            return IsPeersStop(cause) ? new FlushResult(isCanceled, isCompleted: true) : throw cause!.ToException();
        }

        return new FlushResult(isCanceled, isCompleted: false);
    }

    private static InvalidOperationException WritesCompleted() => new("The writing side was completed: nothing can be flushed after that.");

    private ValueTask<FlushResult> Wait(ulong flushed, CancellationToken cancellationToken)
    {
        switch (state.TryEnter(stream.Generation))
        {
            case PipeEntry.Busy:
                return ValueTask.FromException<FlushResult>(new InvalidOperationException("A flush is under way: wait for it before the next."));
            case PipeEntry.Stale or PipeEntry.Ended:
                return ValueTask.FromException<FlushResult>(Disposed());
        }

        state.Want(this, flushed);
        ValueTask<FlushResult> wait = state.BeginWait(cancellationToken);
        HandOver();
        bool isOver = stream.HasWritingEnded || state.IsOver;
        if (!isOver || !state.TryEndWait())
        {
            return wait;
        }

        try
        {
            return new ValueTask<FlushResult>(Conclude(PipeSignal.Progress, cancellationToken));
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<FlushResult>(exception);
        }
    }

    /// <summary>Why the flush must not begin, with nothing handed over.</summary>
    private InvalidOperationException? Refusal() =>
        stream.IsDisposed ? Disposed()
        : stream.IsWritePending ? new InvalidOperationException("The stream's own methods are writing: wait for them before the next flush of Output.")
        : stream.AreWritesCompleted && _unflushed > 0 ? WritesCompleted()
        : state.IsWaiting ? new InvalidOperationException("A flush is under way: wait for it before the next.")
        : null;

    /// <summary>Whether the peer reads no more, because it asked to stop or has everything: a pipe calls that completed.</summary>
    private static bool IsPeersStop(Failure? cause) => cause is null || cause.IsStreamAbort;

    private static ObjectDisposedException Disposed() => new(typeof(QuicStream).FullName);

    private void HandOver()
    {
        _flushed += (ulong)_unflushed;
        stream.PostPipe(StreamMessageKind.PipeFlush, argument: TakeUnflushed());
    }

    /// <summary>Takes the list, without a last chunk that nothing was written to.</summary>
    private WrittenChunk? TakeUnflushed()
    {
        WrittenChunk? first = _first;
        if (_last is { } last && last.Start == last.End)
        {
            WrittenChunk? previous = null;
            for (WrittenChunk chunk = first!; chunk != last; chunk = chunk.Next!)
            {
                previous = chunk;
            }

            first = previous is null ? null : first;
            previous?.Next = null;
            chunks.Return(last);
        }

        _first = null;
        _last = null;
        _handed = 0;
        _unflushed = 0;
        return first;
    }

    private WrittenChunk AddChunk()
    {
        WrittenChunk chunk = chunks.Rent();
        if (_last is { } last)
        {
            last.Next = chunk;
            chunk.Start = 0;
        }
        else
        {
            _first = chunk;
            chunk.Start = (int)((_flushed + state.Skew) & (ulong)(ChunkExchange.ChunkSize - 1));
        }

        chunk.End = chunk.Start;
        _last = chunk;
        return chunk;
    }

    private Memory<byte> GetPiece(int size)
    {
        if (_piece is null || _piece.Length < size)
        {
            if (_piece is not null)
            {
                ArrayPool<byte>.Shared.Return(_piece);
            }

            _piece = ArrayPool<byte>.Shared.Rent(size);
        }

        _pieceUsed = 0;
        return _piece;
    }

    private void Append(ReadOnlySpan<byte> data)
    {
        _unflushed += data.Length;
        while (!data.IsEmpty)
        {
            WrittenChunk chunk = _last is { } last && last.End < ChunkExchange.ChunkSize ? last : AddChunk();
            int count = Math.Min(data.Length, ChunkExchange.ChunkSize - chunk.End);
            data[..count].CopyTo(chunk.Bytes.AsSpan(chunk.End));
            chunk.End += count;
            data = data[count..];
        }
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }
    }
}
