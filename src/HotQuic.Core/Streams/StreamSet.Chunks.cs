namespace HotQuic.Core.Streams;

/// <summary>
/// The application's side without a copy: received chunks are lent to a reader on another thread, and chunks that a writer on another
/// thread filled become part of the send buffer. <see cref="ReceiveBuffer"/> says what lending promises.
/// </summary>
internal sealed partial class StreamSet
{
    /// <summary>The shard's stream memory.</summary>
    public StreamBufferPool Buffers => _pool.Buffers;

    /// <summary>
    /// Lends the next readable piece in place; false where all that is readable is lent, or nothing can be read. The reader's progress is
    /// <see cref="Consume(QuicStreamState, int, out StreamRead)"/>; nothing else is read of the stream until <see cref="EndLending"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    public bool TryLend(QuicStreamState stream, out LentPiece piece)
    {
        piece = default;
        return ReceivingResult(stream) == StreamResult.Done && stream.Receive.TryLend(out piece);
    }

    /// <summary>Nobody looks at what was lent, nor will: it is read from the stream again.</summary>
    /// <exception cref="ArgumentException">The stream's <see cref="StreamEventKind.Closed"/> was taken.</exception>
    public void EndLending(QuicStreamState stream)
    {
        ThrowIfNotOurs(stream);
        stream.Receive.EndLending();
    }

    /// <summary>
    /// The application reads nothing before <paramref name="count"/> bytes can be read: windows that are too small for them grow, up to
    /// their maxima.
    /// </summary>
    /// <exception cref="ArgumentException">The stream is only ours to send on.</exception>
    public void Require(QuicStreamState stream, ulong count)
    {
        if (ReceivingResult(stream) == StreamResult.Done)
        {
            stream.Receive.Require(stream.Receive.ReadOffset + count, ref _flow.Receiving);
            Update(stream);
        }
    }

    /// <summary>
    /// Takes data to send in the chunks it was written into. All of it is taken, room or not:
    /// <see cref="AskForRoom"/> says when to write more. Chunks that became part of the send buffer are gone from their nodes.
    /// </summary>
    /// <exception cref="ArgumentException">The stream is the peer's to send on.</exception>
    /// <exception cref="InvalidOperationException">The stream was finished.</exception>
    public StreamResult Adopt(QuicStreamState stream, WrittenChunk? first)
    {
        StreamResult result = SendingResult(stream);
        if (result == StreamResult.Done)
        {
            ThrowIfFinished(stream);
            stream.Send.Adopt(first);
            Update(stream);
        }

        return result;
    }

    /// <summary>Whether there is room in the send buffer; where not, <see cref="StreamEventKind.Writable"/> tells of it.</summary>
    public bool AskForRoom(QuicStreamState stream) => stream.Send.AskForRoom(Local);

    /// <summary>The bytes that a write would take now.</summary>
    public ulong Room(QuicStreamState stream) => stream.Send.Room(Local);

    /// <summary>The bytes that a write takes on any stream where nothing was written.</summary>
    public ulong FirstRoom => Math.Min(Local.SendBufferLimit, Math.Min(Local.UnsentLimit, Local.UnsentAheadLimit));
}
