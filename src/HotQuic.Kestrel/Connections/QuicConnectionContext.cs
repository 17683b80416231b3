using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using HotQuic.Kestrel.Diagnostics;
using HotQuic.Kestrel.Listening;
using HotQuic.Kestrel.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Connections;

/// <summary>
/// A connection as Kestrel sees it. The listener makes it when the ClientHello has come, since the choice of a certificate may ask for it,
/// and <see cref="Begin()"/>s it when the handshake is complete. Kestrel accepts and opens streams, may <see cref="Abort(ConnectionAbortedException)"/>, and disposes of it.
/// </summary>
/// <remarks>
/// From any thread. It is not pooled: Kestrel's shutdown may abort a connection that has just ended, which must not hit another client's.
/// </remarks>
internal sealed partial class QuicConnectionContext : MultiplexedConnectionContext
{
    private static long _lastId = DateTime.UtcNow.Ticks;

    private readonly QuicConnection _connection;
    private readonly StreamContextPool _streams = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();

    /// <summary>Streams other than requests, such as control streams, which Kestrel may leave to the connection's end.</summary>
    private readonly HashSet<QuicStreamContext> _lasting = [];
    private IDictionary<object, object?>? _items;
    private string? _connectionId;
    private EndPoint? _localEndPoint;
    private EndPoint? _remoteEndPoint;
    private ConnectionAbortedException? _abortReason;
    private bool _isOver;
    private bool _isDisposed;
    private bool _watchesHeartbeat;
    private QuicConnectionStatistics _lastStatistics;
    private long _error = -1;

    public QuicConnectionContext(QuicConnection connection, TransportServices services)
    {
        _connection = connection;
        Services = services;
        Features = new ContextFeatures(this, OfferedFeatures, outer: null, shared: []);
    }

    public TransportServices Services { get; }

    public override string ConnectionId
    {
        get => _connectionId ??= Convert.ToHexString(BitConverter.GetBytes(Interlocked.Increment(ref _lastId)));
        set => _connectionId = value;
    }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _closed.Token;
        set => throw new NotSupportedException("The token is the transport's.");
    }

    public override EndPoint? LocalEndPoint
    {
        get => _localEndPoint ??= _connection.LocalEndPoint;
        set => _localEndPoint = value;
    }

    /// <summary>Where the client is now: the same object until it moves (RFC 9000 §9).</summary>
    public override EndPoint? RemoteEndPoint
    {
        get => _remoteEndPoint ?? _connection.RemoteEndPoint;
        set => _remoteEndPoint = value;
    }

    /// <summary>Why this side ended the connection; null where it did not.</summary>
    public ConnectionAbortedException? AbortReason => Volatile.Read(ref _abortReason);

    /// <summary>The handshake is complete, and Kestrel takes the connection over.</summary>
    public void Begin()
    {
        Services.Metrics.OnConnectionBegin();
        Services.Log.ConnectionAccepted(this, RemoteEndPoint);
    }

    /// <inheritdoc/>
    /// <returns>The stream; null where the wait was cancelled, or this side has disposed of the connection.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        WatchHeartbeat();
        QuicStream stream;
        try
        {
            stream = await _connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (ObjectDisposedException)
        {
            return AbortReason is { } reason ? throw reason : null;
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
        {
            throw OnFailed(exception);
        }

        // Outside: what becomes of one stream is not the connection's end.
        return Begin(stream, isOurs: false);
    }

    /// <inheritdoc/>
    public override async ValueTask<ConnectionContext> ConnectAsync(IFeatureCollection? features = null, CancellationToken cancellationToken = default)
    {
        IStreamDirectionFeature? direction = features?.Get<IStreamDirectionFeature>();
        if (direction is { CanWrite: false })
        {
            throw new NotSupportedException("A stream that is opened is written: expected IStreamDirectionFeature.CanWrite to be true.");
        }

        QuicStreamType type = direction is { CanRead: false } ? QuicStreamType.Unidirectional : QuicStreamType.Bidirectional;
        try
        {
            return Begin(await _connection.OpenOutboundStreamAsync(type, cancellationToken).ConfigureAwait(false), isOurs: true);
        }
        catch (QuicException exception)
        {
            throw OnFailed(exception);
        }
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        long code;
        lock (_gate)
        {
            if (_isOver || _isDisposed)
            {
                return;
            }

            _isOver = true;
            _abortReason = abortReason;
            code = _error >= 0 ? _error : Services.Options.DefaultCloseErrorCode;
        }

        Services.Log.ConnectionAbort(this, code, abortReason.Message);
        Close(code);
    }

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException("The connection was aborted by the application."));

    /// <summary>
    /// Ends the connection, with <see cref="HotQuicTransportOptions.DefaultCloseErrorCode"/> where nobody has aborted it. What was written to
    /// streams that Kestrel has disposed of has arrived by then: disposing of a stream waits for that.
    /// </summary>
    [SuppressMessage("Usage", "CA2215", Justification = "The base does nothing.")]
    public override async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _lastStatistics = _connection.GetStatistics();
        await _connection.DisposeAsync().ConfigureAwait(false);
        QuicStreamContext[] left;
        lock (_gate)
        {
            left = [.. _lasting];
        }

        foreach (QuicStreamContext stream in left)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }

        _streams.Clear();
        Services.Metrics.OnConnectionEnd();
    }

    public override string ToString() => $"Connection {ConnectionId}";

    /// <summary>A stream is over: of those that a client opens and gives up, one after another, none is kept.</summary>
    public void OnStreamEnd(QuicStreamContext stream)
    {
        if (stream.IsLasting)
        {
            lock (_gate)
            {
                _lasting.Remove(stream);
            }
        }

        Services.Metrics.OnStreamEnd();
    }

    /// <summary>Takes back the context of a stream that ended in good order, for another one.</summary>
    public void Take(QuicStreamContext stream) => _streams.Return(stream);

    /// <summary>The connection has failed: notes why, tells whoever watches, and gives what Kestrel understands.</summary>
    /// <param name="exception">What an operation of the connection, or one of its streams, threw.</param>
    public Exception OnFailed(Exception exception)
    {
        lock (_gate)
        {
            if (_abortReason is { } reason)
            {
                return reason;
            }

            if (exception is QuicException { QuicError: QuicError.OperationAborted })
            {
                return new ConnectionAbortedException(exception.Message, exception);
            }

            if (_isOver)
            {
                return new ConnectionResetException(exception.Message, exception);
            }

            _isOver = true;
            if (exception is QuicException { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: { } code })
            {
                _error = code;
            }
        }

        if (exception is QuicException { QuicError: QuicError.ConnectionAborted })
        {
            Services.Log.ConnectionReset(this, _error);
        }
        else
        {
            Services.Log.ConnectionFailed(this, exception);
        }

        Services.Log.CancelOnPool(_closed, this);
        return new ConnectionResetException(exception.Message, exception);
    }

    private QuicStreamContext Begin(QuicStream stream, bool isOurs)
    {
        if (_streams.TryTake() is not { } context)
        {
            context = new QuicStreamContext(this);
            Services.Metrics.OnStreamContextCreated();
        }

        Services.Metrics.OnStreamBegin();
        context.Begin(stream, isOurs);
        if (context.IsLasting)
        {
            lock (_gate)
            {
                _lasting.Add(context);
            }
        }

        return context;
    }

    private void Close(long code)
    {
        try
        {
            // Whoever aborts does not wait for the peer to be told.
            _ = _connection.CloseAsync(code).AsTask();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    /// <summary>Kestrel gives its heartbeat after it has taken the connection over, which it does before it accepts the first stream.</summary>
    private void WatchHeartbeat()
    {
        if (!_watchesHeartbeat)
        {
            _watchesHeartbeat = true;
            Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static pool => ((StreamContextPool)pool).Trim(Environment.TickCount64), _streams);
        }
    }
}
