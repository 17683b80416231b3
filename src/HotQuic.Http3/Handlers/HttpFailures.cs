using System.Net.Sockets;
using System.Security.Authentication;

namespace HotQuic.Http3.Handlers;

/// <summary>What failed, in the words of <see cref="HttpClient"/>.</summary>
internal static class HttpFailures
{
    /// <summary>A request failed before its response's fields came; null where the exception is to stay as it is.</summary>
    public static HttpRequestException? Translate(Exception cause) => cause switch
    {
        Http3Exception e => new HttpRequestException(KindOf(e), e.Message, Inner(e)),
        AuthenticationException => new HttpRequestException(HttpRequestError.SecureConnectionError, "The TLS connection could not be established.", cause),
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
            new HttpRequestException(HttpRequestError.NameResolutionError, cause.Message, cause),
        SocketException => new HttpRequestException(HttpRequestError.ConnectionError, cause.Message, cause),
        QuicException { QuicError: QuicError.VersionNegotiationError } => new HttpRequestException(HttpRequestError.VersionNegotiationError, cause.Message, cause),
        QuicException => new HttpRequestException(HttpRequestError.ConnectionError, cause.Message, cause),
        _ => null,
    };

    /// <summary>A response's content cannot be read to its end; null where the exception is to stay as it is.</summary>
    public static HttpIOException? TranslateContent(Exception cause) => cause is Http3Exception e ? Inner(e) : null;

    private static HttpIOException Inner(Http3Exception e) => e.ErrorCode is { } code
        ? new HttpProtocolException((long)code, e.Message, e)
        : new HttpIOException(KindOf(e), e.Message, e);

    private static HttpRequestError KindOf(Http3Exception e) => e.ErrorCode switch
    {
        _ when e.IsLimit => HttpRequestError.ConfigurationLimitExceeded,
        Http3ErrorCode.MessageError => HttpRequestError.InvalidResponse,
        null when e.InnerException is AuthenticationException => HttpRequestError.SecureConnectionError,
        null when e.InnerException is QuicException or SocketException => HttpRequestError.ConnectionError,
        null => HttpRequestError.Unknown,
        _ => HttpRequestError.HttpProtocolError,
    };
}
