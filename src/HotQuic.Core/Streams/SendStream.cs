using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>
/// The sending part of one stream (RFC 9000 §3.1): its state, its data and the peer's limit for it. The application calls
/// <see cref="Write"/>, <see cref="Finish"/> and <see cref="Reset"/>; the transmitter calls <see cref="TryWriteData"/>
/// while <see cref="Readiness"/> says so and <see cref="TryWriteControl"/> while <see cref="HasControlFrames"/>; each frame
/// that went out comes back through an OnAcknowledged or OnLost method.
/// </summary>
/// <remarks>Pooled: <see cref="Open"/> begins one life, <see cref="Release"/> ends it.</remarks>
internal sealed class SendStream(StreamBufferPool pool)
{
    /// <summary>A piece of data smaller than this is not split off to fill the end of a packet.</summary>
    private const int SmallestFragment = 32;

    private readonly SendBuffer _buffer = new(pool);
    private SendFlowController _flow;
    private bool _isFinDue;
    private bool _isFinAcknowledged;
    private bool _isResetDue;
    private bool _isBlockedDue;
    private bool _isWriterWaiting;
    private bool _isRoomAwaited;

    public SendStreamState State { get; private set; }

    /// <summary>True once the application said that no more data follows.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The code of the peer's STOP_SENDING, or null while there was none.</summary>
    public ulong? StopCode { get; private set; }

    /// <summary>The code that RESET_STREAM carries, once it was decided.</summary>
    public ulong ResetCode { get; private set; }

    /// <summary>The final size that RESET_STREAM carries: what was sent before (RFC 9000 §4.5).</summary>
    public ulong FinalSize { get; private set; }

    public ulong BufferedBytes => _buffer.BufferedBytes;

    /// <summary>The end of what the application wrote.</summary>
    public ulong WrittenEnd => _buffer.WrittenEnd;

    public bool IsTerminal => State is SendStreamState.NoStream or SendStreamState.DataRecvd or SendStreamState.ResetRecvd;

    /// <summary>STREAM frames may go out and their fate matters.</summary>
    private bool IsSending => State is SendStreamState.Ready or SendStreamState.Send or SendStreamState.DataSent;

    /// <summary>What kind of data, if any, could go out now as far as this stream is concerned.</summary>
    public SendReadiness Readiness =>
        !IsSending ? SendReadiness.Idle
        : _buffer.HasLost || (_isFinDue && _buffer.UnsentBytes == 0) ? SendReadiness.WithoutCredit
        : _buffer.UnsentBytes > 0 && _flow.Available > 0 ? SendReadiness.WithCredit
        : SendReadiness.Idle;

    public bool HasControlFrames => _isResetDue || _isBlockedDue;

    public void Open(ulong limit)
    {
        State = SendStreamState.Ready;
        _flow = new SendFlowController(limit);
    }

    /// <summary>The bytes that may be written before a limit is reached.</summary>
    public ulong Room(StreamLimits limits) => Math.Min(
        limits.SendBufferLimit - Math.Min(_buffer.BufferedBytes, limits.SendBufferLimit),
        UnsentLimit(limits) - Math.Min(_buffer.UnsentBytes, UnsentLimit(limits)));

    /// <summary>Takes what there is room for, and returns how much it took. Only while data may be written.</summary>
    public int Write(ReadOnlySpan<byte> data, StreamLimits limits)
    {
        int accepted = (int)Math.Min(Room(limits), (ulong)data.Length);
        _buffer.Write(data[..accepted]);
        _isWriterWaiting = accepted < data.Length;
        NoteBlocked();
        return accepted;
    }

    /// <summary>Takes pieces that lie in chunks of the writer's own, without a limit. Only while data may be written.</summary>
    public void Adopt(WrittenChunk? first)
    {
        for (WrittenChunk? piece = first; piece is not null; piece = piece.Next)
        {
            _buffer.Adopt(piece);
        }

        NoteBlocked();
    }

    /// <summary>Whether there is room. Where not, <see cref="TryTakeWritable"/> tells of it as after a write that was cut short.</summary>
    public bool AskForRoom(StreamLimits limits)
    {
        _isRoomAwaited = Room(limits) == 0;
        return !_isRoomAwaited;
    }

    /// <summary>No data follows what was written.</summary>
    public void Finish()
    {
        if (State is SendStreamState.Ready or SendStreamState.Send && !IsFinished)
        {
            IsFinished = true;
            _isFinDue = true;
        }
    }

    /// <summary>Gives up what the peer has not acknowledged; without effect once a reset was sent or all data arrived.</summary>
    public void Reset(ulong code)
    {
        if (!IsSending)
        {
            return;
        }

        // RFC 9000 §13.3: the content of RESET_STREAM never changes, so it is fixed here.
        State = SendStreamState.ResetSent;
        ResetCode = code;
        FinalSize = _buffer.SentEnd;
        _isResetDue = true;
        _isFinDue = false;
        _isBlockedDue = false;
        _isWriterWaiting = false;
        _isRoomAwaited = false;
        _buffer.Discard();
    }

    /// <summary>True if the request is news to the application.</summary>
    public bool OnStopSending(ulong code)
    {
        if (!IsSending || StopCode is not null)
        {
            return false;
        }

        // RFC 9000 §3.5: answered with the same code; where all data is on its way the answer waits for a loss.
        StopCode = code;
        if (State != SendStreamState.DataSent || Readiness != SendReadiness.Idle)
        {
            Reset(code);
        }

        return true;
    }

    public void OnMaxStreamData(ulong limit)
    {
        if (_flow.TryRaise(limit))
        {
            _isBlockedDue = false;
        }
    }

    /// <summary>All data and the FIN arrived, by this acknowledgement: the answer is true once.</summary>
    public bool OnDataAcknowledged(in SentFrame frame)
    {
        if (!IsSending)
        {
            return false;
        }

        _buffer.OnAcknowledged(frame.Offset, frame.Length);
        if (StreamFrameBits.HasFin(frame.Type))
        {
            _isFinAcknowledged = true;
            _isFinDue = false;
        }

        if (!_isFinAcknowledged || !_buffer.IsAcknowledged)
        {
            return false;
        }

        State = SendStreamState.DataRecvd;
        return true;
    }

    public void OnDataLost(in SentFrame frame)
    {
        if (!IsSending)
        {
            return;
        }

        _buffer.OnLost(frame.Offset, frame.Length);
        _isFinDue |= StreamFrameBits.HasFin(frame.Type) && !_isFinAcknowledged;
        if (StopCode is { } code && Readiness != SendReadiness.Idle)
        {
            // RFC 9000 §3.5: RESET_STREAM instead of data that the peer does not want.
            Reset(code);
        }
    }

    public void OnResetAcknowledged()
    {
        if (State == SendStreamState.ResetSent)
        {
            State = SendStreamState.ResetRecvd;
            _isResetDue = false;
        }
    }

    public void OnResetLost() => _isResetDue = State == SendStreamState.ResetSent;

    public void OnBlockedLost(ulong limit) =>
        _isBlockedDue |= State == SendStreamState.Send && _buffer.UnsentBytes > 0 && _flow.IsBlockedAt(limit);

    /// <summary>
    /// True once after the application's writing was cut short, or room was asked for in vain, and there is some again: a quarter of what
    /// may be held, and half of what may be unsent.
    /// </summary>
    public bool TryTakeWritable(StreamLimits limits)
    {
        if (!(_isWriterWaiting || _isRoomAwaited) || !IsSending
            || _buffer.UnsentBytes > UnsentLimit(limits) / 2
            || _buffer.BufferedBytes > limits.SendBufferLimit - Math.Max(1, limits.SendBufferLimit / 4))
        {
            return false;
        }

        _isWriterWaiting = false;
        _isRoomAwaited = false;
        return true;
    }

    /// <summary>Writes RESET_STREAM or STREAM_DATA_BLOCKED if it is due; false if it does not fit.</summary>
    public bool TryWriteControl(ref FrameWriter writer, StreamId id)
    {
        if (_isResetDue)
        {
            var reset = new ResetStreamFrame(id, ResetCode, FinalSize);
            if (writer.Remaining < reset.Length)
            {
                return false;
            }

            reset.Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.ResetStream, 0, id.Value, FinalSize));
            _isResetDue = false;
        }

        if (_isBlockedDue)
        {
            var blocked = new StreamDataBlockedFrame(id, _flow.Limit);
            if (writer.Remaining < blocked.Length)
            {
                return false;
            }

            blocked.Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.StreamDataBlocked, 0, id.Value, _flow.Limit));
            _isBlockedDue = false;
            State = State == SendStreamState.Ready ? SendStreamState.Send : State;
        }

        return true;
    }

    /// <summary>
    /// Writes one STREAM frame, lost data before new, which also counts against the connection's limit; false if nothing may go
    /// out or too little room is left.
    /// </summary>
    public bool TryWriteData(ref FrameWriter writer, StreamId id, ref SendFlowController connection)
    {
        bool isNew = !_buffer.TryGetLost(out OffsetRange range);
        if (isNew)
        {
            ulong credit = Math.Min(_flow.Available, connection.Available);
            range = new OffsetRange(_buffer.SentEnd, _buffer.SentEnd + Math.Min(_buffer.UnsentBytes, credit));
        }

        bool endsStream = _isFinDue && range.End == _buffer.WrittenEnd;
        if ((range.IsEmpty && !endsStream) || !TryWriteFrame(ref writer, id, range, endsStream, out int length))
        {
            return false;
        }

        if (isNew)
        {
            _flow.Use((ulong)length);
            connection.Use((ulong)length);
        }

        _buffer.OnSent(range.Start, length);
        bool isFinSent = endsStream && (ulong)length == range.Length;
        _isFinDue &= !isFinSent;
        State = isFinSent ? SendStreamState.DataSent : State == SendStreamState.Ready ? SendStreamState.Send : State;
        NoteBlocked();
        return true;
    }

    /// <summary>Nothing will be sent any more; the memory goes back at once.</summary>
    public void Discard()
    {
        _buffer.Discard();
        _isFinDue = false;
        _isResetDue = false;
        _isBlockedDue = false;
        _isWriterWaiting = false;
        _isRoomAwaited = false;
    }

    /// <summary>Ends this life: all memory goes back and every field is as new.</summary>
    public void Release()
    {
        Discard();
        _buffer.Reset();
        _flow = default;
        _isFinAcknowledged = false;
        State = SendStreamState.NoStream;
        IsFinished = false;
        StopCode = null;
        ResetCode = 0;
        FinalSize = 0;
    }

    /// <summary>How far the writer may be ahead of the sender. The peer's window is what it lets go beyond what it has acknowledged.</summary>
    private ulong UnsentLimit(StreamLimits limits) =>
        _flow.Limit >= _buffer.AcknowledgedEnd + limits.UnsentLimit ? limits.UnsentLimit : limits.UnsentAheadLimit;

    private void NoteBlocked()
    {
        if (IsSending && _buffer.UnsentBytes > 0)
        {
            _isBlockedDue |= _flow.TryAnnounceBlocked();
        }
    }

    private bool TryWriteFrame(ref FrameWriter writer, StreamId id, OffsetRange range, bool endsStream, out int length)
    {
        length = 0;
        int room = writer.Remaining - StreamFrame.HeaderLength(id, range.Start, 0, StreamFrameOptions.None);
        ulong offered = range.Length;
        if (room < 1 || (offered > (ulong)room && room < SmallestFragment))
        {
            return false;
        }

        length = (int)Math.Min(offered, (ulong)room);
        StreamFrameOptions fin = endsStream && (ulong)length == offered ? StreamFrameOptions.Fin : StreamFrameOptions.None;
        int spare = room - length;
        FrameType type;
        if (length > 0 && spare <= Wire.VarInt.LengthOf((ulong)length))
        {
            // The frame fills the packet and needs no length; PADDING before it takes the byte or two that it would.
            writer.Wire.WriteZeros(spare);
            type = StreamFrame.WriteHeader(ref writer.Wire, id, range.Start, length, fin);
            _buffer.AttachTo(ref writer, range.Start, length);
        }
        else
        {
            type = StreamFrame.WriteHeader(ref writer.Wire, id, range.Start, length, fin | StreamFrameOptions.WithLength);
            _buffer.CopyTo(ref writer.Wire, range.Start, length);
        }

        writer.Log(new SentFrame(type, (uint)length, id.Value, range.Start));
        return true;
    }
}
