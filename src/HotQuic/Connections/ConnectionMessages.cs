namespace HotQuic.Connections;

/// <summary>What a connection's handle, or the work of its handshake, asks of the shard.</summary>
internal enum ConnectionMessageKind
{
    /// <summary>A stream is wanted; the argument is the <see cref="OpenRequest"/>.</summary>
    Open,

    /// <summary>The application closes; the value is the code, the argument a completion or null.</summary>
    Close,

    /// <summary>The handle is gone; the argument is a completion or null.</summary>
    Dispose,

    /// <summary>The handshake is given up: the peer is told user_canceled.</summary>
    CancelHandshake,

    /// <summary>A datagram is to be sent; the argument is the <see cref="Datagrams.DatagramSend"/>, the value its version.</summary>
    SendDatagram,

    /// <summary>Nobody waits for a datagram's outcome any more; argument and value as above.</summary>
    CancelSendDatagram,

    /// <summary>A datagram is awaited; the argument is the <see cref="Streams.StreamHalf"/> that waits.</summary>
    ReceiveDatagram,

    /// <summary>It is no longer awaited; the argument as above, the value its version.</summary>
    CancelReceiveDatagram,

    UpdateKeys,

    /// <summary>The argument is the server's answer to the ClientHello.</summary>
    Configure,

    /// <summary>The argument is the signature, or null where there is none.</summary>
    Sign,

    /// <summary>The argument is the verdict on the peer's certificate.</summary>
    Verdict,
}
