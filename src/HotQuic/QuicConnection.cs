using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Paths;
using HotQuic.Core.Wire;
using HotQuic.Streams;

namespace HotQuic;

/// <summary>
/// A QUIC connection: made by <see cref="ConnectAsync"/> or by <see cref="QuicListener.AcceptConnectionAsync"/>. It carries streams, which
/// <see cref="OpenOutboundStreamAsync(QuicStreamType, CancellationToken)"/> opens and <see cref="AcceptInboundStreamAsync"/> takes; <see cref="CloseAsync"/> ends it, and
/// <see cref="DisposeAsync"/> gives it up. All members may be called from any thread.
/// </summary>
public sealed partial class QuicConnection : IAsyncDisposable
{
    private readonly uint _generation;
    private Task? _disposal;
    private Agreement? _agreement;
    private PathAddress _remote;
    private IPEndPoint? _remoteEndPoint;
    private PeerCertificate? _remoteCertificate;

    /// <summary>The handle of the life that the state behind it is in, or begins.</summary>
    internal QuicConnection(AwaitedConnection awaited)
    {
        Awaited = awaited;
        _generation = awaited.Driver.Generation;
    }

    /// <summary>A handle that nobody disposed of and nobody can reach any more: its connection ends, as if it had been disposed of.</summary>
    ~QuicConnection()
    {
        if (_disposal is null)
        {
            Post(ConnectionMessageKind.Dispose);
        }
    }

    /// <summary>Whether connecting works on this system: always true, since there is nothing native to miss.</summary>
    public static bool IsSupported => true;

    /// <summary>The address and port of this side. Each call makes a new object.</summary>
    public IPEndPoint LocalEndPoint => Agreed.Local.ToIPEndPoint();

    /// <summary>
    /// The address and port of the peer, as they are now: a client's may change (RFC 9000 §9), which
    /// <see cref="QuicConnectionOptions.RemoteEndPointChangedCallback"/> tells.
    /// </summary>
    public IPEndPoint RemoteEndPoint
    {
        get
        {
            _ = Agreed;
            return Volatile.Read(ref _remoteEndPoint) ?? MakeRemoteEndPoint();
        }
    }

    /// <summary>The host that the client asked for, as it was sent (SNI) or, on a client, as the certificate proved it; empty where there is none.</summary>
    public string TargetHostName => Agreed.ServerName;

    /// <summary>The peer's certificate; null where it showed none. The caller does not dispose of it.</summary>
    public X509Certificate? RemoteCertificate
    {
        get
        {
            _ = Agreed;
            return _remoteCertificate?.Value;
        }
    }

    /// <summary>The application protocol agreed on (ALPN, RFC 7301).</summary>
    public SslApplicationProtocol NegotiatedApplicationProtocol => Agreed.Protocol;

    /// <summary>The cipher suite agreed on.</summary>
    public TlsCipherSuite NegotiatedCipherSuite => Agreed.CipherSuite;

    /// <summary>The version of TLS: 1.3, once the handshake has begun (RFC 9001 §4.2).</summary>
    public SslProtocols SslProtocol => _agreement is null ? SslProtocols.None : SslProtocols.Tls13;

    /// <summary>What this handle stands for.</summary>
    internal AwaitedConnection Awaited { get; }

    internal bool IsDisposed => _disposal is not null;

    /// <summary>Whether whoever awaits goes on at once, on the shard's thread. It stays with the handle, as its generation does.</summary>
    internal bool CompletesInline { get; set; }

    internal ConnectionDriver Driver => Awaited.Driver;

    /// <summary>The life of the state behind it that is this connection's.</summary>
    internal uint Generation => _generation;

    private Agreement Agreed => Volatile.Read(ref _agreement) ?? throw new InvalidOperationException("The connection is not established.");

    /// <summary>Opens a stream, waiting until the peer allows one more (RFC 9000 §4.6). The peer learns of it with the first data.</summary>
    /// <param name="type">Whether the peer may send on it too.</param>
    /// <param name="cancellationToken">Ends the wait; no stream is lost by that.</param>
    /// <returns>The stream.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The type is none of those there are.</exception>
    /// <exception cref="InvalidOperationException">The handshake is not complete, as in the callback that gives a server's options.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<QuicStream> OpenOutboundStreamAsync(QuicStreamType type, CancellationToken cancellationToken = default) =>
        OpenAsync(type, QuicStreamPriority.Default, cancellationToken);

    private ValueTask<QuicStream> OpenAsync(QuicStreamType type, QuicStreamPriority priority, CancellationToken cancellationToken)
    {
        ThrowIfNotEstablished();
        if (type is not (QuicStreamType.Bidirectional or QuicStreamType.Unidirectional))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Expected Bidirectional or Unidirectional.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<QuicStream>(cancellationToken);
        }

        StreamDirection direction = type == QuicStreamType.Bidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional;
        StreamRequest request = StreamRequest.Rent(this, direction, cancellationToken);
        request.Priority = priority;
        ValueTask<QuicStream> result = request.Result;
        request.WatchToken();
        Post(ConnectionMessageKind.Open, request);
        return result;
    }

    /// <summary>Waits for a stream that the peer opened, one on which something came where <see cref="QuicConnectionOptions.HoldsEmptyStreamsBack"/> says so.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The stream.</returns>
    /// <exception cref="InvalidOperationException">
    /// The options allow the peer no streams at all, or the handshake is not complete, as in the callback that gives a server's options.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    /// <exception cref="QuicException">The connection has ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<QuicStream> AcceptInboundStreamAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfNotEstablished();
        bool canAccept = Awaited.CanAcceptStreams;
        ThrowIfGone();
        if (!canAccept)
        {
            throw new InvalidOperationException("The options allow the peer no streams: set MaxInboundBidirectionalStreams or MaxInboundUnidirectionalStreams.");
        }

        return Awaited.Inbound.TakeAsync(this, cancellationToken);
    }

    /// <summary>Closes the connection at once, with all its streams (RFC 9000 §10.2). Once closed, by whomever, it does nothing.</summary>
    /// <param name="errorCode">The code that the peer's application gets, 0 to 2^62-1.</param>
    /// <param name="cancellationToken">Ends the wait, not the closing.</param>
    /// <returns>Ends when the peer was told.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask CloseAsync(long errorCode, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(errorCode);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)errorCode, VarInt.MaxValue, nameof(errorCode));
        TaskCompletionSource completion = NewCompletion();
        Post(ConnectionMessageKind.Close, completion, errorCode);

        // The wait is cancelled though the closing may be done already: what the caller sees does not depend on who was faster.
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : new ValueTask(completion.Task.WaitAsync(cancellationToken));
    }

    /// <summary>Gives the connection up: where it was not closed, it is with <see cref="QuicConnectionOptions.DefaultCloseErrorCode"/>.</summary>
    /// <returns>Ends when the peer was told.</returns>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        TaskCompletionSource completion = NewCompletion();
        if (Interlocked.CompareExchange(ref _disposal, completion.Task, null) is null)
        {
            Post(ConnectionMessageKind.Dispose, completion);
        }

        return new ValueTask(_disposal);
    }

    /// <summary>Begins to use new packet protection keys, as soon as it is permitted (RFC 9001 §6).</summary>
    /// <exception cref="ObjectDisposedException">The connection was disposed of.</exception>
    public void UpdateKeys()
    {
        ObjectDisposedException.ThrowIf(_disposal is not null, this);
        Post(ConnectionMessageKind.UpdateKeys);
    }

    /// <inheritdoc/>
    public override string ToString() => _agreement is null ? "Connection" : $"Connection {LocalEndPoint} to {RemoteEndPoint}";

    /// <summary>On the shard: notes what is known by now. It stays with the handle, whatever becomes of the state behind it.</summary>
    internal void Learn(in ConnectionFacts facts)
    {
        if (_agreement is null)
        {
            _remote = facts.Remote;
        }
        else if (facts.Remote != (_remoteEndPoint is { } known ? PathAddress.From(known) : _remote))
        {
            // By reference, since others may read meanwhile.
            Volatile.Write(ref _remoteEndPoint, facts.RemoteEndPoint);
        }

        _remoteCertificate = facts.RemoteCertificate;
        Volatile.Write(ref _agreement, facts.Agreement);
    }

    /// <summary>The token of some request was cancelled: of this one, if it still waits. From any thread.</summary>
    internal void OnTokenCancelled(StreamRequest request, bool isToBeOpened)
    {
        if (isToBeOpened)
        {
            Post(ConnectionMessageKind.CancelOpen, request);
        }
        else
        {
            Awaited.Inbound.OnTokenCancelled(request);
        }
    }

    /// <summary>Leaves a message for the shard, which refuses it where the connection is over. From any thread.</summary>
    internal void Post(ConnectionMessageKind kind, object? argument = null, long value = 0) =>
        Awaited.Post(_generation, kind, argument, value);

    private TaskCompletionSource NewCompletion() =>
        new(CompletesInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    private IPEndPoint MakeRemoteEndPoint()
    {
        var made = _remote.ToIPEndPoint();
        return Interlocked.CompareExchange(ref _remoteEndPoint, made, null) ?? made;
    }

    /// <summary>Before the handshake is complete nobody has proved anything, and there may be no options yet.</summary>
    private void ThrowIfNotEstablished()
    {
        bool isConnected = Awaited.IsConnected;
        ThrowIfGone();
        if (!isConnected)
        {
            throw new InvalidOperationException("The connection is not established: streams are for after the handshake.");
        }
    }

    /// <summary>After reading what the shard published: it may have been another connection's, where this one was disposed of meanwhile.</summary>
    private void ThrowIfGone() => ObjectDisposedException.ThrowIf(_disposal is not null || !Awaited.IsCurrent(_generation), this);
}
