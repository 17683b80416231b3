using HotQuic.Core.Connections;
using HotQuic.Core.Errors;

namespace HotQuic.Errors;

/// <summary>
/// Why an operation failed, kept as a value and made into an exception for each one that has to be told: an exception object must not
/// be thrown by several threads.
/// </summary>
internal sealed record Failure
{
    private const int RememberedTerminations = 64;
    private const int LongestRememberedReason = 64;

    private static readonly Failure?[] Terminations = new Failure?[RememberedTerminations];

    private readonly QuicError _error;
    private readonly long? _code;
    private readonly string _message;
    private readonly Termination? _termination;
    private readonly Exception? _inner;

    private Failure(QuicError error, long? code, string message, Termination? termination = null, Exception? inner = null)
    {
        _error = error;
        _code = code;
        _message = message;
        _termination = termination;
        _inner = inner;
    }

    /// <summary>The transport error code that the peer is told, where that is not in the termination.</summary>
    private long? TransportCode { get; init; }

    public static Failure ReadingAborted { get; } = Local("Reading was aborted.");

    public static Failure WritingAborted { get; } = Local("Writing was aborted.");

    public static Failure ConnectionDisposed { get; } = Local("The connection was disposed of.");

    /// <summary>The engine that would drive it is gone.</summary>
    public static Failure EngineDisposed { get; } = Local("The engine was disposed of.");

    /// <summary>A listener's attempt ended before it was accepted, and nobody knows any more how.</summary>
    public static Failure AttemptOver { get; } = Local("The attempt was over before it was accepted.");

    public static Failure ReadingAbortedByPeer(ulong code) =>
        new(QuicError.StreamAborted, (long)code, $"The peer aborted writing to the stream with code {code}.");

    public static Failure WritingAbortedByPeer(ulong code) =>
        new(QuicError.StreamAborted, (long)code, $"The peer aborted reading from the stream with code {code}.");

    public static Failure Of(Termination termination)
    {
        // Most connections end in one of a few ways, and what says so never changes: they share it.
        ref Failure? known = ref Terminations[termination.GetHashCode() & (RememberedTerminations - 1)];
        Failure? seen = Volatile.Read(ref known);
        if (seen?._termination != termination)
        {
            seen = new Failure(default, null, "", termination);
            if (termination.Reason.Length <= LongestRememberedReason)
            {
                Volatile.Write(ref known, seen);
            }
        }

        return seen;
    }

    public static Failure Internal(Exception exception) =>
        new(QuicError.InternalError, null, "An internal error occurred.", inner: exception);

    /// <summary>Something threw before there was a connection: the application gets that very exception's text.</summary>
    public static Failure Of(Exception exception) => new(QuicError.InternalError, null, exception.Message, inner: exception);

    /// <summary>An event handler threw.</summary>
    public static Failure Handler(Exception exception) =>
        new(QuicError.CallbackError, null, "A handler threw an exception.", inner: exception) { TransportCode = (long)TransportErrorCode.InternalError };

    /// <summary>The application's callback threw.</summary>
    public static Failure Callback(Exception exception) =>
        new(QuicError.CallbackError, null, "The options callback failed.", inner: exception);

    /// <summary>What the application's callback gave cannot be used: it gets that very exception.</summary>
    public static Failure Unusable(Exception exception) => new(default, null, exception.Message, inner: exception) { IsInnerThrown = true };

    /// <summary>Whether it is the peer that gave the stream up.</summary>
    public bool IsStreamAbort => _error == QuicError.StreamAborted && _termination is null;

    public Exception ToException() => IsInnerThrown ? _inner! : _termination is { } termination
        ? TerminationErrors.ToException(termination, _inner)
        : new QuicException(_error, _code, _message, _inner) { TransportErrorCode = TransportCode };

    /// <summary>The same with what lies behind it, such as what a validation callback threw.</summary>
    public Failure With(Exception? inner) => inner is null ? this : new Failure(_error, _code, _message, _termination, inner);

    private bool IsInnerThrown { get; init; }

    private static Failure Local(string message) => new(QuicError.OperationAborted, null, message);
}
