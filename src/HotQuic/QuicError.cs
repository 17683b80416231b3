namespace HotQuic;

/// <summary>What went wrong, as <see cref="QuicException.QuicError"/> tells it.</summary>
public enum QuicError
{
    /// <summary>Nothing.</summary>
    Success = 0,

    /// <summary>A fault of the implementation.</summary>
    InternalError = 1,

    /// <summary>The peer's application closed the connection; <see cref="QuicException.ApplicationErrorCode"/> is its code.</summary>
    ConnectionAborted = 2,

    /// <summary>The peer's application aborted a side of the stream; <see cref="QuicException.ApplicationErrorCode"/> is its code.</summary>
    StreamAborted = 3,

    /// <summary>The handshake did not complete within <see cref="QuicConnectionOptions.HandshakeTimeout"/>.</summary>
    ConnectionTimeout = 6,

    /// <summary>
    /// The server refused the connection: it is overloaded, or its application turned it down (RFC 9000 §20.1, CONNECTION_REFUSED).
    /// </summary>
    ConnectionRefused = 8,

    /// <summary>The server speaks none of the versions that the client speaks (RFC 9000 §6.2).</summary>
    VersionNegotiationError = 9,

    /// <summary>Nothing was heard of the peer for as long as the idle timeout (RFC 9000 §10.1).</summary>
    ConnectionIdle = 10,

    /// <summary>This side ended the operation: it closed the connection, or aborted or disposed the stream.</summary>
    OperationAborted = 12,

    /// <summary>Another listener of this process already takes one of the application protocols on the same address and port.</summary>
    AlpnInUse = 13,

    /// <summary>
    /// A transport error ended the connection; <see cref="QuicException.TransportErrorCode"/> is its code (RFC 9000 §20.1), 0x100 and the alert
    /// for TLS (RFC 9001 §4.8). Without a code: the peer reset the connection statelessly (RFC 9000 §10.3), or packet numbers ran out.
    /// </summary>
    TransportError = 14,

    /// <summary>A callback of the application threw; the inner exception is what it threw.</summary>
    CallbackError = 15,
}
