using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Connections;

/// <summary>
/// The connection IDs that we issued to the peer (RFC 9000 §5.1). The handshake's ID is added first; when the peer's limit
/// is known, more are issued, and each that the peer retires is replaced. <see cref="RetireAll"/> ends them.
/// </summary>
internal sealed class LocalConnectionIds
{
    /// <summary>We keep no more IDs active than this, whatever the peer allows: each takes a place in the endpoint's table.</summary>
    public const int MaxActive = 4;

    private readonly IConnectionIdRegistry _registry;
    private readonly Connection _owner;
    private readonly List<Entry> _entries = new(MaxActive);
    private StatelessResetKey? _resetKey;
    private ulong _nextSequenceNumber;

    /// <summary>The peer was told of every sequence number below this.</summary>
    private ulong _announcedEnd;
    private int _limit = 1;
    private int _unsent;
    private ConnectionId? _clientChosenId;

    public LocalConnectionIds(IConnectionIdRegistry registry, Connection owner)
    {
        _registry = registry;
        _owner = owner;
    }

    /// <summary>True while a NEW_CONNECTION_ID frame waits to be sent.</summary>
    public bool HasPendingFrames => _unsent > 0;

    public int ActiveCount => _entries.Count;

    /// <summary>Starts anew, for another connection.</summary>
    /// <param name="resetKey">What the stateless reset tokens of its IDs derive from.</param>
    public void Begin(StatelessResetKey resetKey)
    {
        RetireAll();
        _resetKey = resetKey;
        _nextSequenceNumber = 0;
        _announcedEnd = 0;
        _limit = 1;
    }

    /// <summary>Takes the ID that the handshake gives to the peer: sequence number 0 (RFC 9000 §5.1.1).</summary>
    public void AddHandshakeId(ConnectionId id)
    {
        _entries.Add(new Entry(_nextSequenceNumber++, id, IsPending: false));
        _announcedEnd = _nextSequenceNumber;
    }

    /// <summary>
    /// Takes the destination of a client's first Initials too. It stays for as long as the connection does, since an Initial that
    /// comes late must not look like a new client's.
    /// </summary>
    public void AddClientChosenId(ConnectionId id)
    {
        if (_registry.TryAdd(id, _owner))
        {
            _clientChosenId = id;
        }
    }

    /// <summary>Issues as many as the peer's active_connection_id_limit and our own allow (CID-02).</summary>
    public void OnPeerLimit(ulong activeConnectionIdLimit)
    {
        _limit = (int)Math.Min(activeConnectionIdLimit, MaxActive);
        IssueUpToLimit();
    }

    /// <summary>RFC 9000 §19.16: the peer will not use an ID again; it gets a new one.</summary>
    public TransportError? OnRetire(in RetireConnectionIdFrame frame, ReadOnlySpan<byte> packetDestinationId)
    {
        if (_registry.ConnectionIdLength == 0 || frame.SequenceNumber >= _announcedEnd)
        {
            return new TransportError(TransportErrorCode.ProtocolViolation, (ulong)FrameType.RetireConnectionId, "An ID was retired that was never issued.");
        }

        int index = IndexOf(frame.SequenceNumber);
        if (index < 0)
        {
            return null;
        }

        Entry entry = _entries[index];
        if (entry.Id.Matches(packetDestinationId))
        {
            return new TransportError(TransportErrorCode.ProtocolViolation, (ulong)FrameType.RetireConnectionId, "A packet retired the ID that it was sent to.");
        }

        _unsent -= entry.IsPending ? 1 : 0;
        _entries.RemoveAt(index);
        _registry.Retire(entry.Id);
        IssueUpToLimit();
        return null;
    }

    /// <summary>The reset token of an ID that was issued here: the same each time.</summary>
    public StatelessResetToken ResetTokenOf(in ConnectionId id) => _resetKey!.TokenOf(id.Span);

    public void Transmit(ref FrameWriter writer)
    {
        for (int i = 0; i < _entries.Count && _unsent > 0; i++)
        {
            Entry entry = _entries[i];
            if (!entry.IsPending)
            {
                continue;
            }

            var frame = new NewConnectionIdFrame(entry.SequenceNumber, 0, entry.Id, ResetTokenOf(entry.Id));
            if (writer.Remaining < frame.Length)
            {
                return;
            }

            frame.Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.NewConnectionId, 0, entry.SequenceNumber, 0));
            _entries[i] = entry with { IsPending = false };
            _announcedEnd = Math.Max(_announcedEnd, entry.SequenceNumber + 1);
            _unsent--;
        }
    }

    /// <summary>The ID is announced again, unless the peer has retired it meanwhile (RFC 9000 §13.3).</summary>
    public void OnLost(in SentFrame frame)
    {
        int index = IndexOf(frame.Id);
        if (index >= 0 && !_entries[index].IsPending)
        {
            _entries[index] = _entries[index] with { IsPending = true };
            _unsent++;
        }
    }

    /// <summary>Takes every ID out of the endpoint's table.</summary>
    public void RetireAll()
    {
        foreach (Entry entry in _entries)
        {
            _registry.Retire(entry.Id);
        }

        if (_clientChosenId is { } chosen)
        {
            _registry.Retire(chosen);
            _clientChosenId = null;
        }

        _entries.Clear();
        _unsent = 0;
    }

    private void IssueUpToLimit()
    {
        while (_registry.ConnectionIdLength > 0 && _entries.Count < _limit)
        {
            ConnectionId id = _registry.Issue(_owner);
            _entries.Add(new Entry(_nextSequenceNumber++, id, IsPending: true));
            _unsent++;
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

    private readonly record struct Entry(ulong SequenceNumber, ConnectionId Id, bool IsPending);
}
