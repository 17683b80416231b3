using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HotQuic.Http3.Errors;

namespace HotQuic.Http3.Requests;

/// <summary>The response as it is read: its fields, its content, its end.</summary>
internal sealed partial class Exchange
{
    private readonly FieldStore _fields = new();
    private FieldStore? _trailers;
    private Http3InterimCallback? _onInterim;

    /// <summary>The status code of the final response.</summary>
    public int Status { get; private set; }

    /// <summary>What the response's content-length says; -1 where it says nothing.</summary>
    public long ContentLength { get; private set; } = -1;

    public FieldStore ResponseFields => _fields;

    /// <summary>The trailers, once the response has ended; null where there are none.</summary>
    public FieldStore? Trailers => HasEnded ? _trailers : null;

    /// <summary>RFC 9110 §6.4.1.</summary>
    private bool NeverHasContent => _isHead || Status is 204 or 304;

    /// <summary>Gets hold of it for a read.</summary>
    /// <exception cref="ObjectDisposedException">The response was disposed of.</exception>
    /// <exception cref="InvalidOperationException">Somebody else reads.</exception>
    public void EnterRead(int generation)
    {
        ObjectDisposedException.ThrowIf(!TryEnter(generation), typeof(Http3Response));
        if (Interlocked.Exchange(ref _isReading, 1) != 0)
        {
            Leave();
            ThrowIfNot(generation);
            throw new InvalidOperationException("A read of the response is under way: wait for it before the next.");
        }
    }

    public void LeaveRead(int generation)
    {
        Interlocked.Exchange(ref _isReading, 0);
        if (Generation != generation && Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            EndReading(); // It was disposed of meanwhile, and nobody else did.
        }

        Leave();
    }

    /// <summary>Reads content; 0 at its end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(int generation, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        EnterRead(generation);
        try
        {
            if (await NextAsync(cancellationToken).ConfigureAwait(false) == FrameStep.End || buffer.IsEmpty)
            {
                return 0;
            }

            int count = (int)Math.Min(Math.Min(_rest.Length, _frameRemaining), buffer.Length);
            _rest.Slice(0, count).CopyTo(buffer.Span);
            Consume(count);
            return count;
        }
        finally
        {
            LeaveRead(generation);
        }
    }

    /// <summary>Reads content to its end and drops it, or gives it to somebody, piece by piece; the number of bytes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<long> DrainAsync(int generation, Stream? destination, CancellationToken cancellationToken)
    {
        EnterRead(generation);
        try
        {
            long total = 0;
            while (await NextAsync(cancellationToken).ConfigureAwait(false) != FrameStep.End)
            {
                long count = Math.Min(_rest.Length, _frameRemaining);
                if (destination is not null)
                {
                    foreach (ReadOnlyMemory<byte> piece in _rest.Slice(0, count))
                    {
                        await destination.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
                    }
                }

                total += count;
                Consume(count);
            }

            return total;
        }
        finally
        {
            LeaveRead(generation);
        }
    }

    /// <summary>
    /// For whoever has <see cref="EnterRead"/>: waits for the fields, for content or the end; for more content than so many bytes, as far as its
    /// frame goes.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<FrameStep> NextAsync(CancellationToken cancellationToken, long beyond = 0)
    {
        try
        {
            while (true)
            {
                FrameStep step = Step(beyond);
                switch (step)
                {
                    case FrameStep.NeedMore:
                        Advance();
                        if (!Show(await _input.ReadAsync(cancellationToken).ConfigureAwait(false)))
                        {
                            return FrameStep.Canceled;
                        }

                        break;
                    case FrameStep.Blocked:
                        ThrowIfOver(); // Whoever wakes it may have come before there was anything to wake.
                        await WhenUnblockedAsync(cancellationToken).ConfigureAwait(false);
                        ThrowIfOver();
                        break;
                    default:
                        return Settle(step);
                }
            }
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            // The same token may have given up the sending before, and the stream with it.
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(e);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
            throw;
        }
    }

    /// <summary>Waits for entries of the table; a server that gives the response up may never send them.</summary>
    private async Task WhenUnblockedAsync(CancellationToken cancellationToken)
    {
        Task end = _stream.ReadsClosed;
        await (end.IsCompletedSuccessfully ? _inserts! : Task.WhenAny(_inserts!, end)).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (end.IsFaulted)
        {
            await end.ConfigureAwait(false);
        }
    }

    /// <summary>As <see cref="NextAsync"/>, of what is there; false where that is nothing yet.</summary>
    internal bool TryNext(long beyond, out FrameStep step)
    {
        try
        {
            while ((step = Step(beyond)) == FrameStep.NeedMore)
            {
                Advance();
                if (!_input.TryRead(out ReadResult result))
                {
                    return false;
                }

                Show(result);
            }
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            throw Translate(e);
        }

        Settle(step);
        return step != FrameStep.Blocked;
    }

    /// <summary>Calls a wait in <see cref="NextAsync"/> off.</summary>
    internal void CancelRead() => _input.CancelPendingRead();

    /// <summary>Nobody wants the rest of the content.</summary>
    internal void AbortReading()
    {
        if (!HasEnded)
        {
            _stream.Abort(QuicAbortDirection.Read, (long)Http3ErrorCode.RequestCancelled);
        }
    }

    /// <summary>What is shown at this moment, for whoever has <see cref="EnterRead"/>.</summary>
    internal ReadOnlySequence<byte> Shown => _rest;

    /// <summary>How much of the DATA frame that is being read is still to come, what is shown included.</summary>
    internal long FrameRemaining => _frameRemaining;

    /// <summary>Content was read. Where the stream ends with it, the response is over now, and its flow control and memory with it.</summary>
    internal void Consume(long count)
    {
        Take(count);
        if (_rest.IsEmpty && _isFinal && _frameRemaining == 0 && (ContentLength < 0 || _received == ContentLength))
        {
            _phase = Phase.Ended;
            ReleaseInput();
        }
    }

    private void Advance()
    {
        if (_holdsBuffer)
        {
            _holdsBuffer = false;
            _input.AdvanceTo(_rest.Start, _rest.End);
            _rest = default;
        }
    }

    private bool Show(in ReadResult result)
    {
        _holdsBuffer = true;
        _rest = result.Buffer;
        _isFinal = result.IsCompleted;
        return !result.IsCanceled;
    }

    private FrameStep Settle(FrameStep step)
    {
        switch (step)
        {
            case FrameStep.Failed:
                throw OnFault();
            case FrameStep.Fields when _rest.IsEmpty && _isFinal && (ContentLength <= 0 || NeverHasContent):
                _phase = Phase.Ended;
                ReleaseInput();
                break;
            case FrameStep.End:
                ReleaseInput();
                break;
            default:
                break;
        }

        return step;
    }

    /// <summary>
    /// Nobody reads any more, nor will. Not before that may the stream be cancelled: a section acknowledged behind it would be an error
    /// (RFC 9204 §4.4.1).
    /// </summary>
    private void EndReading()
    {
        if (!HasEnded)
        {
            _connection.Fields.Cancel(StreamId);
        }

        ReleaseInput();
    }

    private void ReleaseInput()
    {
        if (_holdsBuffer)
        {
            _holdsBuffer = false;
            _input.AdvanceTo(_rest.Start);
            _rest = default;
        }
    }

    /// <summary>The peer's fault ends the stream, or the connection (RFC 9114 §8).</summary>
    private Http3Exception OnFault()
    {
        if (_error!.IsLimit || _error.Code == Http3ErrorCode.MessageError)
        {
            Http3Failure failure = Http3Failure.Of(_error);
            Interlocked.CompareExchange(ref _failure, failure, null);
            _stream.Abort(QuicAbortDirection.Both, (long)_error.Code);
            return failure.ToException();
        }

        return _connection.Fail(_error).ToException();
    }

    private void ThrowIfOver()
    {
        ObjectDisposedException.ThrowIf(_isShut, typeof(Http3Response));
        if ((_failure ?? _connection.Failure) is { } failure)
        {
            throw failure.ToException();
        }
    }

    private Exception Translate(Exception cause)
    {
        if (_failure is { } failure)
        {
            return failure.ToException();
        }

        return cause switch
        {
            QuicException { QuicError: QuicError.StreamAborted, ApplicationErrorCode: { } code } => Http3Failure.OfStream(code, cause).ToException(),
            QuicException { QuicError: QuicError.OperationAborted } when _connection.Failure is null => new OperationCanceledException("The request was given up by this side.", cause),
            ObjectDisposedException => new ObjectDisposedException(typeof(Http3Response).FullName, cause),
            _ => _connection.FailureOf(StreamId, cause).ToException(),
        };
    }

    private void ResetReading()
    {
        _fields.Trim();
        _trailers?.Trim();
        _rest = default;
        _holdsBuffer = false;
        _isFinal = false;
        _phase = Phase.Head;
        _kind = FrameKind.None;
        _frameRemaining = 0;
        _received = 0;
        _interimCount = 0;
        _isHead = false;
        _error = null;
        _inserts = null;
        _onInterim = null;
        Status = 0;
        ContentLength = -1;
    }
}
