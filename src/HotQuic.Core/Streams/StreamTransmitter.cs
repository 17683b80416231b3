using HotQuic.Core.Frames;
using HotQuic.Core.Time;

namespace HotQuic.Core.Streams;

/// <summary>
/// What the streams of a connection have to send. <see cref="Update"/> after anything happened to a stream,
/// <see cref="Forget"/> when it ends; <see cref="Transmit"/> fills one packet. Only streams that have something to send are
/// ever looked at.
/// </summary>
/// <remarks>
/// Order: the connection's limits, then each stream's MAX_STREAM_DATA, STOP_SENDING, RESET_STREAM and STREAM_DATA_BLOCKED,
/// then data as the <see cref="StreamScheduler"/> says, then what the data found to be blocked.
/// </remarks>
internal sealed class StreamTransmitter(ConnectionFlow flow)
{
    private readonly StreamScheduler _scheduler = new();
    private readonly StreamList _control = new(StreamLinkSlot.Control);

    public bool HasPendingFrames => flow.HasFrames || !_control.IsEmpty;

    public bool HasPendingData => _scheduler.HasWithoutCredit || (_scheduler.HasWithCredit && flow.Sending.Available > 0);

    /// <summary>True while data waits that needs the connection's credit.</summary>
    public bool HasNewData => _scheduler.HasWithCredit;

    /// <summary>Starts anew, for another connection; every stream was forgotten.</summary>
    public void Begin() => _scheduler.Begin();

    public void Update(QuicStreamState stream)
    {
        if (stream.HasControlFrames != _control.Contains(stream))
        {
            if (stream.HasControlFrames)
            {
                _control.AddLast(stream);
            }
            else
            {
                _control.Remove(stream);
            }
        }

        SendReadiness readiness = stream.Send.Readiness;
        _scheduler.Place(stream, readiness);
        if (readiness == SendReadiness.WithCredit)
        {
            flow.OnDataWaiting();
        }
    }

    public void Forget(QuicStreamState stream)
    {
        if (_control.Contains(stream))
        {
            _control.Remove(stream);
        }

        _scheduler.Place(stream, SendReadiness.Idle);
    }

    public void Transmit(ref FrameWriter writer, Instant now, TimeSpan smoothedRtt)
    {
        TransmitControl(ref writer, now, smoothedRtt);
        TransmitData(ref writer);
        if (HasPendingFrames)
        {
            TransmitControl(ref writer, now, smoothedRtt);
        }
    }

    private void TransmitControl(ref FrameWriter writer, Instant now, TimeSpan smoothedRtt)
    {
        if (flow.HasFrames)
        {
            flow.Transmit(ref writer, now, smoothedRtt);
        }

        while (_control.First is { } stream)
        {
            if (!stream.Receive.TryWriteControl(ref writer, stream.Id, now, smoothedRtt) || !stream.Send.TryWriteControl(ref writer, stream.Id))
            {
                return;
            }

            _control.Remove(stream);
        }
    }

    private void TransmitData(ref FrameWriter writer)
    {
        while (writer.Remaining > 0)
        {
            bool isNew = !_scheduler.HasWithoutCredit;
            QuicStreamState? stream = !isNew ? _scheduler.NextWithoutCredit()
                : flow.Sending.Available > 0 ? _scheduler.NextWithCredit()
                : null;
            if (stream is null || !stream.Send.TryWriteData(ref writer, stream.Id, ref flow.Sending))
            {
                return;
            }

            Update(stream);
            if (isNew)
            {
                _scheduler.OnServed(stream);
            }
        }
    }
}
