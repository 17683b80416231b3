using HotQuic.Errors;

namespace HotQuic;

/// <summary>Why a connection is over, or was never made; see <see cref="QuicConnectionHandler.OnClosed"/>. It may be kept, on any thread.</summary>
public readonly struct QuicCloseReason
{
    private readonly Failure? _failure;

    internal QuicCloseReason(Failure failure)
    {
        _failure = failure;
    }

    /// <summary>
    /// What ended it: <see cref="QuicError.OperationAborted"/> for a close of this side, <see cref="QuicError.ConnectionAborted"/> for one of
    /// the peer, <see cref="QuicError.CallbackError"/> for a handler that threw,
    /// <see cref="QuicError.ConnectionRefused"/> where nobody listens, too; TLS failures are <see cref="QuicError.TransportError"/>.
    /// </summary>
    public QuicError Error => Described?.QuicError ?? (ToException() is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.ConnectionRefused }
        ? QuicError.ConnectionRefused
        : QuicError.InternalError);

    /// <summary>The code of the peer's application, 0 to 2^62-1, where it closed (RFC 9000 §10.2); otherwise null.</summary>
    public long? ApplicationErrorCode => Described?.ApplicationErrorCode;

    /// <summary>The transport error code (RFC 9000 §20.1), 0x100 and a TLS alert (RFC 9001 §4.8) included, where there is one; otherwise null.</summary>
    public long? TransportErrorCode => Described?.TransportErrorCode;

    /// <summary>A sentence for people.</summary>
    public string Message => ToException().Message;

    private QuicException? Described => ToException() is { } exception ? exception as QuicException ?? exception.InnerException as QuicException : null;

    /// <summary>
    /// The exception that an awaiting caller would get, a new one each time: a <see cref="QuicException"/>, an
    /// <see cref="System.Security.Authentication.AuthenticationException"/> around one for TLS, or a
    /// <see cref="System.Net.Sockets.SocketException"/>. What a handler threw is its <see cref="Exception.InnerException"/>.
    /// </summary>
    /// <returns>The exception.</returns>
    public Exception ToException() => (_failure ?? Failure.ConnectionDisposed).ToException();

    /// <inheritdoc/>
    public override string ToString() => Message;
}
