namespace HotQuic;

/// <summary>An operation failed because of what happened to its connection or stream.</summary>
public sealed class QuicException : IOException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="applicationErrorCode">The code of an application protocol, where one came with the error.</param>
    /// <param name="message">A sentence for people.</param>
    public QuicException(QuicError error, long? applicationErrorCode, string message)
        : this(error, applicationErrorCode, message, innerException: null)
    {
    }

    internal QuicException(QuicError error, long? applicationErrorCode, string message, Exception? innerException)
        : base(message, innerException)
    {
        QuicError = error;
        ApplicationErrorCode = applicationErrorCode;
    }

    /// <summary>What went wrong.</summary>
    public QuicError QuicError { get; }

    /// <summary>The application's error code, 0 to 2^62-1, for <see cref="QuicError.ConnectionAborted"/> and <see cref="QuicError.StreamAborted"/>; otherwise null.</summary>
    public long? ApplicationErrorCode { get; }

    /// <summary>The transport error code that ended the connection (RFC 9000 §20.1), where there is one; otherwise null.</summary>
    public long? TransportErrorCode { get; internal init; }
}
