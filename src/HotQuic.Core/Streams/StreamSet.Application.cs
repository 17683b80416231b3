using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>
/// The application's side: open, write, finish, reset, read, stop. Each call takes the stream, for a caller that holds it with
/// its generation, or the ID, which costs a look-up. What the peer may have overtaken is a
/// <see cref="StreamResult"/>; what is wrong in itself throws.
/// </summary>
internal sealed partial class StreamSet
{
    /// <summary>Streams of a direction that we opened so far.</summary>
    public long OpenedByUs(StreamDirection direction) => (long)_flow.Opening(direction).Used;

    /// <summary>Streams of a direction that the peer opened so far.</summary>
    public long OpenedByPeer(StreamDirection direction) => (long)_flow.Accepting(direction).Opened;

    /// <summary>
    /// Opens the next stream of a direction. False while the peer allows no more (it is then told, and
    /// <see cref="StreamEventKind.StreamsAvailable"/> follows) or the connection is closed.
    /// </summary>
    public bool TryOpen(StreamDirection direction, out StreamId id)
    {
        ref SendFlowController opening = ref _flow.Opening(direction);
        if (_isClosed || opening.Available == 0)
        {
            if (_isPeerKnown && !_isClosed)
            {
                _flow.OnOpenRefused(direction);
            }

            id = default;
            return false;
        }

        id = new StreamId(_role, direction, opening.Used);
        opening.Use(1);
        Create(id);
        return true;
    }

    /// <summary>Streams of a direction that can be opened now.</summary>
    public ulong CountAvailable(StreamDirection direction) => _isClosed ? 0 : _flow.Opening(direction).Available;

    public StreamResult Write(StreamId id, ReadOnlySpan<byte> data, out int accepted)
    {
        accepted = 0;
        return TryGet(id, out QuicStreamState? stream) ? Write(stream, data, out accepted) : StreamResult.NoSuchStream;
    }

    /// <summary>
    /// Takes data to send, as much as the limits leave room for. After less than all was accepted,
    /// <see cref="StreamEventKind.Writable"/> tells of room.
    /// </summary>
    /// <exception cref="ArgumentException">The stream is the peer's to send on.</exception>
    /// <exception cref="InvalidOperationException">The stream was finished.</exception>
    public StreamResult Write(QuicStreamState stream, ReadOnlySpan<byte> data, out int accepted)
    {
        accepted = 0;
        StreamResult result = SendingResult(stream);
        if (result != StreamResult.Done)
        {
            return result;
        }

        ThrowIfFinished(stream);
        accepted = stream.Send.Write(data, Local);
        Update(stream);
        return StreamResult.Done;
    }

    public StreamResult Finish(StreamId id) => TryGet(id, out QuicStreamState? stream) ? Finish(stream) : StreamResult.NoSuchStream;

    /// <summary>Ends the sending part after what was written; a second time does nothing.</summary>
    /// <exception cref="ArgumentException">The stream is the peer's to send on.</exception>
    public StreamResult Finish(QuicStreamState stream)
    {
        StreamResult result = SendingResult(stream);
        if (result == StreamResult.Done)
        {
            stream.Send.Finish();
            Update(stream);
        }

        return result;
    }

    public StreamResult Reset(StreamId id, ulong code) => TryGet(id, out QuicStreamState? stream) ? Reset(stream, code) : StreamResult.NoSuchStream;

    /// <summary>Gives up what was not acknowledged and tells the peer the code; does nothing once all data arrived.</summary>
    /// <exception cref="ArgumentException">The stream is the peer's to send on.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The code is above 2^62-1.</exception>
    public StreamResult Reset(QuicStreamState stream, ulong code)
    {
        ThrowIfNotCode(code);
        StreamResult result = SendingResult(stream);
        if (result == StreamResult.Done)
        {
            stream.Send.Reset(code);
            Update(stream);
        }

        return result;
    }

    public StreamResult StopSending(StreamId id, ulong code) =>
        TryGet(id, out QuicStreamState? stream) ? StopSending(stream, code) : StreamResult.NoSuchStream;

    /// <summary>Drops what is here and what will come, and asks the peer to stop; does nothing once the end was read.</summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The code is above 2^62-1.</exception>
    public StreamResult StopSending(QuicStreamState stream, ulong code)
    {
        ThrowIfNotCode(code);
        StreamResult result = ReceivingResult(stream);
        if (result == StreamResult.Done)
        {
            stream.Receive.Stop(code, ref _flow.Receiving);
            Update(stream);
        }

        return result;
    }

    public StreamResult Read(StreamId id, Span<byte> destination, out StreamRead read)
    {
        read = default;
        return TryGet(id, out QuicStreamState? stream) ? Read(stream, destination, out read) : StreamResult.NoSuchStream;
    }

    /// <summary>Copies what can be read.</summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    public StreamResult Read(QuicStreamState stream, Span<byte> destination, out StreamRead read)
    {
        read = default;
        StreamResult result = ReceivingResult(stream);
        if (result == StreamResult.Done)
        {
            read = Ended(stream, stream.Receive.Read(destination, ref _flow.Receiving));
        }

        return result;
    }

    public StreamResult Peek(StreamId id, out ReadOnlySpan<byte> data)
    {
        data = default;
        return TryGet(id, out QuicStreamState? stream) ? Peek(stream, out data) : StreamResult.NoSuchStream;
    }

    /// <summary>Shows the next bytes in place, up to the end of their chunk; <see cref="Consume(QuicStreamState, int, out StreamRead)"/> goes past them.</summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    public StreamResult Peek(QuicStreamState stream, out ReadOnlySpan<byte> data)
    {
        StreamResult result = ReceivingResult(stream);
        data = result == StreamResult.Done ? stream.Receive.Peek() : default;
        return result;
    }

    public StreamResult Consume(StreamId id, int count, out StreamRead read)
    {
        read = default;
        return TryGet(id, out QuicStreamState? stream) ? Consume(stream, count, out read) : StreamResult.NoSuchStream;
    }

    /// <summary>Marks bytes that <see cref="Peek(QuicStreamState, out ReadOnlySpan{byte})"/> showed as read.</summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    /// <exception cref="ArgumentOutOfRangeException">More than can be read.</exception>
    public StreamResult Consume(QuicStreamState stream, int count, out StreamRead read)
    {
        read = default;
        StreamResult result = ReceivingResult(stream);
        if (result == StreamResult.Done)
        {
            stream.Receive.Consume(count, ref _flow.Receiving);
            read = Ended(stream, count);
        }

        return result;
    }

    /// <summary>
    /// Leaves a waiting reader's memory: what arrives in order is copied there and nowhere else, and
    /// <see cref="StreamEventKind.Readable"/> tells of it. <see cref="TakeReadDestination"/> ends the wait and says how
    /// much came; until then the memory belongs to the stream.
    /// </summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    /// <exception cref="InvalidOperationException">A reader waits already.</exception>
    public StreamResult SetReadDestination(QuicStreamState stream, Memory<byte> destination)
    {
        StreamResult result = ReceivingResult(stream);
        if (result == StreamResult.Done)
        {
            stream.Receive.SetDestination(destination, ref _flow.Receiving);
            Update(stream);
        }

        return result;
    }

    /// <summary>Takes the waiting reader's memory back; it also serves while the stream's last events are being taken.</summary>
    /// <exception cref="ArgumentException">The stream's <see cref="StreamEventKind.Closed"/> was taken.</exception>
    public StreamRead TakeReadDestination(QuicStreamState stream)
    {
        ThrowIfNotOurs(stream);
        return Ended(stream, stream.Receive.ClearDestination());
    }

    public StreamResult SetPriority(StreamId id, StreamPriority priority) =>
        TryGet(id, out QuicStreamState? stream) ? SetPriority(stream, priority) : StreamResult.NoSuchStream;

    /// <summary>Says when the stream's data goes out among that of others; it may change at any time.</summary>
    public StreamResult SetPriority(QuicStreamState stream, StreamPriority priority)
    {
        ThrowIfNotOurs(stream);
        stream.Priority = priority;
        Update(stream);
        return StreamResult.Done;
    }

    private StreamRead Ended(QuicStreamState stream, int count)
    {
        Update(stream);
        return new StreamRead(count, stream.Receive.State == ReceiveStreamState.DataRead);
    }

    private StreamResult SendingResult(QuicStreamState stream)
    {
        ThrowIfNotOurs(stream);
        return stream.Send.State switch
        {
            SendStreamState.NoStream => throw new ArgumentException("Expected a stream that this end sends on.", nameof(stream)),
            SendStreamState.ResetSent or SendStreamState.ResetRecvd =>
                stream.Send.StopCode is null ? StreamResult.SendReset : StreamResult.SendStopped,
            _ => _isClosed ? StreamResult.ConnectionClosed : StreamResult.Done,
        };
    }

    private StreamResult ReceivingResult(QuicStreamState stream)
    {
        ThrowIfNotOurs(stream);
        return stream.Receive.State switch
        {
            ReceiveStreamState.NoStream => throw new ArgumentException("Expected a stream that this end receives on.", nameof(stream)),
            _ when stream.Receive.IsStopped => StreamResult.ReceiveStopped,
            ReceiveStreamState.ResetRecvd or ReceiveStreamState.ResetRead => StreamResult.ReceiveReset,
            _ => StreamResult.Done,
        };
    }

    /// <summary>The caller compares generations; this catches an object that went back to the pool or to another connection.</summary>
    private void ThrowIfNotOurs(QuicStreamState stream)
    {
        if (stream.Owner != this)
        {
            throw new ArgumentException("Expected a stream of this connection that has not ended.", nameof(stream));
        }
    }

    private static void ThrowIfFinished(QuicStreamState stream)
    {
        if (stream.Send.IsFinished)
        {
            throw new InvalidOperationException("The stream was finished: nothing can be written after that.");
        }
    }

    private static void ThrowIfNotCode(ulong code) => ArgumentOutOfRangeException.ThrowIfGreaterThan(code, Wire.VarInt.MaxValue);
}
