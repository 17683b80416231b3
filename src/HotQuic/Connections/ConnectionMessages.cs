using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>What a connection's handle, or the work of its handshake, asks of the shard.</summary>
internal enum ConnectionMessageKind
{
    /// <summary>A stream is wanted; the argument is the <see cref="StreamRequest"/>.</summary>
    Open,

    /// <summary>The token of the <see cref="StreamRequest"/>, which is the argument, was cancelled.</summary>
    CancelOpen,

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

    /// <summary>A datagram is awaited; the argument is the <see cref="Datagrams.DatagramReceive"/>, the value its version.</summary>
    ReceiveDatagram,

    /// <summary>It is no longer awaited; argument and value as above.</summary>
    CancelReceiveDatagram,

    UpdateKeys,

    /// <summary>The argument is the <see cref="Handshakes.ServerAnswerWork"/> with what an awaiting listener's callback gave, or why it gave nothing.</summary>
    Configure,

    /// <summary>A client starts; the argument is the <see cref="Handshakes.ConnectRequest"/> of one that is awaited.</summary>
    Connect,

    /// <summary>An event handler takes the attempt; the argument says which, and for what.</summary>
    Accept,

    /// <summary>The argument is the <see cref="QuicServerConfiguration"/> for an event handler's connection.</summary>
    ProvideConfiguration,

    /// <summary>An event handler refuses the attempt.</summary>
    Reject,

    /// <summary>The argument is what an application posted to its handler.</summary>
    Application,

    /// <summary>The argument is the signature, or null where there is none.</summary>
    Sign,

    /// <summary>The argument is the verdict on the peer's certificate.</summary>
    Verdict,
}
