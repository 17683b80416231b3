using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Wire;
using HotQuic.Handlers;
using HotQuic.Shards;

namespace HotQuic;

/// <summary>
/// A connection of a <see cref="QuicConnectionHandler"/>, by value: a reference to pooled state and the generation that it is good for. It
/// may be kept and copied; after <see cref="QuicConnectionHandler.OnClosed"/> it is stale, which every member notices, so that it never
/// reaches the connection that has the state then.
/// </summary>
/// <remarks>
/// <see cref="IsValid"/>, <see cref="Post"/>, <see cref="Accept"/>, <see cref="SetConfiguration"/> and <see cref="Reject"/> may be used on any
/// thread. The others may be used on the thread of the connection's shard only, that is inside calls of handlers, and throw
/// <see cref="InvalidOperationException"/> elsewhere; on a stale handle they throw <see cref="ObjectDisposedException"/>.
/// </remarks>
public readonly struct QuicConnectionHandle : IEquatable<QuicConnectionHandle>
{
    private readonly ConnectionDriver? _driver;
    private readonly uint _generation;

    internal QuicConnectionHandle(ConnectionDriver driver, uint generation)
    {
        _driver = driver;
        _generation = generation;
    }

    /// <summary>Whether the connection is not over yet. From another thread the answer may be outdated as soon as it is given.</summary>
    public bool IsValid => _driver is not null && _driver.Generation == _generation;

    /// <summary>Whatever the application wants to find again with the connection. Default: what it was connected or accepted with.</summary>
    /// <exception cref="ObjectDisposedException">The connection is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard, or nobody accepted the connection yet.</exception>
    public object? State
    {
        get => Checked().State;
        set => Checked().State = value;
    }

    /// <summary>The address and port of this side. Each call makes a new object.</summary>
    /// <exception cref="ObjectDisposedException">The connection is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard, or the handshake is not complete.</exception>
    public IPEndPoint LocalEndPoint => Checked().Facts.LocalEndPoint;

    /// <summary>The address and port of the peer. Each call makes a new object.</summary>
    /// <inheritdoc cref="LocalEndPoint" path="/exception"/>
    public IPEndPoint RemoteEndPoint => Checked().Facts.RemoteEndPoint;

    /// <summary>The host that the client asked for (SNI) or, on a client, the name that the certificate proved; empty where there is none.</summary>
    /// <inheritdoc cref="LocalEndPoint" path="/exception"/>
    public string ServerName => Checked().Facts.Agreement.ServerName;

    /// <summary>The application protocol agreed on (ALPN, RFC 7301).</summary>
    /// <inheritdoc cref="LocalEndPoint" path="/exception"/>
    public SslApplicationProtocol NegotiatedApplicationProtocol => Checked().Facts.Agreement.Protocol;

    /// <summary>The cipher suite agreed on.</summary>
    /// <inheritdoc cref="LocalEndPoint" path="/exception"/>
    public TlsCipherSuite NegotiatedCipherSuite => Checked().Facts.Agreement.CipherSuite;

    /// <summary>The peer's certificate; null where it showed none. The caller does not dispose of it.</summary>
    /// <inheritdoc cref="LocalEndPoint" path="/exception"/>
    public X509Certificate? RemoteCertificate => Checked().Facts.RemoteCertificate?.Value;

    /// <summary>Compares which connection they are of, over time: a stale handle never equals that of a later connection.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(QuicConnectionHandle left, QuicConnectionHandle right) => left.Equals(right);

    /// <summary>The opposite of being equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(QuicConnectionHandle left, QuicConnectionHandle right) => !left.Equals(right);

    /// <summary>
    /// Opens a stream if the peer allows one more (RFC 9000 §4.6); it learns of it with the first data. Otherwise
    /// <see cref="QuicConnectionHandler.OnStreamsAvailable"/> tells when to try again.
    /// </summary>
    /// <param name="type">Whether the peer may send on it too.</param>
    /// <param name="handler">Who is told what happens to the stream.</param>
    /// <param name="state">The stream's <see cref="QuicStreamHandle.State"/> to begin with.</param>
    /// <param name="stream">The stream.</param>
    /// <returns>False where the peer allows none now, the handshake is not complete, or the connection is being closed.</returns>
    /// <exception cref="ArgumentNullException">The handler is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The type is none of those there are.</exception>
    /// <inheritdoc cref="State" path="/exception"/>
    public bool TryOpenStream(QuicStreamType type, QuicStreamHandler handler, object? state, out QuicStreamHandle stream)
    {
        HandledConnection connection = Checked();
        ArgumentNullException.ThrowIfNull(handler);
        if (type is not (QuicStreamType.Bidirectional or QuicStreamType.Unidirectional))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Expected Bidirectional or Unidirectional.");
        }

        StreamDirection direction = type == QuicStreamType.Bidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional;
        return connection.TryOpen(direction, handler, state, out stream);
    }

    /// <summary>
    /// Closes the connection at once, with all its streams (RFC 9000 §10.2). Its handlers hear nothing more but what ends:
    /// <see cref="QuicStreamHandler.OnClosed"/> of each stream, then <see cref="QuicConnectionHandler.OnClosed"/>, after the call under way.
    /// </summary>
    /// <param name="errorCode">The code that the peer's application gets, 0 to 2^62-1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is out of range.</exception>
    /// <inheritdoc cref="State" path="/exception"/>
    public void Close(long errorCode)
    {
        HandledConnection connection = Checked();
        ArgumentOutOfRangeException.ThrowIfNegative(errorCode);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)errorCode, VarInt.MaxValue, nameof(errorCode));
        connection.Close(errorCode);
    }

    /// <summary>
    /// Has <see cref="QuicConnectionHandler.OnMessage"/> called on the connection's shard. From any thread; the posts of one thread arrive in
    /// order. Where the connection ends before that, the message is dropped.
    /// </summary>
    /// <param name="message">What the handler gets.</param>
    /// <returns>False where the connection is over.</returns>
    public bool Post(object? message)
    {
        if (!IsValid)
        {
            return false;
        }

        _driver!.Shard.Post(new ShardMessage(_driver, (int)ConnectionMessageKind.Application, message) { Generation = _generation });
        return true;
    }

    /// <summary>What the connection has measured and counted so far.</summary>
    /// <returns>The numbers.</returns>
    /// <exception cref="ObjectDisposedException">The connection is over.</exception>
    /// <exception cref="InvalidOperationException">The caller is not on the connection's shard, or the connection has not started.</exception>
    public QuicConnectionStatistics GetStatistics() => Started().ReadStatistics();

    /// <summary>
    /// The most bytes that a datagram may have now (RFC 9221). It follows the path MTU, up and down, and the peer's limit; 0 where the peer
    /// takes none.
    /// </summary>
    /// <inheritdoc cref="GetStatistics" path="/exception"/>
    public int MaxDatagramSize => Math.Max(0, Started().Core.Datagrams.MaxDataLength);

    /// <summary>What this side declared to the peer (RFC 9000 §18.2); null before it did. A copy, made with each call.</summary>
    /// <inheritdoc cref="GetStatistics" path="/exception"/>
    public QuicTransportParameters? LocalTransportParameters => Started().Core.LocalTransportParameters is { } parameters ? new(parameters) : null;

    /// <summary>What the peer declared; null before the handshake is complete (RFC 9000 §7.4). A copy, made with each call.</summary>
    /// <inheritdoc cref="GetStatistics" path="/exception"/>
    public QuicTransportParameters? PeerTransportParameters =>
        Started().Core.Handshake is { IsComplete: true, PeerParameters: { } parameters } ? new(parameters) : null;

    /// <summary>
    /// Sends a datagram, which is delivered once or not at all and never sent again (RFC 9221). The data is copied.
    /// <see cref="QuicConnectionHandler.OnDatagramOutcome"/> tells what becomes of it.
    /// </summary>
    /// <param name="data">The datagram, 0 to <see cref="MaxDatagramSize"/> bytes.</param>
    /// <param name="id">Comes back with the outcome; each datagram of the connection has another.</param>
    /// <returns>
    /// False where it was discarded: the queue is full (<see cref="QuicTransportOptions.DatagramQueueLength"/>), the peer takes no datagrams, the
    /// handshake is not complete, or the connection is being closed.
    /// </returns>
    /// <exception cref="ArgumentException">The data is longer than <see cref="MaxDatagramSize"/>; the message says how long it may be.</exception>
    /// <inheritdoc cref="State" path="/exception"/>
    public bool TrySendDatagram(ReadOnlySpan<byte> data, out long id) => Checked().TrySendDatagram(data, out id);

    /// <summary>Sends a datagram whose outcome is not told.</summary>
    /// <inheritdoc cref="TrySendDatagram(ReadOnlySpan{byte}, out long)" path="/param[@name='data']|/returns|/exception"/>
    public bool TrySendDatagram(ReadOnlySpan<byte> data) => Checked().TrySendDatagram(data);

    /// <summary>Begins to use new packet protection keys, as soon as it is permitted (RFC 9001 §6).</summary>
    /// <inheritdoc cref="GetStatistics" path="/exception"/>
    public void UpdateKeys()
    {
        ConnectionDriver driver = Started();
        driver.UpdateKeys();
        driver.Touch();
    }

    /// <summary>Takes on a server's attempt that was neither accepted nor rejected when it came. From any thread, once.</summary>
    /// <param name="configuration">What the server is for it; null: <see cref="SetConfiguration"/> follows, or came before.</param>
    /// <param name="handler">Who is told what happens.</param>
    /// <param name="state">The connection's <see cref="State"/> to begin with.</param>
    /// <returns>False where the attempt is over; the handler is not called then, and otherwise it is, if only with its end.</returns>
    /// <exception cref="ArgumentNullException">The handler is null.</exception>
    /// <exception cref="InvalidOperationException">The attempt was accepted or rejected before, or the connection is a client's.</exception>
    public bool Accept(QuicServerConfiguration? configuration, QuicConnectionHandler handler, object? state = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _driver is not null && _driver.AcceptHandled(_generation, configuration, handler, state);
    }

    /// <summary>Gives a server's attempt the configuration that its handshake waits for. From any thread, once.</summary>
    /// <param name="configuration">What the server is for it.</param>
    /// <returns>False where the attempt is over.</returns>
    /// <exception cref="ArgumentNullException">The configuration is null.</exception>
    /// <exception cref="InvalidOperationException">It was given or the attempt rejected before, or the connection is a client's.</exception>
    public bool SetConfiguration(QuicServerConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return _driver is not null && _driver.ProvideConfiguration(_generation, configuration);
    }

    /// <summary>Refuses a server's attempt (CONNECTION_REFUSED, RFC 9000 §20.1). From any thread, once.</summary>
    /// <returns>False where the attempt is over.</returns>
    /// <exception cref="InvalidOperationException">The attempt was accepted, configured or rejected before, or the connection is a client's.</exception>
    public bool Reject() => _driver is not null && _driver.Reject(_generation);

    /// <inheritdoc/>
    public bool Equals(QuicConnectionHandle other) => _driver == other._driver && _generation == other._generation;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is QuicConnectionHandle other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_driver, _generation);

    /// <inheritdoc/>
    public override string ToString() => IsValid ? "Connection" : "Connection that is over";

    private HandledConnection Checked() => OnShard().Application as HandledConnection
        ?? throw new InvalidOperationException("Nobody accepted the connection yet.");

    private ConnectionDriver Started()
    {
        ConnectionDriver driver = OnShard();
        return driver.Core is null ? throw new InvalidOperationException("The connection has not started.") : driver;
    }

    private ConnectionDriver OnShard()
    {
        if (_driver is null || _driver.Generation != _generation)
        {
            ThrowStale();
        }

        if (!_driver.Shard.IsCurrent)
        {
            ThrowElsewhere();
        }

        return _driver;
    }

    [DoesNotReturn]
    private static void ThrowStale() => throw new ObjectDisposedException(nameof(QuicConnectionHandle), "The connection is over.");

    [DoesNotReturn]
    private static void ThrowElsewhere() => throw new InvalidOperationException(
        "Expected to be called on the connection's shard, inside a call of its handlers: use Post to get there.");
}
