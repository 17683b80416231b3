namespace HotQuic.Http3;

/// <summary>
/// A request, or the connection that carried it, failed: the server refused or gave up, sent what RFC 9114 does not allow, or is gone.
/// </summary>
public sealed class Http3Exception : IOException
{
    /// <summary>Makes one.</summary>
    /// <param name="errorCode">The code that one side told the other; null where there was none.</param>
    /// <param name="message">What happened.</param>
    /// <param name="isRetrySafe">Whether the server certainly did nothing with the request.</param>
    /// <param name="innerException">What caused it, such as the <see cref="QuicException"/>.</param>
    public Http3Exception(Http3ErrorCode? errorCode, string message, bool isRetrySafe = false, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorCode = errorCode;
        IsRetrySafe = isRetrySafe;
    }

    /// <summary>
    /// The code that this side sent or received (RFC 9114 §8.1, RFC 9204 §8.3); null where the transport failed, in which case the inner
    /// exception says how. A server may send codes that are not named.
    /// </summary>
    public Http3ErrorCode? ErrorCode { get; }

    /// <summary>
    /// Whether the server certainly did not process the request, so that it may be sent again whatever its method is: it was rejected,
    /// or a GOAWAY excluded it, or it was never sent (RFC 9114 §4.1.1, §5.2).
    /// </summary>
    public bool IsRetrySafe { get; }

    /// <summary>Whether the response passed a limit of this side.</summary>
    internal bool IsLimit { get; init; }
}
