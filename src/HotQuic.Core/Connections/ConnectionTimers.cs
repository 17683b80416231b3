using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Connections;

/// <summary>
/// Every deadline of a connection in one place: <see cref="Next"/> is the earliest, <see cref="OnTimeout"/> does what is due.
/// Idle time restarts with each packet that is processed and with the first ack-eliciting one sent after it (RFC 9000 §10.1).
/// </summary>
internal sealed class ConnectionTimers
{
    /// <summary>
    /// A connection on which nothing happened for so long gives back what it can have again: short, since many hold still for longer, and
    /// long enough that taking it back costs little of one that speaks now and then.
    /// </summary>
    public static readonly TimeSpan RestAfter = TimeSpan.FromSeconds(2);

    private readonly Connection _connection;
    private Instant _startedAt;
    private Instant _activeAt;
    private Instant _restCheckAt;
    private Instant _idleSince;
    private Instant _lastSent;
    private bool _sentSinceReceived;

    public ConnectionTimers(Connection connection)
    {
        _connection = connection;
    }

    public Instant Next
    {
        get
        {
            if (!_connection.Closer.IsOpen)
            {
                return _connection.Closer.Deadline;
            }

            Instant next = Instant.Min(IdleDeadline, HandshakeDeadline);
            next = Instant.Min(next, RecoveryDeadline);
            next = Instant.Min(next, AcknowledgementDeadline);
            next = Instant.Min(next, _connection.Transmitter.PacingDeadline);
            next = Instant.Min(next, KeepAliveDeadline);
            next = Instant.Min(next, _connection.Validator.Deadline);
            next = Instant.Min(next, _connection.Migration.Deadline);
            next = Instant.Min(next, RestDeadline);
            return Instant.Min(next, _connection.OneRtt?.Deadline ?? Instant.Never);
        }
    }

    /// <summary>
    /// The earliest deadline of a connection whose packets find no room on the system: when it ends, or begins to. The others ask for
    /// packets, and would stay due, or judge the peer by answers to packets that never left.
    /// </summary>
    public Instant NextWithoutRoom =>
        _connection.Closer.IsOpen ? Instant.Min(IdleDeadline, HandshakeDeadline) : _connection.Closer.Deadline;

    private Instant RestDeadline => _connection.Handshake.IsConfirmed ? _restCheckAt : Instant.Never;

    private Instant RecoveryDeadline => _connection.Recovery.Deadline;

    private Instant HandshakeDeadline => _connection.Handshake.IsComplete ? Instant.Never : _startedAt + _connection.Settings.HandshakeTimeout;

    private Instant IdleDeadline => IsOff(IdleTimeout) ? Instant.Never : _idleSince + Max(IdleTimeout, 3 * _connection.CurrentPto);

    /// <summary>Until both sides have declared theirs, ours alone.</summary>
    private TimeSpan IdleTimeout => _connection is { LocalTransportParameters: { } own, Handshake.PeerParameters: { } peer }
        ? own.EffectiveIdleTimeout(peer)
        : _connection.Settings.IdleTimeout;

    private Instant KeepAliveDeadline
    {
        get
        {
            TimeSpan interval = _connection.Settings.KeepAliveInterval;
            bool isDue = !IsOff(interval) && _connection.Handshake.IsConfirmed && _connection.Space(PacketNumberSpace.Application) is { IsPingWanted: false };
            return isDue ? Instant.Max(_idleSince, _lastSent) + interval : Instant.Never;
        }
    }

    private Instant AcknowledgementDeadline
    {
        get
        {
            // What may not be sent anyway needs no timer: bytes that arrive lift the limit.
            Instant deadline = Instant.Never;
            if (_connection.Recovery.IsAmplificationLimited)
            {
                return deadline;
            }

            for (PacketNumberSpace kind = PacketNumberSpace.Initial; kind <= PacketNumberSpace.Application; kind++)
            {
                deadline = Instant.Min(deadline, _connection.Space(kind)?.Acknowledgements.Deadline ?? Instant.Never);
            }

            return deadline;
        }
    }

    /// <summary>Zero and the infinite time-out both mean that a timer is not wanted.</summary>
    public static bool IsOff(TimeSpan span) => span <= TimeSpan.Zero || span == TimeSpan.MaxValue;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(Instant startedAt)
    {
        _startedAt = startedAt;
        _idleSince = startedAt;
        _lastSent = startedAt;
        _sentSinceReceived = false;
        _activeAt = startedAt;
        _restCheckAt = startedAt + RestAfter;
    }

    /// <summary>A datagram came, or a packet went. The check stays where it is, so that no timer moves for it.</summary>
    public void OnActivity(Instant now)
    {
        _activeAt = now;
        if (_restCheckAt == Instant.Never)
        {
            _restCheckAt = now + RestAfter;
        }
    }

    public void OnPacketReceived(Instant now)
    {
        _idleSince = now;
        _sentSinceReceived = false;
    }

    public void OnAckElicitingSent(Instant now)
    {
        _lastSent = now;
        if (!_sentSinceReceived)
        {
            _sentSinceReceived = true;
            _idleSince = now;
        }
    }

    /// <summary>Acts on every deadline that has passed. An acknowledgment that is due, or the pacer, needs nothing but a transmit.</summary>
    public void OnTimeout(Instant now)
    {
        ConnectionCloser closer = _connection.Closer;
        if (!closer.IsOpen)
        {
            closer.OnTimeout(now);
            return;
        }

        if (now >= IdleDeadline)
        {
            closer.EndSilently(TerminationKind.IdleTimeout, "Nothing came for as long as the idle timeout.", now);
            return;
        }

        if (now >= HandshakeDeadline)
        {
            _connection.OnHandshakeTimeout(now);
            return;
        }

        if (now >= RecoveryDeadline)
        {
            _connection.OnRecoveryTimeout(now);
        }

        if (now >= KeepAliveDeadline)
        {
            _connection.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        }

        _connection.Validator.OnTimeout(now);
        _connection.Migration.OnTimeout(now);
        _connection.OneRtt?.OnTimeout(now);
        if (now >= RestDeadline)
        {
            CheckForRest(now);
        }
    }

    private void CheckForRest(Instant now)
    {
        Instant due = _activeAt + RestAfter;
        _restCheckAt = now < due ? due : _connection.TryRest() ? Instant.Never : now + RestAfter;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a >= b ? a : b;
}
