using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Streams;

/// <summary>
/// The receiving part of one stream (RFC 9000 §3.2): its state, its data, and the credit given for it. Frames come in
/// through <see cref="OnData"/> and <see cref="OnReset"/>; the application reads, with <see cref="Read"/>,
/// <see cref="Consume"/> or a destination left in <see cref="SetDestination"/>, or gives up with <see cref="Stop"/>; the
/// transmitter calls <see cref="TryWriteControl"/> while <see cref="HasControlFrames"/>.
/// </summary>
/// <remarks>Pooled: <see cref="Open"/> begins one life, <see cref="Release"/> ends it.</remarks>
internal sealed class ReceiveStream(StreamBufferPool pool)
{
    private readonly ReceiveBuffer _buffer = new(pool);
    private ReceiveFlowController _flow;
    private ulong _stopCode;
    private bool _isStopDue;
    private bool _isLimitLost;

    public ReceiveStreamState State { get; private set; }

    /// <summary>The code of the peer's RESET_STREAM.</summary>
    public ulong ResetCode { get; private set; }

    /// <summary>The stream's length, once FIN or RESET_STREAM told it (RFC 9000 §4.5).</summary>
    public ulong? FinalSize { get; private set; }

    /// <summary>True once the application said that it wants no more data: what arrives is dropped.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The end of what arrived without a gap: grows when something new can be read.</summary>
    public ulong ContiguousEnd => _buffer.ContiguousEnd;

    public int ReadableBytes => _buffer.ReadableBytes;

    /// <summary>Whether the stream ends after so many of the bytes that can be read.</summary>
    public bool EndsAfter(int count) => State is ReceiveStreamState.DataRecvd or ReceiveStreamState.DataRead && ReadableBytes == count;

    public bool IsTerminal => State is ReceiveStreamState.NoStream or ReceiveStreamState.DataRead or ReceiveStreamState.ResetRead;

    public bool HasControlFrames => _isStopDue || IsGrantDue;

    private bool IsReceiving => State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown;

    /// <summary>RFC 9000 §3.3: MAX_STREAM_DATA goes out in Recv only.</summary>
    private bool IsGrantDue => State == ReceiveStreamState.Recv && !IsStopped && (_isLimitLost || _flow.IsUpdateDue);

    public void Open(ulong window, ulong maximumWindow)
    {
        State = ReceiveStreamState.Recv;
        _flow = new ReceiveFlowController(window, maximumWindow);
    }

    /// <summary>Takes a STREAM frame; each new byte also counts against the connection's credit.</summary>
    public TransportError? OnData(in StreamFrame frame, ref ReceiveFlowController connection)
    {
        ulong end = frame.EndOffset;
        if (end > VarInt.MaxValue)
        {
            return Fault(TransportErrorCode.FrameEncodingError, FrameType.Stream, "The data ends past the largest offset.");
        }

        if ((CheckFinalSize(end, FrameType.Stream, isFinal: frame.IsFin) ?? Claim(end, FrameType.Stream, ref connection)) is { } error)
        {
            return error;
        }

        if (!IsReceiving)
        {
            return null;
        }

        if (frame.IsFin)
        {
            FinalSize = end;
            State = ReceiveStreamState.SizeKnown;
            _isLimitLost = false;
        }

        ulong before = _buffer.ReadOffset;
        _buffer.Write(frame.Offset, frame.Data);
        DropIfStopped();
        OnConsumed(_buffer.ReadOffset - before, ref connection);
        return null;
    }

    /// <summary>Takes a RESET_STREAM frame: what was not read is dropped.</summary>
    public TransportError? OnReset(in ResetStreamFrame frame, ref ReceiveFlowController connection)
    {
        ulong end = frame.FinalSize;
        if ((CheckFinalSize(end, FrameType.ResetStream, isFinal: true) ?? Claim(end, FrameType.ResetStream, ref connection)) is { } error)
        {
            return error;
        }

        if (!IsReceiving)
        {
            return null;
        }

        // RFC 9000 §4.5: bytes up to the final size count as received, and none of them will be read.
        connection.OnConsumed(end - _buffer.ReadOffset);
        _buffer.SkipTo(end);
        FinalSize = end;
        ResetCode = frame.ApplicationErrorCode;
        _isStopDue = false;
        _isLimitLost = false;
        State = IsStopped ? ReceiveStreamState.ResetRead : ReceiveStreamState.ResetRecvd;
        return null;
    }

    /// <summary>The application knows of the reset.</summary>
    public void OnResetRead()
    {
        if (State == ReceiveStreamState.ResetRecvd)
        {
            State = ReceiveStreamState.ResetRead;
        }
    }

    public int Read(Span<byte> destination, ref ReceiveFlowController connection)
    {
        int count = _buffer.Read(destination);
        OnConsumed((ulong)count, ref connection);
        return count;
    }

    /// <summary>Readable bytes in place, up to the end of their chunk.</summary>
    public ReadOnlySpan<byte> Peek() => _buffer.Peek();

    public void Consume(int count, ref ReceiveFlowController connection)
    {
        _buffer.Consume(count);
        OnConsumed((ulong)count, ref connection);
    }

    /// <summary>Leaves a waiting reader's memory for in-order data.</summary>
    public void SetDestination(Memory<byte> destination, ref ReceiveFlowController connection)
    {
        ulong before = _buffer.ReadOffset;
        _buffer.SetDestination(destination);
        OnConsumed(_buffer.ReadOffset - before, ref connection);
    }

    /// <summary>The offset of the next byte to be read.</summary>
    public ulong ReadOffset => _buffer.ReadOffset;

    /// <summary>The end of what was lent.</summary>
    public ulong LentEnd => _buffer.LentEnd;

    /// <summary>Lends the next readable piece in place (see <see cref="ReceiveBuffer"/>).</summary>
    public bool TryLend(out LentPiece piece) => _buffer.TryLend(out piece);

    public void EndLending() => _buffer.EndLending();

    /// <summary>The application waits for what ends at <paramref name="end"/> before it reads on: credit must not stand in the way.</summary>
    public void Require(ulong end, ref ReceiveFlowController connection)
    {
        if (State == ReceiveStreamState.Recv && end > _flow.Received)
        {
            connection.Require(connection.Received + (end - _flow.Received));
            _flow.Require(end);
        }
    }

    public int DestinationFilled => _buffer.DestinationFilled;

    public int ClearDestination() => _buffer.ClearDestination();

    /// <summary>The application wants no more data: what is here is dropped, and the peer is asked to stop (RFC 9000 §3.5).</summary>
    public void Stop(ulong code, ref ReceiveFlowController connection)
    {
        if (IsStopped || IsTerminal)
        {
            return;
        }

        IsStopped = true;
        _stopCode = code;
        _isStopDue = IsReceiving;
        OnResetRead();
        ulong before = _buffer.ReadOffset;
        DropIfStopped();
        OnConsumed(_buffer.ReadOffset - before, ref connection);
    }

    public void OnStopLost() => _isStopDue = IsStopped && IsReceiving;

    public void OnLimitLost(ulong limit) => _isLimitLost |= State == ReceiveStreamState.Recv && limit == _flow.Limit;

    public void OnPeerBlocked(ulong limit) => _flow.OnPeerBlocked(limit);

    /// <summary>Writes MAX_STREAM_DATA and STOP_SENDING if they are due; false if one does not fit.</summary>
    public bool TryWriteControl(ref FrameWriter writer, StreamId id, Instant now, TimeSpan smoothedRtt)
    {
        if (IsGrantDue)
        {
            if (writer.Remaining < 1 + (2 * VarInt.MaxLength))
            {
                return false;
            }

            ulong limit = _flow.Grant(now, smoothedRtt);
            new MaxStreamDataFrame(id, limit).Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.MaxStreamData, 0, id.Value, limit));
            _isLimitLost = false;
        }

        if (_isStopDue)
        {
            var stop = new StopSendingFrame(id, _stopCode);
            if (writer.Remaining < stop.Length)
            {
                return false;
            }

            stop.Write(ref writer.Wire);
            writer.Log(new SentFrame(FrameType.StopSending, 0, id.Value, 0));
            _isStopDue = false;
        }

        return true;
    }

    /// <summary>Ends this life: all memory goes back and every field is as new.</summary>
    public void Release()
    {
        _buffer.Reset();
        _flow = default;
        _stopCode = 0;
        _isStopDue = false;
        _isLimitLost = false;
        State = ReceiveStreamState.NoStream;
        ResetCode = 0;
        FinalSize = null;
        IsStopped = false;
    }

    // RFC 9000 §4.5: the final size never changes, and no byte lies at or after it.
    private TransportError? CheckFinalSize(ulong end, FrameType type, bool isFinal)
    {
        if (FinalSize is { } known)
        {
            return end > known || (isFinal && end != known)
                ? Fault(TransportErrorCode.FinalSizeError, type, "The stream's final size was known to be another.")
                : null;
        }

        return isFinal && end < _flow.Received
            ? Fault(TransportErrorCode.FinalSizeError, type, "The final size is below what was received.")
            : null;
    }

    /// <summary>Takes credit for what ends at <paramref name="end"/>, of the stream and of the connection (RFC 9000 §4.1).</summary>
    private TransportError? Claim(ulong end, FrameType type, ref ReceiveFlowController connection)
    {
        if (end <= _flow.Received)
        {
            return null;
        }

        ulong count = end - _flow.Received;
        if (!_flow.CanReceive(count))
        {
            return Fault(TransportErrorCode.FlowControlError, type, "The stream's limit was passed.");
        }

        if (!connection.CanReceive(count))
        {
            return Fault(TransportErrorCode.FlowControlError, type, "The connection's limit was passed.");
        }

        _flow.OnReceived(count);
        connection.OnReceived(count);
        return null;
    }

    private void DropIfStopped()
    {
        if (IsStopped)
        {
            _buffer.Drop();
        }
    }

    private void OnConsumed(ulong count, ref ReceiveFlowController connection)
    {
        _flow.OnConsumed(count);
        connection.OnConsumed(count);
        if (State == ReceiveStreamState.SizeKnown && _buffer.ContiguousEnd == FinalSize)
        {
            State = ReceiveStreamState.DataRecvd;
            _isStopDue = false;
        }

        if (State == ReceiveStreamState.DataRecvd && _buffer.ReadOffset == FinalSize)
        {
            State = ReceiveStreamState.DataRead;
        }
    }

    private static TransportError Fault(TransportErrorCode code, FrameType type, string reason) => new(code, (ulong)type, reason);
}
