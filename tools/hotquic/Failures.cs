using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace HotQuic.Tools;

/// <summary>Says in one sentence what went wrong. What nobody expected is told in full, since it is a fault of ours.</summary>
internal static class Failures
{
    /// <summary>The sentence for an exception.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        CommandException => exception.Message,
        AuthenticationException => $"the TLS handshake failed: {WithCause(exception)}",
        SocketException socket => $"the network failed: {socket.Message}",
        OperationCanceledException => "interrupted",
        _ when IsExpected(exception) => WithCause(exception),
        _ => $"unexpected failure: {exception}",
    };

    /// <summary>Whether the network, the peer, the file system or the user caused it.</summary>
    public static bool IsExpected(Exception exception) => exception is
        CommandException or IOException or SocketException or AuthenticationException or UnauthorizedAccessException
        or CryptographicException or InvalidDataException or PlatformNotSupportedException or TimeoutException;

    /// <summary>An exception's message, with that of its cause where it says more.</summary>
    public static string WithCause(Exception exception) =>
        exception.InnerException is { } inner && !exception.Message.Contains(inner.Message, StringComparison.Ordinal)
        ? $"{exception.Message} ({inner.Message})"
        : exception.Message;
}
