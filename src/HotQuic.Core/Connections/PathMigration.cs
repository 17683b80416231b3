using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
using Path = HotQuic.Core.Paths.Path;

namespace HotQuic.Core.Connections;

/// <summary>
/// The server's side of a change of the client's address that the client did not seek: a NAT that forgot its binding (RFC 9000 §9, §9.3).
/// Clients are asked not to migrate on purpose (disable_active_migration), which says nothing about NATs.
/// <code>
///   Settled ──non-probing packet, highest number, other address──► Moving: new path in use, within the amplification limit, challenged;
///      ▲                                                            │  the old one is challenged too (§9.3.3)
///      ├── PATH_RESPONSE on whatever path: the new path stays ──────┤
///      ├── no response in time: back to the last validated (§9.3.2) ┤
///      └── highest number from the last validated address again ────┘
/// </code>
/// The connection asks <see cref="MayTake"/> before it looks into a datagram from another address, tells of each packet by
/// <see cref="OnPacketHandled"/>, and of the validator's results by <see cref="OnValidatorChanged"/>.
/// </summary>
internal sealed class PathMigration
{
    /// <summary>PATH_CHALLENGEs of one packet from another address that wait until it is known whether the packet moves the connection.</summary>
    private const int MaxHeldChallenges = 4;

    private readonly Connection _connection;
    private List<PathChallengeFrame>? _heldChallenges;
    private ConnectionId _lastDestinationId;

    /// <summary>The last validated path, while the one in use is not.</summary>
    private Path? _fallback;

    /// <summary>The path in use before, which is challenged by <see cref="OldPathValidator"/>.</summary>
    private Path? _oldPath;

    public PathMigration(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>Packets that were taken from an address that is not the current one are being handled.</summary>
    public bool IsHandlingStranger { get; private set; }

    /// <summary>Of the path in use before; null where there was none.</summary>
    public PathValidator? OldPathValidator { get; private set; }

    /// <summary>Where a challenge waits to be sent to, besides the current path.</summary>
    public Path? PathToChallenge => OldPathValidator is { HasPendingFrames: true } ? _oldPath : null;

    public Instant Deadline => OldPathValidator?.Deadline ?? Instant.Never;

    /// <summary>Starts anew, for another connection, whose own connection ID is known.</summary>
    public void Begin()
    {
        _lastDestinationId = _connection.LocalHandshakeId;
        _fallback = null;
        _oldPath = null;
        _heldChallenges = null;
        OldPathValidator?.Begin();
        IsHandlingStranger = false;
    }

    /// <summary>
    /// Whether a datagram from another address than the current one is looked at: a client takes none (RFC 9000 §9), a server none before
    /// the handshake is confirmed.
    /// </summary>
    public bool MayTake(in ReceivedDatagram datagram)
    {
        bool mayTake = _connection.Role == EndpointRole.Server && _connection.Handshake.IsConfirmed && _connection.Closer.IsOpen;
        IsHandlingStranger = mayTake;
        if (mayTake && datagram.Remote == _fallback?.Remote)
        {
            _fallback.OnDatagramReceived(datagram.Bytes.Length);
        }

        return mayTake;
    }

    /// <summary>A datagram from the current address is about to be handled.</summary>
    public void OnKnownAddress() => IsHandlingStranger = false;

    /// <summary>A challenge came in a packet from another address: it is answered if that becomes the current one.</summary>
    public void HoldChallenge(in PathChallengeFrame frame)
    {
        _heldChallenges ??= [];
        if (_heldChallenges.Count < MaxHeldChallenges)
        {
            _heldChallenges.Add(frame);
        }
    }

    /// <summary>The frames of a 1-RTT packet were handled.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isNewestNonProbing">It has a frame that is no probing frame, and the highest number so far (RFC 9000 §9.3).</param>
    /// <param name="datagram">What it came in.</param>
    public void OnPacketHandled(in OpenedPacket packet, bool isNewestNonProbing, in ReceivedDatagram datagram)
    {
        if (!IsHandlingStranger)
        {
            if (!_lastDestinationId.Matches(packet.DestinationConnectionId))
            {
                _lastDestinationId = new ConnectionId(packet.DestinationConnectionId);
            }

            return;
        }

        if (isNewestNonProbing && datagram.Remote != _connection.Path.Remote && MayKeepConnectionId(packet))
        {
            Move(datagram);
            _lastDestinationId = new ConnectionId(packet.DestinationConnectionId);
            IsHandlingStranger = false;
        }

        _heldChallenges?.Clear();
    }

    /// <summary>A response came, or a timer ran out.</summary>
    public void OnValidatorChanged(Instant now)
    {
        Path path = _connection.Path;
        switch (_connection.Validator.State)
        {
            case PathValidationState.ValidatingMtu or PathValidationState.Validated when !path.IsValidated:
                path.Validate();
                _connection.OnPathValidated(_fallback!, now);
                _fallback = null;
                break;
            case PathValidationState.Failed when !path.IsValidated && _fallback is { } fallback:
                // RFC 9000 §9.3.2
                _fallback = null;
                _connection.UsePath(fallback, now);
                break;
        }
    }

    /// <summary>Sends the old path's challenge again, or gives it up.</summary>
    public void OnTimeout(Instant now)
    {
        OldPathValidator?.OnTimeout(now);
        OnValidatorChanged(now);
    }

    /// <summary>
    /// RFC 9000 §9.5: the ID that our packets carry may go on to another address only where the peer's did, which is what a NAT causes.
    /// </summary>
    private bool MayKeepConnectionId(in OpenedPacket packet) =>
        _lastDestinationId.Matches(packet.DestinationConnectionId) || _connection.PeerIds.TryReplaceActive();

    private void Move(in ReceivedDatagram datagram)
    {
        Path left = _connection.Path;
        if (_fallback is { } fallback && fallback.Remote == datagram.Remote)
        {
            // RFC 9000 §9.3: it was validated, so what moved the connection away was spurious.
            _fallback = null;
            _connection.Validator.Abandon();
            _connection.UsePath(fallback, datagram.At);
            return;
        }

        if (left.IsValidated)
        {
            _fallback = left;
            _oldPath = left;
            OldPathValidator ??= new PathValidator(_connection.Services.Random);
            OldPathValidator.Start(datagram.At, _connection.CurrentPto, _connection.InitialPto);
        }

        var path = new Path(datagram.Remote, datagram.Local);
        path.OnDatagramReceived(datagram.Bytes.Length);
        _connection.UsePath(path, datagram.At);
        _connection.Validator.Start(datagram.At, _connection.CurrentPto, _connection.InitialPto);
        foreach (PathChallengeFrame challenge in _heldChallenges ?? [])
        {
            _connection.Validator.OnChallenge(challenge);
        }
    }
}
