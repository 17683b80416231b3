using HotQuic.Errors;

namespace HotQuic.Streams;

/// <summary>
/// Streams that the peer opened and nobody has accepted yet, or those who wait for one: never both. The shard <see cref="Add"/>s and
/// <see cref="Close"/>s, any thread takes (<see cref="TakeAsync"/>). What a channel would do, but many may wait and nothing is allocated.
/// It serves one connection after another: the shard <see cref="Begin"/>s and <see cref="End"/>s a life, and a handle takes from its own alone.
/// </summary>
internal sealed class InboundStreams
{
    private readonly Lock _gate = new();
    private readonly Queue<AwaitedStream> _streams = new();
    private readonly StreamRequestList _waiting = new();
    private Failure? _failure;
    private uint _generation;

    /// <summary>A connection begins.</summary>
    /// <param name="generation">That of its handle.</param>
    public void Begin(uint generation)
    {
        lock (_gate)
        {
            _generation = generation;
        }
    }

    /// <summary>The connection's handle is gone, and nobody waits.</summary>
    public void End()
    {
        lock (_gate)
        {
            _generation = 0;
            _failure = null;
        }
    }

    /// <summary>The peer opened a stream.</summary>
    public void Add(AwaitedStream stream)
    {
        StreamRequest? request;
        lock (_gate)
        {
            if (!_waiting.TryPeek(out request))
            {
                _streams.Enqueue(stream);
                return;
            }

            _waiting.Remove(request);
        }

        request.Complete(stream);
    }

    /// <summary>No stream comes any more; those that came can still be taken.</summary>
    public void Close(Failure failure)
    {
        while (true)
        {
            StreamRequest? request;
            lock (_gate)
            {
                _failure = failure;
                if (!_waiting.TryPeek(out request))
                {
                    return;
                }

                _waiting.Remove(request);
            }

            request.Fail(request.IsConnectionDisposed ? new ObjectDisposedException(nameof(QuicConnection)) : failure.ToException());
        }
    }

    /// <summary>On the shard: the connection's handle is gone, so streams that nobody has accepted go back to where they came from.</summary>
    public void GiveUp()
    {
        while (true)
        {
            AwaitedStream? stream;
            lock (_gate)
            {
                if (!_streams.TryDequeue(out stream))
                {
                    return;
                }
            }

            stream.GiveUp();
        }
    }

    /// <summary>Gives the next stream, now or later.</summary>
    public ValueTask<QuicStream> TakeAsync(QuicConnection connection, CancellationToken token)
    {
        if (TryTakeNow(connection, out ValueTask<QuicStream> result))
        {
            return result;
        }

        if (token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<QuicStream>(token);
        }

        StreamRequest request = StreamRequest.Rent(connection, token);
        request.WatchToken();
        lock (_gate)
        {
            // Looked at once more: both may have changed, and a callback that came before this found nothing to cancel.
            if (token.IsCancellationRequested)
            {
                result = ValueTask.FromCanceled<QuicStream>(token);
            }
            else if (!TryTakeNow(connection, out result))
            {
                _waiting.Add(request);
                return request.Result;
            }
        }

        request.Abandon();
        return result;
    }

    /// <summary>The token of some request was cancelled: of this one, if it waits here.</summary>
    public void OnTokenCancelled(StreamRequest request)
    {
        lock (_gate)
        {
            if (request.List != _waiting || !request.Token.IsCancellationRequested)
            {
                return;
            }

            _waiting.Remove(request);
        }

        request.Fail(new OperationCanceledException(request.Token));
    }

    private bool TryTakeNow(QuicConnection connection, out ValueTask<QuicStream> result)
    {
        lock (_gate)
        {
            if (_generation != connection.Generation)
            {
                result = ValueTask.FromException<QuicStream>(new ObjectDisposedException(nameof(QuicConnection)));
                return true;
            }

            if (_streams.TryDequeue(out AwaitedStream? stream))
            {
                result = new ValueTask<QuicStream>(new QuicStream(connection, stream, isOurs: false));
                return true;
            }

            result = _failure is { } failure ? ValueTask.FromException<QuicStream>(failure.ToException()) : default;
            return _failure is not null;
        }
    }
}
