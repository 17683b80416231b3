using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using HotQuic.Kestrel.Connections;
using HotQuic.Kestrel.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace HotQuic.Kestrel.Streams;

/// <summary>
/// A stream as Kestrel sees it: a connection with a duplex pipe, which is the stream's own. Its connection <see cref="Begin"/>s it with a
/// stream; Kestrel reads, writes, may abort either side, and disposes of it; where the stream ended in good order it begins again with another
/// stream of the same connection, with what Kestrel keeps in <see cref="Microsoft.AspNetCore.Connections.Features.IPersistentStateFeature"/>.
/// </summary>
/// <remarks>
/// <code>
///                Begin              DisposeAsync                  the client has everything
///   (pool) ─────────────► Active ─────────────────► Disposing ──────────────────────────────────► (pool), where nothing was aborted
/// </code>
/// From any thread. The client's abort comes by <see cref="QuicStream.AbortedCallback"/> and may be late: it names its stream.
/// </remarks>
internal sealed partial class QuicStreamContext : ConnectionContext, IDuplexPipe, IValueTaskSource, IDisposable
{
    private readonly QuicConnectionContext _connection;
    private readonly ContextFeatures _features;
    private readonly QuicStreamPipe _pipe = new();
    private readonly TransportPipeReader _reader;
    private readonly TransportPipeWriter _writer;
    private readonly Lock _gate = new();
    private QuicStream? _stream;
    private IDuplexPipe _transport;
    private IDictionary<object, object?>? _items;
    private string? _connectionId;
    private EndPoint? _remoteEndPoint;
    private ConnectionAbortedException? _abortReason;
    private CancellationTokenSource? _closed;
    private List<ClosedCallback>? _closedCallbacks;
    private bool _isDisposing;
    private bool _isAborted;
    private bool _isSpoiled;
    private bool _isReusable;
    private long _error;
    private ManualResetValueTaskSourceCore<bool> _disposal;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _streamDisposal;
    private Action? _onStreamDisposed;

    public QuicStreamContext(QuicConnectionContext connection)
    {
        _connection = connection;
        _features = new ContextFeatures(this, OfferedFeatures, connection.Features, SharedFeatures);
        _reader = new TransportPipeReader(this);
        _writer = new TransportPipeWriter(this);
        _transport = this;
    }

    public override IFeatureCollection Features => _features;

    public override IDuplexPipe Transport
    {
        get => _transport;
        set => _transport = value;
    }

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    /// <summary>Whether it is no request: a stream of one direction, or one that this side opened.</summary>
    public bool IsLasting { get; private set; }

    public override string ConnectionId
    {
        get => _connectionId ??= string.Create(CultureInfo.InvariantCulture, $"{_connection.ConnectionId}:{StreamId:X8}");
        set => _connectionId = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _connection.LocalEndPoint;
        set => throw new NotSupportedException("The address is the connection's.");
    }

    /// <summary>Where the client was when the stream began.</summary>
    public override EndPoint? RemoteEndPoint
    {
        get => _remoteEndPoint;
        set => throw new NotSupportedException("The address is the connection's.");
    }

    /// <summary>Cancelled when the stream is aborted, by either side, or its connection ends.</summary>
    public override CancellationToken ConnectionClosed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new CancellationTokenSource();
                    if (_isAborted)
                    {
                        _closed.Cancel();
                    }
                }

                return _closed.Token;
            }
        }

        set => throw new NotSupportedException("The token is the transport's.");
    }

    /// <summary>Whether it is a failure of the stream or its connection, rather than a mistake of the caller.</summary>
    public static bool IsFailure(Exception exception) =>
        exception is QuicException or System.Security.Authentication.AuthenticationException or System.Net.Sockets.SocketException or ObjectDisposedException;

    /// <summary>Begins with a stream that was accepted or opened.</summary>
    public void Begin(QuicStream stream, bool isOurs)
    {
        StreamId = stream.Id;
        CanRead = stream.Type == QuicStreamType.Bidirectional || !isOurs;
        CanWrite = stream.Type == QuicStreamType.Bidirectional || isOurs;
        IsLasting = isOurs || stream.Type == QuicStreamType.Unidirectional;
        _error = -1;
        _isAborted = false;
        _isSpoiled = false;
        _isDisposing = false;
        _abortReason = null;
        EndPoint? remote = _connection.RemoteEndPoint;
        if (!ReferenceEquals(remote, _remoteEndPoint))
        {
            // What is kept knows the client's former address.
            _remoteEndPoint = remote;
            _state?.Clear();
        }

        Volatile.Write(ref _stream, stream);
        stream.State = this;
        stream.AbortedCallback = static (aborted, exception) => ((QuicStreamContext)aborted.State!).OnAborted(aborted, exception);
        _pipe.Attach(stream);
        _writer.Begin(CanWrite ? _pipe.Output : null);
        _reader.Begin(CanRead ? _pipe.Input : null);
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (TryAbort(QuicAbortDirection.Both, Error >= 0 ? Error : _connection.Services.Options.DefaultStreamErrorCode, abortReason))
        {
            lock (_gate)
            {
                _isAborted = true;
            }

            TellClosed();
        }
    }

    /// <inheritdoc/>
    public override void Abort() => Abort(new ConnectionAbortedException("The stream was aborted by the application."));

    /// <summary>Resets the writing side, since what was written is not all there is.</summary>
    public void AbortWriting(Exception exception) => TryAbort(
        QuicAbortDirection.Write,
        Error >= 0 ? Error : _connection.Services.Options.DefaultStreamErrorCode,
        exception as ConnectionAbortedException ?? new ConnectionAbortedException(exception.Message, exception));

    /// <summary>Gives the stream up, and ends when the client has all that was written; disposed of without a wait then, the context serves another stream.</summary>
    [SuppressMessage("Usage", "CA2215", Justification = "The base does nothing.")]
    public override ValueTask DisposeAsync()
    {
        QuicStream stream;
        lock (_gate)
        {
            if (_stream is null || _isDisposing)
            {
                return ValueTask.CompletedTask;
            }

            _isDisposing = true;
            stream = _stream;
        }

        _isSpoiled |= !_reader.HasSeenEnd || !_writer.IsCompleted;
        _reader.End();
        _writer.End();
        _disposal.Reset();
        ValueTask result = new(this, _disposal.Version);
        Watch(stream.DisposeAsync());
        return result;
    }

    /// <summary>
    /// Kestrel has awaited the disposal and struck the stream off its list: only now may the context go on to another stream, whose ID it would
    /// strike off otherwise.
    /// </summary>
    void IDisposable.Dispose()
    {
        if (_isReusable)
        {
            _isReusable = false;
            _connection.Take(this);
        }
    }

    void IValueTaskSource.GetResult(short token) => _disposal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _disposal.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _disposal.OnCompleted(continuation, state, token, flags);

    public override string ToString() => $"Stream {ConnectionId}";

    /// <summary>An operation on the stream has failed: notes why, and gives what Kestrel understands.</summary>
    public Exception OnFailed(Exception exception)
    {
        switch (exception)
        {
            case QuicException { QuicError: QuicError.StreamAborted }:
                OnAborted(_stream, exception);
                return new ConnectionResetException(exception.Message, exception);
            case ObjectDisposedException or QuicException { QuicError: QuicError.OperationAborted }:
                return _abortReason ?? _connection.AbortReason ?? new ConnectionAbortedException(exception.Message, exception);
            default:
                return _connection.OnFailed(exception);
        }
    }

    /// <summary>The client aborted a side of the stream, or the connection has ended.</summary>
    private void OnAborted(QuicStream? stream, Exception exception)
    {
        bool isConnections = exception is not QuicException { QuicError: QuicError.StreamAborted };
        lock (_gate)
        {
            if (stream is null || stream != _stream || _isAborted)
            {
                return;
            }

            if (exception is QuicException { ApplicationErrorCode: { } code })
            {
                _error = code;
            }

            _isAborted = true;
        }

        if (isConnections)
        {
            _ = _connection.OnFailed(exception);
        }
        else
        {
            _connection.Services.Log.StreamReset(this, _error);
        }

        TellClosed();
    }

    private void Watch(ValueTask disposal)
    {
        _streamDisposal = disposal.ConfigureAwait(false).GetAwaiter();
        if (_streamDisposal.IsCompleted)
        {
            OnStreamDisposed();
        }
        else
        {
            _streamDisposal.UnsafeOnCompleted(_onStreamDisposed ??= OnStreamDisposed);
        }
    }

    private void OnStreamDisposed()
    {
        try
        {
            _streamDisposal.GetResult();
        }
        catch (Exception exception)
        {
            _disposal.SetException(exception);
            return;
        }

        bool isClean;
        lock (_gate)
        {
            isClean = !_isAborted && !_isSpoiled;
            _stream = null;
        }

        _isReusable = isClean && TryReset();
        _connection.OnStreamEnd(this);
        _disposal.SetResult(true);
    }

    private bool TryAbort(QuicAbortDirection direction, long errorCode, ConnectionAbortedException reason)
    {
        QuicStream? stream;
        lock (_gate)
        {
            stream = _stream;
            if (stream is null || _isDisposing)
            {
                return false;
            }

            _abortReason ??= reason;
            _isSpoiled = true;
        }

        _connection.Services.Log.StreamAbort(this, direction, errorCode, reason.Message);
        stream.Abort(direction, errorCode);
        return true;
    }

    private void TellClosed()
    {
        List<ClosedCallback>? callbacks;
        CancellationTokenSource? closed;
        lock (_gate)
        {
            callbacks = _closedCallbacks;
            _closedCallbacks = null;
            closed = _closed;
        }

        if (closed is not null)
        {
            _connection.Services.Log.CancelOnPool(closed, this);
        }

        foreach (ClosedCallback callback in callbacks ?? [])
        {
            try
            {
                callback.Callback(callback.State);
            }
            catch (Exception exception)
            {
                // The others are told all the same.
                _connection.Services.Log.CallbackFailed(this, exception);
            }
        }
    }

    /// <summary>Nothing of this stream may be seen with the next. False where somebody has its token still and it was cancelled.</summary>
    private bool TryReset()
    {
        _items?.Clear();
        _connectionId = null;
        _closedCallbacks?.Clear();
        _transport = this;
        _features.Reset();
        return _closed?.TryReset() ?? true;
    }

    private readonly record struct ClosedCallback(Action<object?> Callback, object? State);
}
