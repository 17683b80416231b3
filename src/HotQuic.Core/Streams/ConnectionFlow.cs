using HotQuic.Core.Frames;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Streams;

/// <summary>
/// The limits of a whole connection, both ways (RFC 9000 §4): bytes, and streams of each direction. Streams spend and give
/// credit through the controllers; <see cref="Transmit"/> writes the connection's own frames while <see cref="HasFrames"/>:
/// MAX_DATA, MAX_STREAMS, DATA_BLOCKED and STREAMS_BLOCKED.
/// </summary>
internal sealed class ConnectionFlow
{
    private PerDirection<SendFlowController> _opening;
    private PerDirection<StreamCountController> _accepting;
    private PerDirection<bool> _isMaxStreamsLost;
    private PerDirection<bool> _isStreamsBlockedDue;
    private bool _isMaxDataLost;
    private bool _isDataBlockedDue;

    /// <summary>Bytes that we may send.</summary>
    public SendFlowController Sending;

    /// <summary>Bytes that the peer may send.</summary>
    public ReceiveFlowController Receiving;

    public ConnectionFlow(StreamLimits local) => Begin(local);

    public bool HasFrames =>
        IsMaxDataDue || _isDataBlockedDue || IsMaxStreamsDue(0) || IsMaxStreamsDue(1) || _isStreamsBlockedDue[0] || _isStreamsBlockedDue[1];

    private bool IsMaxDataDue => _isMaxDataLost || Receiving.IsUpdateDue;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(StreamLimits local)
    {
        _isMaxStreamsLost = default;
        _isStreamsBlockedDue = default;
        _isMaxDataLost = false;
        _isDataBlockedDue = false;
        Sending = new SendFlowController(0);
        Receiving = new ReceiveFlowController(local.ConnectionWindow, local.MaximumConnectionWindow);
        for (int i = 0; i < 2; i++)
        {
            _opening[i] = new SendFlowController(0);
        }

        _accepting[(int)StreamDirection.Bidirectional] = new StreamCountController(local.BidirectionalStreams);
        _accepting[(int)StreamDirection.Unidirectional] = new StreamCountController(local.UnidirectionalStreams);
    }

    /// <summary>Streams that we may open.</summary>
    public ref SendFlowController Opening(StreamDirection direction) => ref _opening[(int)direction];

    /// <summary>Streams that the peer may open.</summary>
    public ref StreamCountController Accepting(StreamDirection direction) => ref _accepting[(int)direction];

    /// <summary>New data waits and the connection's limit may be what holds it.</summary>
    public void OnDataWaiting() => _isDataBlockedDue |= Sending.TryAnnounceBlocked();

    /// <summary>A stream could not be opened.</summary>
    public void OnOpenRefused(StreamDirection direction) => _isStreamsBlockedDue[(int)direction] |= Opening(direction).TryAnnounceBlocked();

    /// <summary>MAX_DATA, or the peer's transport parameters, came in.</summary>
    public void OnMaxData(ulong limit) => _isDataBlockedDue &= !Sending.TryRaise(limit);

    /// <summary>MAX_STREAMS, or the peer's transport parameters, came in: true if more streams may be opened than before.</summary>
    public bool OnMaxStreams(StreamDirection direction, ulong limit)
    {
        bool isRaised = Opening(direction).TryRaise(limit);
        _isStreamsBlockedDue[(int)direction] &= !isRaised;
        return isRaised;
    }

    // RFC 9000 §13.3: a limit is sent again, as it is by then, only if the lost one was the newest; a blocked signal
    // only while it is true.
    public void OnMaxDataLost(ulong limit) => _isMaxDataLost |= limit == Receiving.Limit;

    public void OnMaxStreamsLost(StreamDirection direction, ulong limit) =>
        _isMaxStreamsLost[(int)direction] |= limit == Accepting(direction).Limit;

    public void OnDataBlockedLost(ulong limit) => _isDataBlockedDue |= Sending.IsBlockedAt(limit);

    public void OnStreamsBlockedLost(StreamDirection direction, ulong limit) =>
        _isStreamsBlockedDue[(int)direction] |= Opening(direction).IsBlockedAt(limit);

    /// <summary>Writes what is due and fits.</summary>
    public void Transmit(ref FrameWriter writer, Instant now, TimeSpan smoothedRtt)
    {
        if (IsMaxDataDue && Fits(ref writer))
        {
            ulong limit = Receiving.Grant(now, smoothedRtt);
            new MaxDataFrame(limit).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.MaxData, 0, 0, limit));
            _isMaxDataLost = false;
        }

        if (_isDataBlockedDue && Fits(ref writer))
        {
            new DataBlockedFrame(Sending.Limit).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.DataBlocked, 0, 0, Sending.Limit));
            _isDataBlockedDue = false;
        }

        TransmitCounts(ref writer, StreamDirection.Bidirectional);
        TransmitCounts(ref writer, StreamDirection.Unidirectional);
    }

    private void TransmitCounts(ref FrameWriter writer, StreamDirection direction)
    {
        if (IsMaxStreamsDue((int)direction) && Fits(ref writer))
        {
            ulong limit = Accepting(direction).Grant();
            new MaxStreamsFrame(direction, limit).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.MaxStreamsBidirectional + (uint)direction, 0, 0, limit));
            _isMaxStreamsLost[(int)direction] = false;
        }

        if (_isStreamsBlockedDue[(int)direction] && Fits(ref writer))
        {
            ulong limit = Opening(direction).Limit;
            new StreamsBlockedFrame(direction, limit).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.StreamsBlockedBidirectional + (uint)direction, 0, 0, limit));
            _isStreamsBlockedDue[(int)direction] = false;
        }
    }

    private bool IsMaxStreamsDue(int direction) => _isMaxStreamsLost[direction] || _accepting[direction].IsUpdateDue;

    /// <summary>Each of these frames is a type and one integer.</summary>
    private static bool Fits(ref FrameWriter writer) => writer.Remaining >= 1 + VarInt.MaxLength;
}
