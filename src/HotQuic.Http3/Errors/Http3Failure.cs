using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Authentication;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Errors;

/// <summary>Why a request or a connection failed, kept to make an exception of for each who asks.</summary>
internal sealed record Http3Failure(Http3ErrorCode? Code, string Message, bool IsRetrySafe = false, Exception? Cause = null)
{
    /// <summary>Whether the cause is an exception of the application's own code, which it gets as it was.</summary>
    public bool IsCallers { get; init; }

    /// <summary>Whether it is a limit of this side that was passed (RFC 9114 §4.2.2, §10.5).</summary>
    public bool IsLimit { get; init; }

    /// <summary>
    /// Whether an exception says that the transport has ended, here or by the peer. A server that refuses the client's certificate ends a connection
    /// that was established (RFC 8446 §4.4.2.4), so that failures of TLS are among them.
    /// </summary>
    public static bool IsTransports(Exception exception) =>
        exception is QuicException or ObjectDisposedException or AuthenticationException or SocketException;

    /// <summary>This side found a fault of the peer, or the response beyond a limit.</summary>
    public static Http3Failure Of(Http3Error error)
    {
        string message = error.IsLimit ? "The response was given up" : "The server broke the protocol";
        return new(error.Code, $"{message}: {error.Reason} ({NameOf(error.Code)}).") { IsLimit = error.IsLimit };
    }

    /// <summary>The connection is no more.</summary>
    public static Http3Failure OfConnection(Exception cause)
    {
        if (cause is QuicException { QuicError: QuicError.ConnectionAborted, ApplicationErrorCode: { } code })
        {
            var known = (Http3ErrorCode)code;
            return new Http3Failure(known, $"The server closed the connection with {NameOf(known)}.", Cause: cause);
        }

        return new Http3Failure(null, $"The connection is gone: {cause.Message}", Cause: cause);
    }

    /// <summary>The server reset the request's stream (RFC 9114 §4.1.1).</summary>
    public static Http3Failure OfStream(long code, Exception cause)
    {
        var known = (Http3ErrorCode)code;
        return new Http3Failure(known, $"The server gave the request up with {NameOf(known)}.", known == Http3ErrorCode.RequestRejected, cause);
    }

    /// <exception cref="Exception">The cause, where it is the application's own.</exception>
    public Http3Exception ToException()
    {
        if (IsCallers)
        {
            ExceptionDispatchInfo.Throw(Cause!);
        }

        return new Http3Exception(Code, Message, IsRetrySafe, Cause) { IsLimit = IsLimit };
    }

    /// <summary>Whether a code that the peer closed with says that nothing is wrong, as those do that are not known (RFC 9114 §8).</summary>
    public static bool IsNoError(Http3ErrorCode code) => code == Http3ErrorCode.NoError || !Enum.IsDefined(code);

    /// <summary>The code as the RFC writes it.</summary>
    public static string NameOf(Http3ErrorCode code) => code switch
    {
        Http3ErrorCode.NoError => "H3_NO_ERROR",
        Http3ErrorCode.GeneralProtocolError => "H3_GENERAL_PROTOCOL_ERROR",
        Http3ErrorCode.InternalError => "H3_INTERNAL_ERROR",
        Http3ErrorCode.StreamCreationError => "H3_STREAM_CREATION_ERROR",
        Http3ErrorCode.ClosedCriticalStream => "H3_CLOSED_CRITICAL_STREAM",
        Http3ErrorCode.FrameUnexpected => "H3_FRAME_UNEXPECTED",
        Http3ErrorCode.FrameError => "H3_FRAME_ERROR",
        Http3ErrorCode.ExcessiveLoad => "H3_EXCESSIVE_LOAD",
        Http3ErrorCode.IdError => "H3_ID_ERROR",
        Http3ErrorCode.SettingsError => "H3_SETTINGS_ERROR",
        Http3ErrorCode.MissingSettings => "H3_MISSING_SETTINGS",
        Http3ErrorCode.RequestRejected => "H3_REQUEST_REJECTED",
        Http3ErrorCode.RequestCancelled => "H3_REQUEST_CANCELLED",
        Http3ErrorCode.RequestIncomplete => "H3_REQUEST_INCOMPLETE",
        Http3ErrorCode.MessageError => "H3_MESSAGE_ERROR",
        Http3ErrorCode.ConnectError => "H3_CONNECT_ERROR",
        Http3ErrorCode.VersionFallback => "H3_VERSION_FALLBACK",
        Http3ErrorCode.QpackDecompressionFailed => "QPACK_DECOMPRESSION_FAILED",
        Http3ErrorCode.QpackEncoderStreamError => "QPACK_ENCODER_STREAM_ERROR",
        Http3ErrorCode.QpackDecoderStreamError => "QPACK_DECODER_STREAM_ERROR",
        _ => $"code 0x{(long)code:x}",
    };
}
