using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Endpoints;

/// <summary>What became of a datagram.</summary>
internal enum DatagramOutcome : byte
{
    /// <summary>A connection has handled it.</summary>
    Routed,

    /// <summary>A connection was made for it, and has handled it.</summary>
    Accepted,

    /// <summary>A stateless answer lies in the response buffer.</summary>
    Answered,

    /// <summary>It was dropped, for a reason that was counted.</summary>
    Dropped,

    /// <summary>Its connection ID leads to another shard, which is to have it: nothing was done with it, and nothing of it changed.</summary>
    Elsewhere,
}

/// <summary>What a stranger was answered without state.</summary>
internal enum StatelessAnswer : byte
{
    None,
    VersionNegotiation,
    Retry,

    /// <summary>CONNECTION_CLOSE with CONNECTION_REFUSED.</summary>
    Refusal,

    /// <summary>CONNECTION_CLOSE with INVALID_TOKEN.</summary>
    InvalidToken,
    Reset,
}

/// <summary>The result of <see cref="Endpoint.OnDatagram"/>.</summary>
/// <param name="Outcome">What became of the datagram.</param>
/// <param name="Connection">The connection that handled it, or null.</param>
/// <param name="ResponseLength">Bytes of the stateless answer, to be sent to where the datagram came from.</param>
/// <param name="Reason">Why it was dropped.</param>
internal readonly record struct DatagramResult(DatagramOutcome Outcome, Connection? Connection, int ResponseLength, DropReason Reason)
{
    /// <summary>With <see cref="DatagramOutcome.Answered"/>, what was answered.</summary>
    public StatelessAnswer Answer { get; init; }

    /// <summary>With <see cref="DatagramOutcome.Elsewhere"/>, the number of the shard that is to have it.</summary>
    public int Shard { get; init; }
}

/// <summary>
/// The front door of a shard: leads each datagram to its connection by connection ID, and answers strangers without keeping
/// state: Version Negotiation, Retry, refusal, stateless reset. One thread drives it and all its connections:
/// <see cref="OnDatagram"/> for every datagram, <see cref="Connect"/> for every client connection.
/// </summary>
internal sealed class Endpoint : IConnectionIdRegistry, IDisposable
{
    private readonly ShardRoute _route;
    private readonly ConnectionIdGenerator _ids;
    private readonly StatelessResetKey _resetKey;
    private readonly ConnectionTable _table;
    private readonly StatelessResponder _responder;
    private readonly TokenProtector _tokens;
    private readonly IAdmission? _admission;
    private readonly ConnectionPool _connections;

    /// <param name="options">Routes, secrets and limits.</param>
    /// <param name="random">Unpredictable bytes.</param>
    /// <param name="keyShares">Makes the key shares of handshakes.</param>
    /// <param name="admission">Decides about strangers; null for an endpoint that only has clients.</param>
    public Endpoint(EndpointOptions options, RandomSource random, KeyShareFactory keyShares, IAdmission? admission)
    {
        _route = options.Route;
        _ids = new ConnectionIdGenerator(random, _route);
        _resetKey = new StatelessResetKey(options.ResetSecret.Span);
        _table = new ConnectionTable(random.NextUInt64());
        _tokens = new TokenProtector(options.Tokens, random, options.TokenSecret.Span);
        _responder = new StatelessResponder(random, _ids, _tokens, new ResponseLimiter(random.NextUInt64(), options.ResponsesPerSecond, options.ResponseBurst));
        _admission = admission;
        var buffers = new StreamBufferPool();
        Services = new ConnectionServices
        {
            Random = random,
            KeyShares = keyShares,
            Buffers = buffers,
            Streams = new StreamStatePool(buffers),
            Registry = this,
            SinkFactory = options.SinkFactory,
        };
        _connections = new ConnectionPool(Services);
    }

    public ConnectionServices Services { get; }

    /// <summary>Connection IDs that lead to a connection; 0 once every connection is drained.</summary>
    public int ConnectionIdCount => _table.Count;

    /// <summary>Connections that were started and not returned.</summary>
    public int ConnectionCount => _connections.Outstanding;

    public EndpointStatistics Statistics => _responder.Statistics;

    int IConnectionIdRegistry.ConnectionIdLength => _ids.Length;

    /// <summary>Starts a client connection; its first flight waits in <see cref="Connection.Transmit"/>.</summary>
    /// <exception cref="ArgumentException">The token is too long for an Initial.</exception>
    public Connection Connect(in ClientStart client, TlsClientConfiguration configuration)
    {
        if (client.Token.Length > ConnectionAttempt.MaxTokenLength)
        {
            throw new ArgumentException($"Expected a token of at most {ConnectionAttempt.MaxTokenLength} bytes.", nameof(client));
        }

        // RFC 9000 §7.2: unpredictable, and steered by nothing, so that handshakes spread over the server's shards.
        Span<byte> bytes = stackalloc byte[ConnectionAttempt.MinInitialDestinationLength];
        Services.Random.Fill(bytes);
        var destination = new ConnectionId(bytes);
        Connection connection = _connections.Rent(EndpointRole.Client);
        connection.StartClient(
            new ConnectionStart
            {
                Role = EndpointRole.Client,
                Version = client.Version,
                Settings = client.Settings,
                At = client.At,
                Remote = client.Remote,
                Local = client.Local,
                OriginalDestinationId = destination,
                InitialDestinationId = destination,
                ResetKey = _resetKey,
                IsAddressValidated = true,
                Token = client.Token,
            },
            configuration);
        return connection;
    }

    /// <summary>
    /// Takes back the object of a connection that is drained; the next connection may be given it. Nobody may use it any more who knows
    /// it by the connection that it was.
    /// </summary>
    /// <exception cref="InvalidOperationException">The connection is not drained, or was returned before.</exception>
    public void Return(Connection connection) => _connections.Return(connection);

    /// <param name="datagram">What came; its bytes are opened in place.</param>
    /// <param name="response">Room for a stateless answer, at least 1,200 bytes.</param>
    public DatagramResult OnDatagram(in ReceivedDatagram datagram, Span<byte> response)
    {
        Statistics.DatagramsReceived++;
        if (!InvariantHeader.TryRead(datagram.Bytes, _ids.Length, out InvariantHeader header))
        {
            return OnShortOrReset(datagram, default, response);
        }

        if (_table.Find(header.DestinationConnectionId) is { } connection)
        {
            connection.OnDatagram(datagram);
            return new DatagramResult(DatagramOutcome.Routed, connection, 0, DropReason.None);
        }

        return header.IsLongHeader
            ? OnStranger(datagram, header, response)
            : OnShortOrReset(datagram, header.DestinationConnectionId, response);
    }

    /// <summary>
    /// The connection that a datagram is for by the connection ID in front of it; null where it has none of ours. It may have been opened
    /// in place.
    /// </summary>
    public Connection? FindByDestination(ReadOnlySpan<byte> datagram) =>
        InvariantHeader.TryRead(datagram, _ids.Length, out InvariantHeader header) ? _table.Find(header.DestinationConnectionId) : null;

    /// <summary>
    /// The connection that sent a packet with a long header, by the connection ID that it gave itself in it; null where it is none of ours.
    /// </summary>
    /// <param name="quoted">The first bytes of the packet, in the state in which it was sent.</param>
    public Connection? FindBySource(ReadOnlySpan<byte> quoted) =>
        InvariantHeader.TryRead(quoted, _ids.Length, out InvariantHeader header) ? _table.Find(header.SourceConnectionId) : null;

    /// <summary>Makes the token that a server offers for later connections from the same address (RFC 9000 §8.1.3).</summary>
    public int WriteNewToken(Span<byte> destination, PathAddress remote, Instant now) =>
        _tokens.Write(destination, new TokenContent(TokenKind.NewToken, ConnectionId.Empty, ConnectionId.Empty), remote, now);

    public void Dispose() => _tokens.Dispose();

    ConnectionId IConnectionIdRegistry.Issue(Connection connection)
    {
        ConnectionId id;
        do
        {
            id = _ids.Next();
        }
        while (!_table.TryAdd(id, connection));

        return id;
    }

    void IConnectionIdRegistry.Retire(ConnectionId id) => _table.Remove(id);

    bool IConnectionIdRegistry.TryAdd(ConnectionId id, Connection connection) => _table.TryAdd(id, connection);

    void IConnectionIdRegistry.AddResetToken(StatelessResetToken token, Connection connection) => _table.AddResetToken(token, connection);

    void IConnectionIdRegistry.RemoveResetToken(StatelessResetToken token) => _table.RemoveResetToken(token);

    /// <summary>RFC 9000 §5.2.2: a long header that no connection knows.</summary>
    private DatagramResult OnStranger(in ReceivedDatagram datagram, in InvariantHeader header, Span<byte> response)
    {
        // RFC 9000 §10.3.1: a reset may have any header.
        if (_table.FindByResetToken(datagram.Bytes) is { } connection)
        {
            connection.OnDatagram(datagram);
            return new DatagramResult(DatagramOutcome.Routed, connection, 0, DropReason.None);
        }

        if (_admission is null)
        {
            return Drop(DropReason.UnknownConnection);
        }

        // Only a Handshake packet cannot begin a connection: it carries an ID that a server minted.
        bool isLater = header.Version.IsSupported() && PacketTypeExtensions.FromFirstByte(header.FirstByte, header.Version) == PacketType.Handshake;
        if (IsElsewhere(header.DestinationConnectionId, mayBegin: !isLater, out int shard))
        {
            return Elsewhere(shard);
        }

        if (_admission.CheckDestination(datagram.Local, datagram.Remote) is var absence and not DropReason.None)
        {
            return Drop(absence);
        }

        if (header.Version == QuicVersion.Negotiation)
        {
            // RFC 9000 §6.1: never answered with another.
            return Drop(DropReason.UnknownConnection);
        }

        if (StatelessResponder.IsReflectionPort(datagram.Remote.Port))
        {
            return Drop(DropReason.ReflectionPort);
        }

        if (!header.Version.IsSupported())
        {
            return datagram.Bytes.Length < Transmitter.MinDatagramSize
                ? Drop(DropReason.UnsupportedVersion)
                : Answer(StatelessAnswer.VersionNegotiation, _responder.NegotiateVersion(header, datagram, response));
        }

        DropReason reason = ProtectedPacket.TryRead(datagram.Bytes, _ids.Length, out ProtectedPacket packet);
        if (reason != DropReason.None)
        {
            return Drop(reason);
        }

        if (packet.Type != PacketType.Initial)
        {
            return Drop(DropReason.UnknownConnection);
        }

        // RFC 9000 §14.1, §7.2
        if (datagram.Bytes.Length < Transmitter.MinDatagramSize)
        {
            return Drop(DropReason.InitialDatagramTooSmall);
        }

        return packet.DestinationConnectionId.Length < ConnectionAttempt.MinInitialDestinationLength
            ? Drop(DropReason.InitialConnectionIdTooShort)
            : Admit(datagram, packet, response);
    }

    private DatagramResult Admit(in ReceivedDatagram datagram, in ProtectedPacket packet, Span<byte> response)
    {
        var request = new AdmissionRequest(datagram.Remote, datagram.Local, packet.Version, IsAddressValidated: false);
        var original = new ConnectionId(packet.DestinationConnectionId);
        ConnectionId destination = original;
        ConnectionId? retrySource = null;
        if (!packet.Token.IsEmpty)
        {
            TokenVerdict verdict = _tokens.Read(packet.Token, datagram.Remote, datagram.At, out TokenContent content);
            bool isForeignRetry = verdict == TokenVerdict.Valid && content.Kind == TokenKind.Retry && content.RetrySourceId != destination;
            if (verdict == TokenVerdict.InvalidRetry || isForeignRetry)
            {
                // RFC 9000 §8.1.2: a token is bad only in a packet that is otherwise good; others were changed on their way.
                return _responder.IsAuthentic(packet, datagram)
                    ? Answer(StatelessAnswer.InvalidToken, _responder.Refuse(packet, datagram, TransportErrorCode.InvalidToken, response))
                    : Drop(DropReason.AuthenticationFailed);
            }

            if (verdict == TokenVerdict.Valid)
            {
                request = request with { IsAddressValidated = true };
                original = content.Kind == TokenKind.Retry ? content.OriginalDestinationId : original;
                retrySource = content.Kind == TokenKind.Retry ? content.RetrySourceId : null;
            }
        }

        switch (_admission!.Decide(request))
        {
            case AdmissionVerdict.Drop:
                return Drop(DropReason.NotAdmitted);
            case AdmissionVerdict.Shed:
                return Drop(DropReason.Overload);
            case AdmissionVerdict.Refuse:
                Statistics.ConnectionsRefused++;
                return Answer(StatelessAnswer.Refusal, _responder.Refuse(packet, datagram, TransportErrorCode.ConnectionRefused, response));
            case AdmissionVerdict.Retry when !request.IsAddressValidated:
                return Answer(StatelessAnswer.Retry, _responder.Retry(packet, datagram, response));
            default:
                break;
        }

        return Accept(datagram, new ConnectionStart
        {
            Role = EndpointRole.Server,
            Version = packet.Version,
            Settings = _admission.SettingsFor(request),
            At = datagram.At,
            Remote = datagram.Remote,
            Local = datagram.Local,
            OriginalDestinationId = original,
            InitialDestinationId = destination,
            RetrySourceId = retrySource,
            ResetKey = _admission.ResetKey ?? _resetKey,
            IsAddressValidated = request.IsAddressValidated,
        });
    }

    private DatagramResult Accept(in ReceivedDatagram datagram, in ConnectionStart start)
    {
        Connection connection = _connections.Rent(EndpointRole.Server);
        connection.StartServer(start);
        connection.OnDatagram(datagram);
        if (!connection.Attempt.HasPeerAnswered)
        {
            // RFC 9000 §5.2: nothing in the datagram was authentic, so nothing of it may stay.
            connection.Abandon(datagram.At);
            Return(connection);
            return Drop(DropReason.AuthenticationFailed);
        }

        Statistics.ConnectionsAccepted++;
        return new DatagramResult(DatagramOutcome.Accepted, connection, 0, DropReason.None);
    }

    /// <summary>A short header that no connection knows, or bytes that are no header at all: a reset for us, or a reason to send one.</summary>
    private DatagramResult OnShortOrReset(in ReceivedDatagram datagram, ReadOnlySpan<byte> destinationId, Span<byte> response)
    {
        if (_table.FindByResetToken(datagram.Bytes) is { } connection)
        {
            connection.OnDatagram(datagram);
            return new DatagramResult(DatagramOutcome.Routed, connection, 0, DropReason.None);
        }

        if (destinationId.IsEmpty)
        {
            return Drop(DropReason.HeaderTruncated);
        }

        if (IsElsewhere(destinationId, mayBegin: false, out int shard))
        {
            return Elsewhere(shard);
        }

        if (_admission is not null && _admission.CheckDestination(datagram.Local, datagram.Remote) is var absence and not DropReason.None)
        {
            return Drop(absence);
        }

        return StatelessResponder.IsReflectionPort(datagram.Remote.Port)
            ? Drop(DropReason.ReflectionPort)
            : Answer(StatelessAnswer.Reset, _responder.Reset(_admission?.ResetKey ?? _resetKey, destinationId, datagram, response));
    }

    /// <summary>Whether an ID that no connection here has leads to another shard of the same port.</summary>
    private bool IsElsewhere(ReadOnlySpan<byte> destinationId, bool mayBegin, out int shard)
    {
        shard = _route.ShardOf(destinationId);
        return shard != _route.Shard && _admission is not null && _admission.IsSharedWith(shard, mayBegin);
    }

    private static DatagramResult Elsewhere(int shard) => new(DatagramOutcome.Elsewhere, null, 0, DropReason.None) { Shard = shard };

    private DatagramResult Answer(StatelessAnswer answer, int length) => length > 0
        ? new DatagramResult(DatagramOutcome.Answered, null, length, DropReason.None) { Answer = answer }
        : Drop(DropReason.RateLimited);

    private DatagramResult Drop(DropReason reason)
    {
        Statistics.CountDrop(reason);
        return new DatagramResult(DatagramOutcome.Dropped, null, 0, reason);
    }
}

/// <summary>What a client connection is started with.</summary>
internal readonly record struct ClientStart
{
    public required ConnectionSettings Settings { get; init; }

    public required Instant At { get; init; }

    public required PathAddress Remote { get; init; }

    public required PathAddress Local { get; init; }

    public QuicVersion Version { get; init; } = QuicVersion.Version1;

    /// <summary>A token from an earlier connection to the same server (RFC 9000 §8.1.3); empty where there is none.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    public ClientStart()
    {
    }
}
