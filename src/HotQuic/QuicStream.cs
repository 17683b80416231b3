using System.Diagnostics.CodeAnalysis;
using HotQuic.Core.Frames;
using HotQuic.Core.Wire;
using HotQuic.Errors;
using HotQuic.Streams;

namespace HotQuic;

/// <summary>
/// A stream of a <see cref="QuicConnection"/>: opened with
/// <see cref="QuicConnection.OpenOutboundStreamAsync(QuicStreamType, CancellationToken)"/> or taken with
/// <see cref="QuicConnection.AcceptInboundStreamAsync"/>, read and written like any other stream, and disposed of.
/// </summary>
/// <remarks>
/// One read and one write may be under way at a time, each from any thread; <see cref="Abort"/>, <see cref="CompleteWrites"/> and
/// <see cref="DisposeAsync"/> may be called beside them. Whoever awaits goes on in his own context, or on the thread pool
/// (or, with <see cref="QuicTransportOptions.CompletesInline"/>, on the shard's thread).
/// </remarks>
public sealed partial class QuicStream : Stream
{
    private readonly QuicConnection _connection;
    private readonly AwaitedStream _driver;
    private readonly uint _generation;
    private readonly StreamId _id;
    private readonly bool _canRead;
    private readonly bool _canWrite;
    private int _isDisposed;
    private object? _finalReads;

    /// <summary>Until the stream is over, <see cref="AbortedCallback"/>: a handle that is smaller costs every stream less.</summary>
    private object? _finalWrites;

    internal QuicStream(QuicConnection connection, AwaitedStream driver, bool isOurs, QuicStreamPriority priority = default)
    {
        _priority = priority;
        _connection = connection;
        _driver = driver;
        _generation = driver.Generation;
        _id = driver.Id;
        bool isBidirectional = _id.Direction == StreamDirection.Bidirectional;
        _canRead = isBidirectional || !isOurs;
        _canWrite = isBidirectional || isOurs;
    }

    /// <summary>The stream's ID, 0 to 2^62-1 (RFC 9000 §2.1).</summary>
    public long Id => (long)_id.Value;

    /// <summary>Whether one or both sides send.</summary>
    public QuicStreamType Type => _id.Direction == StreamDirection.Bidirectional ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional;

    /// <summary>
    /// Ends when the reading side has: successfully when its end was read, else with the exception that a read would throw. It is over
    /// from the start where the stream cannot be read. Nobody needs to look at its exception.
    /// </summary>
    public Task ReadsClosed => _driver.Reading.TryGetClosed(_generation) ?? Closed(ref _finalReads);

    /// <summary>
    /// Ends when the writing side has: successfully when the peer has acknowledged everything, else with the exception that a write would
    /// throw. It is over from the start where the stream cannot be written. Nobody needs to look at its exception.
    /// </summary>
    public Task WritesClosed => _driver.Writing.TryGetClosed(_generation) ?? Closed(ref _finalWrites);

    /// <inheritdoc/>
    public override bool CanRead => _canRead && !IsDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => _canWrite && !IsDisposed;

    /// <summary>The state behind the handle, which is this stream's in one generation only.</summary>
    internal AwaitedStream Driver => _driver;

    internal bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <inheritdoc/>
    public override string ToString() => $"Stream {Id} of {_connection}";

    /// <summary>Reads what there is, waiting for at least one byte; 0 means the end. A read of no bytes waits until there is something to read.</summary>
    /// <param name="buffer">Where to put the bytes; it belongs to the stream until the read has ended.</param>
    /// <param name="cancellationToken">
    /// Cancels the read, which aborts the reading side with <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/>, also where it was
    /// cancelled before. Once the read has completed, it aborts nothing.
    /// </param>
    /// <returns>The number of bytes read.</returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The stream cannot be read, or a read is under way.</exception>
    /// <exception cref="QuicException">Reading was aborted by either side, or the connection ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!_canRead)
        {
            throw new InvalidOperationException("Reading is not allowed on this stream.");
        }

        StreamHalf half = _driver.Reading;
        if (TryGetEnd(half, out Failure? failure))
        {
            return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken)
                : failure is not null ? ValueTask.FromException<int>(failure.ToException())
                : new ValueTask<int>(0);
        }

        Begin(half, "read");
        _input?.OnStreamRead();
        ValueTask<int> result = half.BeginRead(buffer, cancellationToken);
        half.WatchToken();
        Post(StreamMessageKind.Read);
        return result;
    }

    /// <summary>Writes all bytes, waiting while the send buffer is full: done means taken, not delivered.</summary>
    /// <param name="buffer">The bytes; they must not change until the write has ended.</param>
    /// <param name="cancellationToken">
    /// Cancels the write, which aborts the writing side with <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/>, also where it was
    /// cancelled before: part of a message must not look like all of it. Once the write has completed, it aborts nothing.
    /// </param>
    /// <returns>Ends when all bytes are in the send buffer.</returns>
    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, bool, CancellationToken)" path="/exception"/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        WriteAsync(buffer, completeWrites: false, cancellationToken);

    /// <summary>Writes all bytes, and ends the writing side after them if asked to.</summary>
    /// <param name="buffer">The bytes; they must not change until the write has ended.</param>
    /// <param name="completeWrites">Whether these are the last bytes: the peer learns of the end together with them.</param>
    /// <param name="cancellationToken">
    /// Cancels the write, which aborts the writing side with <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/>, also where it was
    /// cancelled before: part of a message must not look like all of it. Once the write has completed, it aborts nothing.
    /// </param>
    /// <returns>Ends when all bytes are in the send buffer.</returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="InvalidOperationException">The stream cannot be written, its writes were completed, or a write is under way.</exception>
    /// <exception cref="QuicException">Writing was aborted by either side, or the connection ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, bool completeWrites, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!_canWrite)
        {
            throw new InvalidOperationException("Writing is not allowed on this stream.");
        }

        StreamHalf half = _driver.Writing;
        if (TryGetEnd(half, out Failure? failure) && failure is not null)
        {
            return cancellationToken.IsCancellationRequested
                ? ValueTask.FromCanceled(cancellationToken)
                : ValueTask.FromException(failure.ToException());
        }

        Begin(half, "write");
        AreWritesCompleted |= completeWrites;
        ValueTask result = half.BeginWrite(buffer, completeWrites, cancellationToken);
        half.WatchToken();
        Post(StreamMessageKind.Write);
        return result;
    }

    /// <summary>Ends one or both sides at once. A side that has ended stays as it is; once the stream was disposed of, it does nothing.</summary>
    /// <param name="abortDirection">Which sides.</param>
    /// <param name="errorCode">The code that the peer gets, 0 to 2^62-1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is out of range, or the direction none of those there are.</exception>
    public void Abort(QuicAbortDirection abortDirection, long errorCode)
    {
        if (IsDisposed)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(errorCode);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)errorCode, VarInt.MaxValue, nameof(errorCode));
        if (abortDirection is < QuicAbortDirection.Read or > QuicAbortDirection.Both)
        {
            throw new ArgumentOutOfRangeException(nameof(abortDirection), abortDirection, "Expected Read, Write or Both.");
        }

        if (abortDirection.HasFlag(QuicAbortDirection.Read) && _canRead)
        {
            Post(StreamMessageKind.AbortRead, errorCode);
        }

        if (abortDirection.HasFlag(QuicAbortDirection.Write) && _canWrite)
        {
            Post(StreamMessageKind.AbortWrite, errorCode);
        }
    }

    /// <summary>Ends the writing side after what was written (RFC 9000 §2.4). A second time does nothing.</summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    public void CompleteWrites()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_canWrite)
        {
            AreWritesCompleted = true;
            Post(StreamMessageKind.CompleteWrites);
        }
    }

    /// <summary>
    /// Gives the stream up: what was not read is dropped and the peer asked to stop, what was written is still delivered, followed by the
    /// end of the stream; a write under way is given up, and so the writing side aborted. A second time, by whomever, does nothing.
    /// </summary>
    /// <returns>To be awaited once. Ends when the peer has everything, or the connection is over; of a second call at once.</returns>
    [SuppressMessage("Usage", "CA2215", Justification = "The base would block for what this awaits.")]
    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return ValueTask.CompletedTask;
        }

        StreamDisposal disposal = StreamDisposal.Rent(this, isAwaited: true);
        ValueTask result = disposal.Result;
        _driver.Post(StreamMessageKind.Dispose, _generation, disposal);
        return result;
    }

    /// <summary>On the shard, before the state behind the handle goes on to another stream: how its two sides ended.</summary>
    internal void Settle(object? reads, object? writes)
    {
        _finalReads = reads;
        _finalWrites = writes;
    }

    /// <summary>A disposed handle's answer, which is made into a task only when asked for.</summary>
    private static Task Closed(ref object? outcome)
    {
        object? seen = outcome;
        if (seen is Failure failure)
        {
            Task failed = StreamHalf.Failed(failure);
            object? previous = Interlocked.CompareExchange(ref outcome, failed, seen);
            return previous == seen ? failed : (Task)previous!;
        }

        return seen as Task ?? Task.CompletedTask;
    }

    private bool TryGetEnd(StreamHalf half, out Failure? failure)
    {
        bool isEnded = half.IsEnded;
        failure = half.Failure;

        // Asked again: what was read may be another stream's, if this one was disposed of meanwhile.
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return isEnded;
    }

    private void Begin(StreamHalf half, string operation)
    {
        if (!half.TryBegin(_generation, this))
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            throw new InvalidOperationException($"A {operation} is under way: wait for it before the next.");
        }
    }

    private void Post(StreamMessageKind kind, long value = 0) => _driver.Post(kind, _generation, value: value);
}
