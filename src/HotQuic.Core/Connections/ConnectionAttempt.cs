using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;

namespace HotQuic.Core.Connections;

/// <summary>
/// The connection IDs and addresses tokens of the handshake: which IDs the long headers may carry, what a client makes of
/// Retry and Version Negotiation, and whether the transport parameters confirm what was seen on the wire (RFC 9000 §7.3).
/// </summary>
internal sealed class ConnectionAttempt
{
    /// <summary>The shortest destination that a client may choose for its first Initial, in bytes (RFC 9000 §7.2).</summary>
    public const int MinInitialDestinationLength = 8;

    /// <summary>
    /// The longest token that an Initial of ours carries: more would leave little of its 1,200 bytes to the handshake. A longer one is
    /// the server's mistake.
    /// </summary>
    public const int MaxTokenLength = 768;

    private readonly Connection _connection;
    private ConnectionId? _peerHandshakeId;

    public ConnectionAttempt(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>The destination of the client's very first Initial.</summary>
    public ConnectionId OriginalDestinationId { get; private set; }

    /// <summary>The token that every Initial of ours carries; empty unless a Retry or an earlier connection gave one.</summary>
    public byte[] Token { get; private set; } = [];

    /// <summary>The source ID of the Retry that the attempt went through, if it did.</summary>
    public ConnectionId? RetrySourceId { get; private set; }

    /// <summary>Once true, Retry and Version Negotiation come too late.</summary>
    public bool HasPeerAnswered => _peerHandshakeId is not null;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(in ConnectionStart start)
    {
        OriginalDestinationId = start.OriginalDestinationId;
        RetrySourceId = start.RetrySourceId;
        Token = start.Token.IsEmpty ? [] : start.Token.ToArray();
        _peerHandshakeId = null;
    }

    /// <summary>Looks at what a long header says before its protection is removed.</summary>
    public DropReason CheckLongHeader(in ProtectedPacket packet)
    {
        if (packet.Type == PacketType.OneRtt)
        {
            return DropReason.None;
        }

        if (_connection.Role == EndpointRole.Client && !packet.Token.IsEmpty)
        {
            // RFC 9000 §17.2.2
            return DropReason.UnexpectedToken;
        }

        // RFC 9000 §7.2: the ID of the first Initial stays.
        return _peerHandshakeId is { } id && !id.Matches(packet.SourceConnectionId) ? DropReason.SourceConnectionIdMismatch : DropReason.None;
    }

    /// <summary>The first packet that authenticates fixes the peer's ID (RFC 9000 §7.2).</summary>
    public void OnPacketOpened(in OpenedPacket packet)
    {
        if (_peerHandshakeId is null && packet.Type == PacketType.Initial)
        {
            SetPeerHandshakeId(new ConnectionId(packet.SourceConnectionId));
        }
    }

    public void SetPeerHandshakeId(ConnectionId id)
    {
        _peerHandshakeId = id;
        _connection.PeerIds.SetHandshakeId(id);
    }

    /// <summary>Retry and Version Negotiation, which no key protects.</summary>
    public DropReason OnUnprotectedPacket(in ProtectedPacket packet, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (_connection.Role == EndpointRole.Server)
        {
            return DropReason.UnexpectedPacketType;
        }

        return packet.Type == PacketType.Retry ? OnRetry(packet, bytes, now) : OnVersionNegotiation(packet, bytes, now);
    }

    /// <summary>RFC 9000 §7.3: the parameters name the IDs that were seen on the wire; RFC 9368 §4: and the version.</summary>
    public TransportError? Authenticate(TransportParameters parameters) => CheckVersion(parameters) ?? parameters.Authenticate(new HandshakeConnectionIds
    {
        Peer = _connection.Role.Peer(),
        InitialSource = _peerHandshakeId ?? ConnectionId.Empty,
        OriginalDestination = OriginalDestinationId,
        RetrySource = RetrySourceId,
    });

    private TransportError? CheckVersion(TransportParameters parameters) =>
        parameters.VersionInformation is { } information && information.Chosen != _connection.Version
            ? new TransportError(TransportErrorCode.VersionNegotiationError, (ulong)FrameType.Crypto, "The peer's chosen version is not the one in use.")
            : null;

    private DropReason OnRetry(in ProtectedPacket packet, ReadOnlySpan<byte> bytes, Instant now)
    {
        // RFC 9000 §17.2.5.2
        if (HasPeerAnswered || RetrySourceId is not null || packet.Version != _connection.Version)
        {
            return DropReason.RetryNotAccepted;
        }

        if (!RetryPacket.TryRead(bytes, out RetryPacket retry) || retry.Token.Length is 0 or > MaxTokenLength
            || retry.SourceConnectionId.SequenceEqual(OriginalDestinationId.Span)
            || !RetryIntegrity.IsValid(_connection.Version, OriginalDestinationId, retry.WithoutIntegrityTag, retry.IntegrityTag))
        {
            return DropReason.RetryNotAccepted;
        }

        var source = new ConnectionId(retry.SourceConnectionId);
        RetrySourceId = source;
        Token = retry.Token.ToArray();
        _connection.RestartInitial(source, now);
        _connection.Sink?.OnPacketReceived(new PacketEvent
        {
            At = now,
            Type = PacketType.Retry,
            Number = PacketNumber.None,
            Length = bytes.Length,
            Payload = default,
        });
        return DropReason.None;
    }

    private DropReason OnVersionNegotiation(in ProtectedPacket packet, ReadOnlySpan<byte> bytes, Instant now)
    {
        // RFC 9000 §6.2: too late once anything else was processed; meaningless where it lists our version.
        if (HasPeerAnswered || RetrySourceId is not null || !VersionNegotiationPacket.TryRead(bytes, out VersionNegotiationPacket negotiation)
            || !packet.SourceConnectionId.SequenceEqual(OriginalDestinationId.Span)
            || negotiation.Lists(_connection.Version))
        {
            return DropReason.VersionNegotiationNotAccepted;
        }

        _connection.Sink?.OnPacketReceived(new PacketEvent
        {
            At = now,
            Type = PacketType.VersionNegotiation,
            Number = PacketNumber.None,
            Length = bytes.Length,
            Payload = bytes[^(negotiation.VersionCount * sizeof(uint))..],
        });
        _connection.Closer.EndSilently(TerminationKind.VersionNegotiation, "The server speaks none of our versions.", now);
        return DropReason.None;
    }

}
