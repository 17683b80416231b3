namespace HotQuic;

/// <summary>
/// Is called for what happens to connections: those that <see cref="QuicClient.Connect"/> made, and those that a server accepted. One object
/// may serve one connection or any number: what belongs to a connection is its <see cref="QuicConnectionHandle.State"/>.
/// <code>
///                       OnStream, OnStreamsAvailable, OnMessage
///                                   │      ▲
///   (start) ──► OnConnected ────────▼──────┴──────► OnClosed
///      └──────────── the handshake failed ─────────────▲
/// </code>
/// </summary>
/// <remarks>
/// Everything is called on the thread of the connection's shard, which serves other connections too: it must not block, and should take
/// microseconds. No call comes inside another: what a call causes is told after it has returned. Only <see cref="OnMessage"/> may come
/// before <see cref="OnConnected"/>. What it throws closes that one connection with INTERNAL_ERROR (RFC 9000 §20.1), and is the exception of
/// <see cref="QuicCloseReason.ToException"/>.
/// </remarks>
public abstract class QuicConnectionHandler
{
    /// <summary>The handshake is complete (RFC 9001 §4.1.1): streams may be opened. The base does nothing.</summary>
    /// <param name="connection">The connection.</param>
    public virtual void OnConnected(QuicConnectionHandle connection)
    {
    }

    /// <summary>The peer opened a stream (RFC 9000 §2.1). The base refuses it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="stream">The stream; its data comes after this call.</param>
    /// <returns>
    /// Who is told what happens to it. Null refuses the stream: both its sides are aborted with
    /// <see cref="QuicConnectionOptions.DefaultStreamErrorCode"/>, and nothing more is told of it.
    /// </returns>
    public virtual QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => null;

    /// <summary>
    /// The peer lets more streams be opened (MAX_STREAMS, RFC 9000 §4.6): after <see cref="OnConnected"/> if it allows any, and whenever a limit
    /// has grown. The base does nothing.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="bidirectional">Bidirectional streams that can be opened now.</param>
    /// <param name="unidirectional">Unidirectional streams that can be opened now.</param>
    public virtual void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional)
    {
    }

    /// <summary>
    /// A datagram came (RFC 9221): the options must take them (<see cref="QuicTransportOptions.MaxDatagramFrameSize"/>). The base does nothing.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="data">The datagram, valid during the call; it may be empty.</param>
    public virtual void OnDatagram(QuicConnectionHandle connection, ReadOnlySpan<byte> data)
    {
    }

    /// <summary>
    /// What became of a datagram that <see cref="QuicConnectionHandle.TrySendDatagram(ReadOnlySpan{byte}, out long)"/> took. One that was
    /// declared lost too early comes again as acknowledged. None comes once the connection is over. The base does nothing.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="id">The datagram's.</param>
    /// <param name="outcome">What became of it.</param>
    public virtual void OnDatagramOutcome(QuicConnectionHandle connection, long id, QuicDatagramOutcome outcome)
    {
    }

    /// <summary>
    /// A server's client moved to another address, as where a NAT forgot it, and was proven to be there (RFC 9000 §9):
    /// <see cref="QuicConnectionHandle.RemoteEndPoint"/> is the new one. The base does nothing.
    /// </summary>
    /// <param name="connection">The connection.</param>
    public virtual void OnRemoteEndPointChanged(QuicConnectionHandle connection)
    {
    }

    /// <summary>Something that <see cref="QuicConnectionHandle.Post"/> brought from another thread. The base does nothing.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="message">What was posted. Messages of one thread come in the order of its posts.</param>
    public virtual void OnMessage(QuicConnectionHandle connection, object? message)
    {
    }

    /// <summary>
    /// The last call of a connection, after that of each of its streams: it was closed by either side, failed, or was never made. After it the
    /// handle is stale. What this throws is ignored, since nothing is left to be closed. The base does nothing.
    /// </summary>
    /// <param name="connection">The connection; nothing can be sent on it any more.</param>
    /// <param name="reason">Why.</param>
    public virtual void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
    {
    }
}
