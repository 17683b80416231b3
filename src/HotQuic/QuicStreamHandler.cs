namespace HotQuic;

/// <summary>
/// Is called for what happens to streams. One object may serve one stream or any number: what belongs to a stream is its
/// <see cref="QuicStreamHandle.State"/>. An echo is one line, with a second for what did not fit:
/// <code>
/// public override int OnData(QuicStreamHandle stream, ReadOnlySpan&lt;byte&gt; data, bool isEnd) =&gt; stream.Write(data, isEnd);
///
/// public override void OnWritable(QuicStreamHandle stream) =&gt; stream.ResumeReading();
/// </code>
/// </summary>
/// <remarks>
/// Everything is called on the thread of the connection's shard, which serves other connections too: it must not block, and should take
/// microseconds. No call comes inside another: what a call causes, on whatever stream, is told after it has returned. What it throws closes
/// the connection with INTERNAL_ERROR (RFC 9000 §20.1), and is the exception of <see cref="QuicCloseReason.ToException"/>.
/// </remarks>
public abstract class QuicStreamHandler
{
    /// <summary>
    /// Data came, in order (RFC 9000 §2.2). What is consumed is forgotten, and gives the peer credit to send more (RFC 9000 §4.1); consuming less
    /// than all pauses the stream until <see cref="QuicStreamHandle.ResumeReading"/>, and what was left comes again then, with what follows it.
    /// Called only by streams that can be read. The base consumes everything.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="data">
    /// The bytes where they were received, good until the call returns. How many come at a time says nothing: a message may come in pieces.
    /// </param>
    /// <param name="isEnd">
    /// Whether the peer's data ends with these bytes (FIN); it is told once they are consumed, and with no bytes where the end came alone.
    /// </param>
    /// <returns>The bytes consumed, 0 to the length of <paramref name="data"/>.</returns>
    public virtual int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd) => data.Length;

    /// <summary>
    /// After a write that did not fit: there is room again for a good part of what the send buffer takes
    /// (<see cref="QuicTransportOptions.SendBufferSize"/>). The base does nothing.
    /// </summary>
    /// <param name="stream">The stream.</param>
    public virtual void OnWritable(QuicStreamHandle stream)
    {
    }

    /// <summary>The peer has acknowledged all that was written, and the end of the stream (RFC 9000 §3.1, Data Recvd). The base does nothing.</summary>
    /// <param name="stream">The stream.</param>
    public virtual void OnWritesAcknowledged(QuicStreamHandle stream)
    {
    }

    /// <summary>The peer gave up sending (RESET_STREAM, RFC 9000 §19.4): no more data comes, what was not consumed is gone. The base does nothing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="errorCode">The peer's code, 0 to 2^62-1.</param>
    public virtual void OnReadingAborted(QuicStreamHandle stream, long errorCode)
    {
    }

    /// <summary>
    /// The peer asked to stop sending (STOP_SENDING, RFC 9000 §19.5): what was not sent is dropped, and writes take nothing more. The base does
    /// nothing.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="errorCode">The peer's code, 0 to 2^62-1.</param>
    public virtual void OnWritingAborted(QuicStreamHandle stream, long errorCode)
    {
    }

    /// <summary>
    /// The last call of a stream: both sides have ended, or the connection has. After it the handle is stale, and the state behind it is
    /// another stream's. The base does nothing.
    /// </summary>
    /// <param name="stream">The stream.</param>
    public virtual void OnClosed(QuicStreamHandle stream)
    {
    }
}
