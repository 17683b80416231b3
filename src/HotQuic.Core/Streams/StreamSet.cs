using System.Diagnostics.CodeAnalysis;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Streams;

/// <summary>
/// All streams of one connection and their flow control: the only door to them (RFC 9000 §2 to §4). The connection
/// <list type="bullet">
/// <item>gives <see cref="OnPeerParameters"/> once, then every stream frame that comes in to its On… method: an answer
/// that is not null closes the connection;</item>
/// <item>asks <see cref="HasPendingFrames"/> and <see cref="HasPendingData"/>, and calls <see cref="Transmit"/> for each packet
/// that may carry them;</item>
/// <item>returns each frame that was sent to <see cref="OnAcknowledged"/> or <see cref="OnLost"/>;</item>
/// <item>ends with <see cref="OnConnectionClosed"/>, after which what arrived can still be read, and <see cref="Release"/>; then
/// another connection may <see cref="Begin"/>.</item>
/// </list>
/// The application's calls are in the other part of this class; it drains <see cref="TryTakeEvent"/> once a batch.
/// One thread drives a set.
/// </summary>
internal sealed partial class StreamSet
{
    private readonly EndpointRole _role;
    private readonly StreamStatePool _pool;
    private readonly StreamTable _streams = new();
    private readonly StreamEventQueue _events = new();
    private readonly ConnectionFlow _flow;
    private readonly StreamTransmitter _transmitter;
    private PerDirection<bool> _isAvailableEventPending;
    private PeerStreamLimits _peer;
    private bool _isPeerKnown;
    private bool _isClosed;

    /// <param name="role">Which end of the connection this is.</param>
    /// <param name="local">What the peer is allowed.</param>
    /// <param name="buffers">The shard's stream memory.</param>
    /// <param name="streams">The shard's stream objects; without it the connection keeps its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    /// <exception cref="ArgumentException">The two pools do not belong together.</exception>
    public StreamSet(EndpointRole role, StreamLimits local, StreamBufferPool buffers, StreamStatePool? streams = null)
    {
        if (streams is not null && streams.Buffers != buffers)
        {
            throw new ArgumentException("Expected a pool of streams over the same buffers.", nameof(streams));
        }

        _role = role;
        _pool = streams ?? new StreamStatePool(buffers);
        _flow = new ConnectionFlow(local);
        _transmitter = new StreamTransmitter(_flow, _pool, _events, local);
        Begin(local);
    }

    /// <summary>Streams that are open, at either end's initiative.</summary>
    public int Count => _streams.Count;

    /// <summary>What the peer is allowed, and how much of our own data is held.</summary>
    private StreamLimits Local => _transmitter.Limits;

    /// <summary>True if a limit, a reset, a request to stop or a blocked signal waits to be sent.</summary>
    public bool HasPendingFrames => !_isClosed && _transmitter.HasPendingFrames;

    /// <summary>Whether the peer has little left to send of what the connection allows it: news of what was consumed is urgent.</summary>
    public bool IsCreditScarce => _flow.Receiving.IsScarce;

    /// <summary>True if stream data waits that the peer's limits allow.</summary>
    public bool HasPendingData => _transmitter.HasPendingData;

    /// <summary>True if <see cref="TryTakeEvent"/> has something to give.</summary>
    public bool HasEvents => !_events.IsEmpty;

    public bool TryGet(StreamId id, [NotNullWhen(true)] out QuicStreamState? stream) => _streams.TryGet(id, out stream);

    /// <summary>Takes the peer's transport parameters; limits that were higher before (remembered for 0-RTT) stay.</summary>
    public void OnPeerParameters(in PeerStreamLimits limits)
    {
        _peer = limits;
        _isPeerKnown = true;
        _flow.OnMaxData(limits.MaximumData);
        RaiseStreams(StreamDirection.Bidirectional, limits.BidirectionalStreams);
        RaiseStreams(StreamDirection.Unidirectional, limits.UnidirectionalStreams);
        foreach (QuicStreamState stream in _streams)
        {
            stream.Send.OnMaxStreamData(PeerLimitOf(stream.Id));
            Update(stream);
        }
    }

    public TransportError? OnStream(in StreamFrame frame)
    {
        if (Resolve(frame.Id, FrameType.Stream, out QuicStreamState? stream) is { } error)
        {
            return error;
        }

        if (stream is null)
        {
            return null;
        }

        ReceiveStream receive = stream.Receive;
        ulong contiguousBefore = receive.ContiguousEnd;
        bool wasTerminal = receive.IsTerminal;
        ReceiveStreamState stateBefore = receive.State;
        error = receive.OnData(frame, ref _flow.Receiving);
        bool isEndNews = receive.State == ReceiveStreamState.DataRecvd && stateBefore != ReceiveStreamState.DataRecvd;
        if (!receive.IsStopped && (receive.ContiguousEnd > contiguousBefore || isEndNews))
        {
            _events.Add(StreamEventKind.Readable, stream);
        }

        if (!receive.IsStopped && !wasTerminal && receive.IsTerminal)
        {
            _events.Add(StreamEventKind.ReceiveFinished, stream);
        }

        Update(stream);
        return error;
    }

    public TransportError? OnResetStream(in ResetStreamFrame frame)
    {
        if (Resolve(frame.StreamId, FrameType.ResetStream, out QuicStreamState? stream) is { } error)
        {
            return error;
        }

        if (stream is null)
        {
            return null;
        }

        ReceiveStreamState before = stream.Receive.State;
        error = stream.Receive.OnReset(frame, ref _flow.Receiving);
        if (before != ReceiveStreamState.ResetRecvd && stream.Receive.State == ReceiveStreamState.ResetRecvd)
        {
            _events.Add(StreamEventKind.ReceiveReset, stream, frame.ApplicationErrorCode);
        }

        Update(stream);
        return error;
    }

    public TransportError? OnStopSending(in StopSendingFrame frame)
    {
        TransportError? error = Resolve(frame.StreamId, FrameType.StopSending, out QuicStreamState? stream);
        if (stream is not null)
        {
            if (stream.Send.OnStopSending(frame.ApplicationErrorCode))
            {
                _events.Add(StreamEventKind.SendStopped, stream, frame.ApplicationErrorCode);
            }

            Update(stream);
        }

        return error;
    }

    public TransportError? OnMaxData(in MaxDataFrame frame)
    {
        _flow.OnMaxData(frame.MaximumData);
        return null;
    }

    public TransportError? OnMaxStreamData(in MaxStreamDataFrame frame)
    {
        TransportError? error = Resolve(frame.StreamId, FrameType.MaxStreamData, out QuicStreamState? stream);
        if (stream is not null)
        {
            stream.Send.OnMaxStreamData(frame.MaximumStreamData);
            Update(stream);
        }

        return error;
    }

    public TransportError? OnMaxStreams(in MaxStreamsFrame frame)
    {
        if (frame.MaximumStreams > MaxStreamsFrame.Limit)
        {
            return StreamFrameRules.CountTooLarge(FrameType.MaxStreamsBidirectional + (uint)frame.Direction);
        }

        RaiseStreams(frame.Direction, frame.MaximumStreams);
        return null;
    }

    public TransportError? OnDataBlocked(in DataBlockedFrame frame)
    {
        _flow.Receiving.OnPeerBlocked(frame.MaximumData);
        return null;
    }

    public TransportError? OnStreamDataBlocked(in StreamDataBlockedFrame frame)
    {
        TransportError? error = Resolve(frame.StreamId, FrameType.StreamDataBlocked, out QuicStreamState? stream);
        if (stream is not null)
        {
            stream.Receive.OnPeerBlocked(frame.MaximumStreamData);
            Update(stream);
        }

        return error;
    }

    /// <summary>Nothing to do: streams are granted without waiting for this (RFC 9000 §4.6).</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Each incoming frame has a method of the connection's set.")]
    public TransportError? OnStreamsBlocked(in StreamsBlockedFrame frame) =>
        frame.MaximumStreams > MaxStreamsFrame.Limit ? StreamFrameRules.CountTooLarge(FrameType.StreamsBlockedBidirectional + (uint)frame.Direction) : null;

    /// <summary>Fills one packet: control frames first, then lost data, then new data in the order of priority.</summary>
    public void Transmit(ref FrameWriter writer, Instant now, TimeSpan smoothedRtt)
    {
        if (!_isClosed)
        {
            _transmitter.Transmit(ref writer, now, smoothedRtt);
        }
    }

    /// <summary>A packet with this frame was acknowledged.</summary>
    public void OnAcknowledged(in SentFrame frame)
    {
        bool isData = StreamFrameBits.IsStream(frame.Type);
        if ((!isData && frame.Type != FrameType.ResetStream) || !TryGetSending(frame, out QuicStreamState? stream))
        {
            return;
        }

        if (!isData)
        {
            stream.Send.OnResetAcknowledged();
        }
        else if (stream.Send.OnDataAcknowledged(frame))
        {
            _events.Add(StreamEventKind.SendAcknowledged, stream);
        }
        else
        {
            _transmitter.TellOfRoom(stream);
        }

        Update(stream);
    }

    /// <summary>A packet with this frame was lost, or is to be probed for: what it said is sent again if it is still true.</summary>
    public void OnLost(in SentFrame frame)
    {
        switch (frame.Type)
        {
            case FrameType.MaxData:
                _flow.OnMaxDataLost(frame.Offset);
                break;
            case FrameType.DataBlocked:
                if (_transmitter.HasNewData)
                {
                    _flow.OnDataBlockedLost(frame.Offset);
                }

                break;
            case FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional:
                _flow.OnMaxStreamsLost((StreamDirection)(frame.Type - FrameType.MaxStreamsBidirectional), frame.Offset);
                break;
            case FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional:
                _flow.OnStreamsBlockedLost((StreamDirection)(frame.Type - FrameType.StreamsBlockedBidirectional), frame.Offset);
                break;
            default:
                OnStreamFrameLost(frame);
                break;
        }
    }

    /// <summary>Gives the next event; each kind comes once a stream until it is taken.</summary>
    public bool TryTakeEvent(out StreamEvent item)
    {
        if (!_events.TryTake(out item))
        {
            return false;
        }

        switch (item.Kind)
        {
            case StreamEventKind.ReceiveReset:
                item.Stream!.Receive.OnResetRead();
                Update(item.Stream);
                break;
            case StreamEventKind.StreamsAvailable:
                _isAvailableEventPending[(int)item.Direction] = false;
                item = item with { Value = _flow.Opening(item.Direction).Available };
                break;
            case StreamEventKind.Closed:
                _pool.Return(item.Stream!);
                item = item with { Stream = null };
                break;
        }

        return true;
    }

    private void OnStreamFrameLost(in SentFrame frame)
    {
        if (!TryGetSending(frame, out QuicStreamState? stream))
        {
            return;
        }

        switch (frame.Type)
        {
            case FrameType.ResetStream:
                stream.Send.OnResetLost();
                break;
            case FrameType.StopSending:
                stream.Receive.OnStopLost();
                break;
            case FrameType.MaxStreamData:
                stream.Receive.OnLimitLost(frame.Offset);
                break;
            case FrameType.StreamDataBlocked:
                stream.Send.OnBlockedLost(frame.Offset);
                break;
            default:
                stream.Send.OnDataLost(frame);
                break;
        }

        Update(stream);
    }

    /// <summary>The stream that a frame of ours was about, while the connection lives and the stream has not ended.</summary>
    private bool TryGetSending(in SentFrame frame, [NotNullWhen(true)] out QuicStreamState? stream)
    {
        stream = null;
        return !_isClosed && _streams.TryGet(new StreamId(frame.Id), out stream);
    }

    /// <summary>Finds the stream of an incoming frame, opening it if the peer does so by this frame; no stream and no error means that it has ended.</summary>
    private TransportError? Resolve(StreamId id, FrameType type, out QuicStreamState? stream)
    {
        stream = null;
        if (_isClosed)
        {
            return null;
        }

        if (!StreamFrameRules.HasPart(id, StreamFrameRules.PartOf(type), _role))
        {
            return new TransportError(TransportErrorCode.StreamStateError, (ulong)type, "The stream has no part that takes this frame.");
        }

        if (_streams.TryGet(id, out stream))
        {
            return null;
        }

        if (id.Initiator != _role)
        {
            return OpenByPeer(id, type, out stream);
        }

        return id.Index < _flow.Opening(id.Direction).Used
            ? null
            : new TransportError(TransportErrorCode.StreamStateError, (ulong)type, "The stream is ours to open and was not opened.");
    }

    private TransportError? OpenByPeer(StreamId id, FrameType type, out QuicStreamState? stream)
    {
        stream = null;
        ref StreamCountController accepting = ref _flow.Accepting(id.Direction);
        if (id.Index >= accepting.Limit)
        {
            return new TransportError(TransportErrorCode.StreamLimitError, (ulong)type, "The stream is beyond the announced limit.");
        }

        // RFC 9000 §3.2: all lower streams of the type are created before it.
        while (accepting.Opened <= id.Index)
        {
            stream = Create(new StreamId(_role.Peer(), id.Direction, accepting.Opened));
            accepting.OnOpened();
            _events.Add(StreamEventKind.Opened, stream);
        }

        return null;
    }

    private QuicStreamState Create(StreamId id)
    {
        QuicStreamState stream = _pool.Rent();
        stream.Begin(this, id);
        if (StreamFrameRules.HasPart(id, StreamPart.Sending, _role))
        {
            stream.Send.Open(PeerLimitOf(id));
        }

        if (StreamFrameRules.HasPart(id, StreamPart.Receiving, _role))
        {
            stream.Receive.Open(WindowOf(id), Local.MaximumStreamWindow);
        }

        _streams.Add(stream);
        return stream;
    }

    private ulong WindowOf(StreamId id) =>
        id.Direction == StreamDirection.Unidirectional ? Local.StreamWindowUnidirectional
        : id.Initiator == _role ? Local.StreamWindowBidirectionalLocal
        : Local.StreamWindowBidirectionalRemote;

    /// <summary>The peer names its limits from its own side: what is local there is remote here.</summary>
    private ulong PeerLimitOf(StreamId id) =>
        id.Direction == StreamDirection.Unidirectional ? _peer.MaximumStreamDataUnidirectional
        : id.Initiator == _role ? _peer.MaximumStreamDataBidirectionalRemote
        : _peer.MaximumStreamDataBidirectionalLocal;

    private void RaiseStreams(StreamDirection direction, ulong limit)
    {
        if (_flow.OnMaxStreams(direction, limit) && !_isAvailableEventPending[(int)direction])
        {
            _isAvailableEventPending[(int)direction] = true;
            _events.Add(new StreamEvent(StreamEventKind.StreamsAvailable, default) { Direction = direction });
        }
    }

    /// <summary>Something happened to the stream: puts it into the right lists, or ends it.</summary>
    private void Update(QuicStreamState stream)
    {
        if (stream.IsClosed)
        {
            return;
        }

        if (stream.IsTerminal)
        {
            Close(stream);
        }
        else if (!_isClosed)
        {
            _transmitter.Update(stream);
        }
    }

    private void Close(QuicStreamState stream)
    {
        stream.IsClosed = true;
        _transmitter.Forget(stream);
        _streams.Remove(stream);
        if (stream.Id.Initiator != _role)
        {
            _flow.Accepting(stream.Id.Direction).OnFinished();
        }

        _events.Add(StreamEventKind.Closed, stream);
    }
}
