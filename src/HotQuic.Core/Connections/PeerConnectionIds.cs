using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;

namespace HotQuic.Core.Connections;

/// <summary>
/// The connection IDs that the peer issued to us (RFC 9000 §5.1): which one our packets carry, which wait in reserve, and
/// which we still have to retire. A client starts with a random ID that <see cref="SetHandshakeId"/> replaces.
/// </summary>
internal sealed class PeerConnectionIds
{
    /// <summary>Our active_connection_id_limit.</summary>
    public const int ActiveLimit = 4;

    /// <summary>Retirements that may wait for their frame to be sent and acknowledged; at least twice the limit (RFC 9000 §5.1.2).</summary>
    private const int MaxRetirements = 4 * ActiveLimit;

    private readonly IConnectionIdRegistry _registry;
    private readonly Connection _owner;
    private readonly List<Entry> _entries = new(ActiveLimit);
    private List<ulong>? _unsentRetirements;
    private RangeSet _retired;
    private int _unacknowledgedRetirements;
    private ulong _retirePriorTo;
    private ConnectionId _active;
    private ulong _activeSequenceNumber;

    public PeerConnectionIds(IConnectionIdRegistry registry, Connection owner)
    {
        _registry = registry;
        _owner = owner;
    }

    /// <summary>The destination connection ID of what we send.</summary>
    public ref readonly ConnectionId Active => ref _active;

    public ulong ActiveSequenceNumber => _activeSequenceNumber;

    public bool HasPendingFrames => _unsentRetirements is { Count: > 0 };

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(ConnectionId initial)
    {
        ForgetAll();
        _unsentRetirements?.Clear();
        _unacknowledgedRetirements = 0;
        _retirePriorTo = 0;
        _activeSequenceNumber = 0;
        _active = initial;
    }

    /// <summary>Before the handshake's ID is known: a Retry changes the destination once more (RFC 9000 §7.2).</summary>
    public void SetTemporary(ConnectionId id) => _active = id;

    /// <summary>The peer's first source connection ID becomes sequence number 0.</summary>
    public void SetHandshakeId(ConnectionId id)
    {
        _active = id;
        _activeSequenceNumber = 0;
        _entries.Clear();
        _entries.Add(new Entry(0, default, id, HasToken: false));
    }

    /// <summary>The server's stateless_reset_token belongs to its handshake ID (RFC 9000 §18.2).</summary>
    public void SetHandshakeResetToken(StatelessResetToken token)
    {
        int index = IndexOf(0);
        if (index >= 0)
        {
            _entries[index] = _entries[index] with { ResetToken = token, HasToken = true };
            TrackToken(_entries[index]);
        }
    }

    /// <summary>The ID of a server's preferred_address has sequence number 1 and may be used on any path (RFC 9000 §5.1.1, §9.6.3).</summary>
    public void AddPreferred(ConnectionId id, StatelessResetToken token) => _entries.Add(new Entry(1, token, id, HasToken: true));

    /// <summary>RFC 9000 §19.15 and §5.1.2.</summary>
    public TransportError? OnNewConnectionId(in NewConnectionIdFrame frame)
    {
        if (_active.IsEmpty)
        {
            return Violation("An ID was offered although ours to the peer are empty.");
        }

        foreach (Entry entry in _entries)
        {
            bool isSameId = entry.Id == frame.ConnectionId;
            if (entry.SequenceNumber == frame.SequenceNumber ? !isSameId || !entry.HasToken || entry.ResetToken != frame.StatelessResetToken : isSameId)
            {
                return Violation("A sequence number was used for two IDs, or an ID given two sequence numbers.");
            }
        }

        // RFC 9000 §5.1.2: what is to be retired goes before the new ID counts. A repeated frame may ask for more than it did at first.
        if (frame.RetirePriorTo > _retirePriorTo)
        {
            _retirePriorTo = frame.RetirePriorTo;
            RetireBelow(_retirePriorTo);
        }

        if (frame.SequenceNumber < _retirePriorTo)
        {
            QueueRetirement(frame.SequenceNumber);
        }
        else if (IndexOf(frame.SequenceNumber) < 0 && !IsRetired(frame.SequenceNumber))
        {
            _entries.Add(new Entry(frame.SequenceNumber, frame.StatelessResetToken, frame.ConnectionId, HasToken: true));
        }

        if (_entries.Count > ActiveLimit)
        {
            return new TransportError(TransportErrorCode.ConnectionIdLimitError, (ulong)FrameType.NewConnectionId, "More active IDs than our limit allows.");
        }

        if (_unacknowledgedRetirements > MaxRetirements || _retired.Count > MaxRetirements)
        {
            return new TransportError(TransportErrorCode.ConnectionIdLimitError, (ulong)FrameType.NewConnectionId, "Too many IDs wait to be retired.");
        }

        return ReplaceRetiredActive();
    }

    public void Transmit(ref FrameWriter writer)
    {
        while (_unsentRetirements is { Count: > 0 })
        {
            var frame = new RetireConnectionIdFrame(_unsentRetirements[^1]);
            if (writer.Remaining < frame.Length)
            {
                return;
            }

            frame.Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.RetireConnectionId, 0, frame.SequenceNumber, 0));
            _unsentRetirements.RemoveAt(_unsentRetirements.Count - 1);
        }
    }

    public void OnAcknowledged() => _unacknowledgedRetirements--;

    public void OnLost(in SentFrame frame) => (_unsentRetirements ??= []).Add(frame.Id);

    /// <summary>
    /// True where the bytes end in the token of the ID that we use, compared in constant time. Those of IDs that we never used, or
    /// have retired, count for nothing (RFC 9000 §10.3.1).
    /// </summary>
    public bool IsStatelessReset(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < StatelessReset.MinLength)
        {
            return false;
        }

        int active = IndexOf(_activeSequenceNumber);
        return active >= 0 && _entries[active].HasToken && _entries[active].ResetToken.FixedTimeEquals(datagram[^StatelessResetToken.Length..]);
    }

    /// <summary>Takes every token out of the endpoint's table.</summary>
    public void ForgetAll()
    {
        foreach (Entry entry in _entries)
        {
            UntrackToken(entry);
        }

        _entries.Clear();
        _retired.Clear();
    }

    /// <summary>
    /// Takes a spare ID into use, for a peer that is seen at another address under another ID of ours (RFC 9000 §9.5), and retires the one
    /// before; false where there is no spare one.
    /// </summary>
    public bool TryReplaceActive()
    {
        foreach (Entry entry in _entries)
        {
            if (entry.SequenceNumber > _activeSequenceNumber)
            {
                int before = IndexOf(_activeSequenceNumber);
                UntrackToken(_entries[before]);
                QueueRetirement(_activeSequenceNumber);
                Use(entry);
                _entries.RemoveAt(before);
                return true;
            }
        }

        return false;
    }

    private void RetireBelow(ulong sequenceNumber)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (entry.SequenceNumber < sequenceNumber)
            {
                UntrackToken(entry);
                _entries.RemoveAt(i);
                QueueRetirement(entry.SequenceNumber);
            }
        }
    }

    private TransportError? ReplaceRetiredActive()
    {
        if (_activeSequenceNumber >= _retirePriorTo)
        {
            return null;
        }

        if (_entries.Count == 0)
        {
            return Violation("Every ID was to be retired and none offered instead.");
        }

        Use(_entries[0]);
        return null;
    }

    private void Use(in Entry entry)
    {
        _active = entry.Id;
        _activeSequenceNumber = entry.SequenceNumber;
        TrackToken(entry);
        _owner.OnDestinationIdReplaced();
    }

    /// <summary>Once for each number, however often the peer repeats its frame (RFC 9000 §19.15).</summary>
    private void QueueRetirement(ulong sequenceNumber)
    {
        if (IsRetired(sequenceNumber))
        {
            return;
        }

        _retired.Add(new OffsetRange(sequenceNumber, sequenceNumber + 1));
        (_unsentRetirements ??= []).Add(sequenceNumber);
        _unacknowledgedRetirements++;
    }

    private bool IsRetired(ulong sequenceNumber)
    {
        int next = _retired.IndexAfter(sequenceNumber);
        return next < _retired.Count && _retired[next].Start <= sequenceNumber;
    }

    private void TrackToken(in Entry entry)
    {
        if (entry.HasToken)
        {
            _registry.AddResetToken(entry.ResetToken, _owner);
        }
    }

    private void UntrackToken(in Entry entry)
    {
        if (entry.SequenceNumber == _activeSequenceNumber && entry.HasToken)
        {
            _registry.RemoveResetToken(entry.ResetToken);
        }
    }

    private int IndexOf(ulong sequenceNumber)
    {
        for (int i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].SequenceNumber == sequenceNumber)
            {
                return i;
            }
        }

        return -1;
    }

    private static TransportError Violation(string reason) => new(TransportErrorCode.ProtocolViolation, (ulong)FrameType.NewConnectionId, reason);

    private readonly record struct Entry(ulong SequenceNumber, StatelessResetToken ResetToken, ConnectionId Id, bool HasToken);
}
