using HotQuic.Core.Wire;
using HotQuic.Http3.Errors;
using HotQuic.Http3.Frames;
using HotQuic.Http3.Requests;

namespace HotQuic.Http3;

/// <summary>What is under way, and how it ends: GOAWAY, faults, the transport's end.</summary>
public sealed partial class Http3Connection
{
    private const long NoGoAway = long.MaxValue;
    private const string GoesAway = "The server takes no more requests on this connection (GOAWAY).";

    /// <summary>
    /// What Kestrel says first when it stops, above all IDs: it is no stream of a client's, and would be an error by RFC 9114 §7.2.6, but what it
    /// means is certain, and to break the connection off would fail the requests that Kestrel still answers.
    /// </summary>
    private const long NoticeId = (long)VarInt.MaxValue;

    private static readonly Http3Error GoAwayForOtherStream = new(Http3ErrorCode.IdError, "GOAWAY names no stream that a client's request could have");
    private static readonly Http3Error GoAwayRaised = new(Http3ErrorCode.IdError, "GOAWAY names a larger stream than the one before");

    /// <summary>GOAWAY of a client: no push is accepted from this push ID on, which none was before (RFC 9114 §5.2).</summary>
    private static readonly byte[] GoAway = [(byte)Http3FrameType.GoAway, 0x01, 0x00];

    private readonly Lock _gate = new();

    /// <summary>Cancelled by the server's GOAWAY, for requests that have no stream yet.</summary>
    private readonly CancellationTokenSource _goingAway = new();
    private bool _hasSentGoAway;
    private Exchange? _first;
    private int _activeCount;
    private long _idleSince = Environment.TickCount64;
    private TaskCompletionSource? _drained;
    private long _goAwayId = NoGoAway;
    private long _peerMaxFieldSectionSize = -1;
    private volatile bool _isClosing;
    private volatile Http3Failure? _failure;

    /// <summary>Why there are no more requests on this connection, once that is so.</summary>
    internal Http3Failure? Failure => _failure;

    /// <summary>Since when no request was under way, by <see cref="Environment.TickCount64"/>.</summary>
    internal long IdleSince => Volatile.Read(ref _idleSince);

    /// <summary>Sends what is ready to be sent.</summary>
    internal ValueTask<Http3Response> SendAsync(in RequestMessage message, CancellationToken cancellationToken) =>
        Exchange.SendAsync(this, message, cancellationToken);

    /// <summary>Before a request gets its stream.</summary>
    internal void ThrowIfRefused(in RequestMessage message)
    {
        if (PeerMaxFieldSectionSize is { } most && message.SectionSize > most)
        {
            GiveBack(message);
            throw new Http3Exception(null, $"The request's fields count {message.SectionSize} bytes, but the server accepts {most} (RFC 9114 §4.2.2).");
        }

        if (!TryBegin())
        {
            GiveBack(message);
            throw Unsent(_failure?.Message ?? GoesAway, _failure);
        }

        if (!message.IsReserved)
        {
            _credit.Take();
        }
    }

    /// <summary>Opens a request's stream. Where the server has to permit it first, it may say instead that it goes away.</summary>
    internal ValueTask<QuicStream> OpenStreamAsync(QuicStreamPriority priority, CancellationToken cancellationToken) => _credit.Available >= 0
        ? Transport.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, priority, cancellationToken)
        : OpenWhenPermittedAsync(priority, cancellationToken);

    /// <summary>A request got no stream, so the server knows nothing of it.</summary>
    internal Exception OnNotOpened(Exception cause, CancellationToken cancellationToken)
    {
        _credit.GiveBack();
        OnEnded();
        return cause switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested => cause,
            OperationCanceledException => Unsent(GoesAway, null),
            _ => Unsent(cause.Message, FailureOf(NoGoAway, cause)),
        };
    }

    /// <summary>A request has its stream; the answer is why it must not be used.</summary>
    internal Exception? Register(Exchange exchange)
    {
        lock (_gate)
        {
            exchange.Previous = null;
            exchange.Next = _first;
            _first?.Previous = exchange;
            _first = exchange;
            return exchange.StreamId < _goAwayId ? null : Unsent(GoesAway, null);
        }
    }

    internal void Unregister(Exchange exchange)
    {
        TaskCompletionSource? drained;
        bool isLast;
        lock (_gate)
        {
            exchange.Previous?.Next = exchange.Next;
            exchange.Next?.Previous = exchange.Previous;
            if (_first == exchange)
            {
                _first = exchange.Next;
            }

            exchange.Previous = null;
            exchange.Next = null;
            isLast = CountEnded(out drained);
        }

        OnCounted(isLast, drained);
    }

    /// <summary>A request is under way from before it has a stream until it ends.</summary>
    private bool TryBegin()
    {
        lock (_gate)
        {
            bool begins = IsAcceptingRequests;
            _activeCount += begins ? 1 : 0;
            return begins;
        }
    }

    private void OnEnded()
    {
        TaskCompletionSource? drained;
        bool isLast;
        lock (_gate)
        {
            isLast = CountEnded(out drained);
        }

        OnCounted(isLast, drained);
    }

    /// <summary>With the lock; true where no request is under way any more.</summary>
    private bool CountEnded(out TaskCompletionSource? drained)
    {
        bool isLast = --_activeCount == 0;
        drained = isLast ? _drained : null;
        if (isLast)
        {
            _idleSince = Environment.TickCount64;
        }

        return isLast;
    }

    /// <summary>Without the lock.</summary>
    private void OnCounted(bool isLast, TaskCompletionSource? drained)
    {
        drained?.TrySetResult();
        if (isLast && _goAwayId != NoGoAway)
        {
            _ = DisposeAsync().AsTask(); // RFC 9114 §5.2: nothing more will come of it
        }
    }

    internal void OnSettings(in Http3Settings settings) =>
        Volatile.Write(ref _peerMaxFieldSectionSize, settings.MaximumFieldSectionSize is { } size ? (long)Math.Min(size, long.MaxValue) : -1);

    /// <summary>The server processes no request from this stream on (RFC 9114 §5.2).</summary>
    internal Http3Error? OnGoAway(long streamId)
    {
        if (streamId % 4 != 0 && streamId != NoticeId)
        {
            return GoAwayForOtherStream;
        }

        if (streamId > _goAwayId)
        {
            return GoAwayRaised;
        }

        Http3Failure refusal = new(Http3ErrorCode.RequestRejected, "The server goes away and did not process the request (GOAWAY).", IsRetrySafe: true);
        bool isIdle;
        List<(Exchange Exchange, int Generation)> refused = [];
        lock (_gate)
        {
            Volatile.Write(ref _goAwayId, streamId);
            isIdle = _activeCount == 0;
            for (Exchange? exchange = _first; exchange is not null; exchange = exchange.Next)
            {
                if (exchange.StreamId >= streamId)
                {
                    refused.Add((exchange, exchange.Generation));
                }
            }
        }

        // Not under the lock: whoever learns of it may go on at once, on this thread.
        foreach ((Exchange exchange, int generation) in refused)
        {
            exchange.Refuse(generation, refusal);
        }

        _goingAway.Cancel();
        Fields.WakeBlocked();
        if (isIdle)
        {
            _ = DisposeAsync().AsTask();
        }

        return null;
    }

    /// <summary>The server broke the protocol: the connection ends with that (RFC 9114 §8). The answer is why it ended, if it had before.</summary>
    internal Http3Failure Fail(Http3Error error)
    {
        Http3Failure failure = SetFailure(Http3Failure.Of(error));
        _ = CloseTransportAsync(error.Code);
        return failure;
    }

    /// <summary>What the transport's end means to the request on a stream.</summary>
    internal Http3Failure FailureOf(long streamId, Exception cause)
    {
        Http3Failure failure = _failure ?? SetFailure(Http3Failure.OfConnection(cause));
        return streamId >= _goAwayId ? failure with { IsRetrySafe = true } : failure;
    }

    /// <summary>Ends when no request is under way; from now on none is begun.</summary>
    internal Task WhenDrainedAsync()
    {
        _isClosing = true;
        lock (_gate)
        {
            return _activeCount == 0
                ? Task.CompletedTask
                : (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private static Http3Exception Unsent(string message, Http3Failure? failure) => new(failure?.Code, message, isRetrySafe: true, failure?.Cause);

    private async ValueTask<QuicStream> OpenWhenPermittedAsync(QuicStreamPriority priority, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _goingAway.Token);
        return await Transport.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, priority, either.Token).ConfigureAwait(false);
    }

    private void GiveBack(in RequestMessage message)
    {
        if (message.IsReserved)
        {
            _credit.GiveBack();
        }
    }

    private Http3Failure SetFailure(Http3Failure failure)
    {
        Http3Failure first = Interlocked.CompareExchange(ref _failure, failure, null) ?? failure;
        Fields.WakeBlocked();
        return first;
    }

    /// <summary>
    /// Tells the server, once, that no more requests follow. It is handed over before this returns, and goes out before the connection's close
    /// where the path takes it.
    /// </summary>
    private async Task SendGoAwayAsync()
    {
        try
        {
            if (!Interlocked.Exchange(ref _hasSentGoAway, true))
            {
                await _control!.WriteAsync(GoAway).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            // The connection has ended.
        }
    }

    private async Task CloseTransportAsync(Http3ErrorCode code)
    {
        try
        {
            await Transport.CloseAsync((long)code).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It is closed.
        }
    }

    /// <summary>SETTINGS first, before anything of the server's has come (RFC 9114 §7.2.4.2).</summary>
    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _control = await Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, cancellationToken).ConfigureAwait(false);
        byte[] start = new byte[1 + 128];
        start[0] = (byte)Http3StreamType.Control;
        int length = 1 + new Http3Settings
        {
            MaximumFieldSectionSize = (ulong)_options.MaxFieldSectionSize,
            QpackMaximumTableCapacity = (ulong)_options.QpackTableCapacity,
            QpackBlockedStreams = (ulong)_options.QpackBlockedStreams,
            Grease = (ulong)Random.Shared.NextInt64(),
        }.WriteFrame(start.AsSpan(1));
        await _control.WriteAsync(start.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        _ = _peerStreams.WatchAsync(_control);
        _ = OpenQpackStreamsAsync();
        _ = WatchTransportAsync();
    }

    /// <summary>A server that lets no such streams be opened yet delays nothing else.</summary>
    private async Task OpenQpackStreamsAsync()
    {
        try
        {
            QuicStream encoder = await Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).ConfigureAwait(false);
            QuicStream decoder = await Transport.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).ConfigureAwait(false);
            ValueTask first = encoder.WriteAsync(new[] { (byte)Http3StreamType.QpackEncoder });
            await decoder.WriteAsync(new[] { (byte)Http3StreamType.QpackDecoder }).ConfigureAwait(false);
            await first.ConfigureAwait(false);
            Fields.Begin(decoder.Output);
            _ = _peerStreams.WatchAsync(encoder);
            _ = _peerStreams.WatchAsync(decoder);
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            // The connection has ended.
        }
    }

    private async Task WatchTransportAsync()
    {
        try
        {
            await _peerStreams.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (Http3Failure.IsTransports(e))
        {
            Http3Failure failure = SetFailure(Http3Failure.OfConnection(e));
            if (failure.Code is { } code && Http3Failure.IsNoError(code))
            {
                _closed.TrySetResult();
            }
            else
            {
                _closed.TrySetException(failure.ToException());
                _ = _closed.Task.Exception;
            }
        }
    }
}
