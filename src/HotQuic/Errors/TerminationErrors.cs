using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;

namespace HotQuic.Errors;

/// <summary>
/// What the end of a connection is to the application: the one place where terminations become exceptions.
/// <code>
/// termination                              exception
/// LocalApplication                         OperationAborted
/// LocalTransport, PeerTransport: alert     AuthenticationException, around TransportError
/// PeerTransport: CONNECTION_REFUSED        ConnectionRefused
/// PeerTransport: APPLICATION_ERROR         TransportError; a sentence of its own, and for INVALID_TOKEN too
/// LocalTransport, PeerTransport: others    TransportError
/// PeerApplication                          ConnectionAborted, with the code
/// IdleTimeout                              ConnectionIdle
/// HandshakeTimeout                         ConnectionTimeout
/// StatelessReset                           TransportError, without a code
/// VersionNegotiation                       VersionNegotiationError
/// PacketNumbersExhausted                   TransportError, without a code
/// Unreachable                              SocketException, ConnectionRefused (as the system says it)
/// </code>
/// </summary>
internal static class TerminationErrors
{
    private const int LongestReason = 256;

    public static Exception ToException(Termination termination, Exception? inner = null) => termination.Kind switch
    {
        TerminationKind.LocalApplication => Quic(QuicError.OperationAborted, "The connection was closed by this side."),
        TerminationKind.PeerApplication => new QuicException(
            QuicError.ConnectionAborted, (long)termination.Code, $"The peer closed the connection with code {termination.Code}.{Quoted(termination)}"),
        TerminationKind.LocalTransport or TerminationKind.PeerTransport when termination.Alert is { } alert => Authentication(termination, alert, inner),
        TerminationKind.PeerTransport when termination.Code == (ulong)TransportErrorCode.ConnectionRefused =>
            Transport(QuicError.ConnectionRefused, termination, "The server refused the connection."),
        TerminationKind.PeerTransport =>
            Transport(QuicError.TransportError, termination, $"The peer closed the connection with transport error 0x{termination.Code:x}.{Meaning(termination)}{Quoted(termination)}"),
        TerminationKind.LocalTransport =>
            Transport(QuicError.TransportError, termination, $"The connection failed with transport error 0x{termination.Code:x}.{Quoted(termination)}"),
        TerminationKind.IdleTimeout => Quic(QuicError.ConnectionIdle, "Nothing was heard of the peer for as long as the idle timeout."),
        TerminationKind.HandshakeTimeout => Quic(QuicError.ConnectionTimeout, "The handshake did not complete in time."),
        TerminationKind.StatelessReset => Quic(QuicError.TransportError, "The peer lost the connection's state and reset it."),
        TerminationKind.VersionNegotiation => Quic(QuicError.VersionNegotiationError, $"No common version.{Quoted(termination)}"),
        TerminationKind.PacketNumbersExhausted => Quic(QuicError.TransportError, "The connection has no packet numbers left."),
        TerminationKind.Unreachable => new SocketException((int)SocketError.ConnectionRefused),
        _ => throw new ArgumentOutOfRangeException(nameof(termination), termination.Kind, "Expected a kind of the table."),
    };

    private static AuthenticationException Authentication(Termination termination, TlsAlert alert, Exception? inner)
    {
        string who = termination.Kind == TerminationKind.PeerTransport ? "The peer ended the handshake" : "The handshake failed";
        string message = $"{who} with TLS alert {alert} ({(byte)alert}).{Quoted(termination)}";
        return new AuthenticationException(message, Transport(QuicError.TransportError, termination, message, inner));
    }

    /// <summary>
    /// During the handshake an application's close comes without its code (RFC 9000 §10.2.3). Some versions of MsQuic then send 0x0b, which is
    /// INVALID_TOKEN elsewhere, in place of 0x0c.
    /// </summary>
    private static string Meaning(Termination termination) => (TransportErrorCode)termination.Code switch
    {
        TransportErrorCode.ApplicationError => " Its application gave the connection up.",
        TransportErrorCode.InvalidToken => " Its application gave the connection up, or it did not take the address validation token.",
        _ => "",
    };

    private static QuicException Transport(QuicError error, Termination termination, string message, Exception? inner = null) =>
        new(error, applicationErrorCode: null, message, inner) { TransportErrorCode = (long)termination.Code };

    private static QuicException Quic(QuicError error, string message) => new(error, applicationErrorCode: null, message);

    /// <summary>The reason as a log may show it: messages reach screens and files, and what a peer says may not steer those or fill them.</summary>
    private static string Quoted(Termination termination)
    {
        if (termination.Reason.Length == 0)
        {
            return "";
        }

        string shown = string.Concat(termination.Reason.Take(LongestReason).Select(character => IsPlain(character) ? character : '?'));
        return $" Reason: {shown}";
    }

    private static bool IsPlain(char character) => char.GetUnicodeCategory(character) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
