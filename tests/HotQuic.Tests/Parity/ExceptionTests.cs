using System.Net.Sockets;
using System.Security.Authentication;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Errors;

namespace HotQuic.Tests.Parity;

/// <summary>S12: what the end of a connection is to the application, row by row of the table in <see cref="TerminationErrors"/>.</summary>
public class ExceptionTests
{
    private const ulong ApplicationCode = 0x2a;

    [Fact]
    public void AnExceptionCarriesWhatItWasMadeWith()
    {
        var exception = new QuicException(QuicError.StreamAborted, 7, "a sentence");
        Assert.Equal((QuicError.StreamAborted, 7L, "a sentence"), (exception.QuicError, exception.ApplicationErrorCode, exception.Message));
        Assert.Null(exception.TransportErrorCode);
        Assert.Null(exception.InnerException);
        Assert.IsAssignableFrom<IOException>(exception);
        Assert.Contains("a sentence", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void S12_OurCloseIsAnAbortedOperationWithoutACode() =>
        Expect(Of(TerminationKind.LocalApplication, ApplicationCode), QuicError.OperationAborted);

    [Fact]
    public void S12_ThePeersCloseIsAnAbortedConnectionWithItsCode() =>
        Expect(Of(TerminationKind.PeerApplication, ApplicationCode), QuicError.ConnectionAborted, application: (long)ApplicationCode);

    /// <summary>Either side may have found the fault; both see the alert.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void S12_AnAlertIsAFailedAuthentication(bool isOurs)
    {
        var exception = Assert.IsType<AuthenticationException>(TerminationErrors.ToException(Of(Transport(isOurs), 0x100 + (ulong)TlsAlert.UserCanceled)));
        Assert.Contains("UserCanceled", exception.Message, StringComparison.Ordinal);
        Expect(Assert.IsType<QuicException>(exception.InnerException), QuicError.TransportError, transport: 0x100 + (long)TlsAlert.UserCanceled);
    }

    [Fact]
    public void S12_ARefusalByTheServerIsARefusedConnection() => Expect(
        Of(TerminationKind.PeerTransport, (ulong)TransportErrorCode.ConnectionRefused), QuicError.ConnectionRefused, transport: (long)TransportErrorCode.ConnectionRefused);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void S12_EveryOtherTransportErrorIsOneWithItsCode(bool isOurs) => Expect(
        Of(Transport(isOurs), (ulong)TransportErrorCode.FlowControlError), QuicError.TransportError, transport: (long)TransportErrorCode.FlowControlError);

    [Fact]
    public void S12_SilenceIsAnIdleConnection() => Expect(Of(TerminationKind.IdleTimeout), QuicError.ConnectionIdle);

    [Fact]
    public void S12_AHandshakeThatTakesTooLongIsATimeout() => Expect(Of(TerminationKind.HandshakeTimeout), QuicError.ConnectionTimeout);

    [Fact]
    public void S12_AStatelessResetIsATransportErrorWithoutACode() => Expect(Of(TerminationKind.StatelessReset), QuicError.TransportError);

    [Fact]
    public void S12_NoCommonVersionIsAVersionNegotiationError() => Expect(Of(TerminationKind.VersionNegotiation), QuicError.VersionNegotiationError);

    [Fact]
    public void S12_PacketNumbersThatHaveRunOutAreATransportErrorWithoutACode() =>
        Expect(Of(TerminationKind.PacketNumbersExhausted), QuicError.TransportError);

    [Fact]
    public void S12_ADeadPortIsWhatTheSystemSays() => Assert.Equal(
        SocketError.ConnectionRefused, Assert.IsType<SocketException>(TerminationErrors.ToException(Of(TerminationKind.Unreachable))).SocketErrorCode);

    /// <summary>Whatever kinds there will be, each has its row.</summary>
    [Fact]
    public void S12_EveryKindIsInTheTable() =>
        Assert.All(Enum.GetValues<TerminationKind>(), kind => Assert.NotNull(TerminationErrors.ToException(Of(kind))));

    /// <summary>What the peer says of the reason is for people; it stands at the end.</summary>
    [Fact]
    public void S12_ThePeersReasonIsQuoted()
    {
        var termination = new Termination(TerminationKind.PeerApplication, 1, 0, "going home");
        Assert.EndsWith("going home", TerminationErrors.ToException(termination).Message, StringComparison.Ordinal);
    }

    /// <summary>A message reaches logs and screens: a peer's reason neither breaks a line, nor moves a cursor, nor fills a disk.</summary>
    [Fact]
    public void WhatAPeerGivesAsItsReasonCannotForgeALog()
    {
        string reason = "a\r\nb\u001b[2Jc\u2028d\u202ee" + new string('x', 5000);
        foreach (TerminationKind kind in (TerminationKind[])[TerminationKind.PeerApplication, TerminationKind.PeerTransport])
        {
            string message = TerminationErrors.ToException(new Termination(kind, 7, 0, reason)).Message;
            Assert.Contains("Reason: a??b?[2Jc?d?exxx", message, StringComparison.Ordinal);
            Assert.InRange(message.Length, 256, 400);
        }
    }

    /// <summary>Each operation throws an object of its own: one that several threads throw has a stack trace of none of them.</summary>
    [Fact]
    public void S12_EveryOperationGetsItsOwnException()
    {
        Failure failure = Failure.Of(Of(TerminationKind.IdleTimeout));
        Assert.NotSame(failure.ToException(), failure.ToException());
    }

    private static void Expect(Termination termination, QuicError error, long? application = null, long? transport = null) =>
        Expect(Assert.IsType<QuicException>(TerminationErrors.ToException(termination)), error, application, transport);

    private static void Expect(QuicException exception, QuicError error, long? application = null, long? transport = null)
    {
        Assert.Equal(error, exception.QuicError);
        Assert.Equal(application, exception.ApplicationErrorCode);
        Assert.Equal(transport, exception.TransportErrorCode);
    }

    private static Termination Of(TerminationKind kind, ulong code = 0) => new(kind, code, FrameType: 0, "");

    private static TerminationKind Transport(bool isOurs) => isOurs ? TerminationKind.LocalTransport : TerminationKind.PeerTransport;
}
