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
internal sealed class StreamTransmitter(ConnectionFlow flow, StreamStatePool pool, StreamEventQueue events, StreamLimits limits)
{
    /// <summary>Rented when the first stream has something to send.</summary>
    private StreamScheduler? _scheduler;

    /// <summary>What is held of each stream, and what the peer is allowed.</summary>
    public StreamLimits Limits { get; set; } = limits;

    public bool HasPendingFrames => flow.HasFrames || _scheduler is { Control.IsEmpty: false };

    public bool HasPendingData => _scheduler is { } scheduler && (scheduler.HasWithoutCredit || (scheduler.HasWithCredit && flow.Sending.Available > 0));

    /// <summary>True while data waits that needs the connection's credit.</summary>
    public bool HasNewData => _scheduler is { HasWithCredit: true };

    /// <summary>Gives back what it can have again, where no stream has anything to send.</summary>
    public void Rest()
    {
        if (_scheduler is { HasWithoutCredit: false, HasWithCredit: false, Control.IsEmpty: true } scheduler)
        {
            pool.Return(scheduler);
            _scheduler = null;
        }
    }

    public void Update(QuicStreamState stream)
    {
        SendReadiness readiness = stream.Send.Readiness;
        if (_scheduler is null)
        {
            if (readiness == SendReadiness.Idle && !stream.HasControlFrames)
            {
                return;
            }

            _scheduler = pool.RentScheduler();
        }

        StreamList control = _scheduler.Control;
        if (stream.HasControlFrames != control.Contains(stream))
        {
            if (stream.HasControlFrames)
            {
                control.AddLast(stream);
            }
            else
            {
                control.Remove(stream);
            }
        }

        _scheduler.Place(stream, readiness);
        if (readiness == SendReadiness.WithCredit)
        {
            flow.OnDataWaiting();
        }
    }

    public void Forget(QuicStreamState stream)
    {
        if (_scheduler is not { } scheduler)
        {
            return;
        }

        if (scheduler.Control.Contains(stream))
        {
            scheduler.Control.Remove(stream);
        }

        scheduler.Place(stream, SendReadiness.Idle);
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

    /// <summary>Data was sent or acknowledged: whoever waits for room may have it.</summary>
    public void TellOfRoom(QuicStreamState stream)
    {
        if (stream.Send.TryTakeWritable(Limits))
        {
            events.Add(StreamEventKind.Writable, stream);
        }
    }

    private void TransmitControl(ref FrameWriter writer, Instant now, TimeSpan smoothedRtt)
    {
        if (flow.HasFrames)
        {
            flow.Transmit(ref writer, now, smoothedRtt);
        }

        while (_scheduler?.Control.First is { } stream)
        {
            if (!stream.Receive.TryWriteControl(ref writer, stream.Id, now, smoothedRtt) || !stream.Send.TryWriteControl(ref writer, stream.Id))
            {
                return;
            }

            _scheduler.Control.Remove(stream);
        }
    }

    private void TransmitData(ref FrameWriter writer)
    {
        while (_scheduler is { } scheduler && writer.Remaining > 0)
        {
            bool isNew = !scheduler.HasWithoutCredit;
            QuicStreamState? stream = !isNew ? scheduler.NextWithoutCredit()
                : flow.Sending.Available > 0 ? scheduler.NextWithCredit()
                : null;
            if (stream is null || !stream.Send.TryWriteData(ref writer, stream.Id, ref flow.Sending))
            {
                return;
            }

            Update(stream);
            if (isNew)
            {
                scheduler.OnServed(stream);
                TellOfRoom(stream);
            }
        }
    }
}
