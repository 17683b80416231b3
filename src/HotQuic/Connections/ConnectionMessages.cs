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

    /// <summary>The argument is the completion that wants the numbers.</summary>
    Statistics,

    UpdateKeys,

    /// <summary>The argument is what an awaiting listener's callback gave, and why it gave nothing.</summary>
    Configure,

    /// <summary>An event handler's client starts.</summary>
    Connect,

    /// <summary>An event handler takes the attempt; the argument is its <see cref="HotQuic.Handlers.HandledConnection"/>.</summary>
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
