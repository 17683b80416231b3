using System.Text;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Connections;

/// <summary>The end of a connection (RFC 9000 §10.2).</summary>
/// <remarks>
/// <code>
///            we close                      3 PTO
///   Open ------------------> Closing ------------------> Drained
///     |                         | peer closes               ^
///     | peer closes, reset      v                           |
///     +--------------------> Draining -----------------------+   3 PTO
///     | idle timeout, version negotiation, unreachable       |
///     +------------------------------------------------------+   at once
/// </code>
/// </remarks>
internal enum CloseState : byte
{
    Open,
    Closing,
    Draining,
    Drained,
}

/// <summary>
/// Ends a connection and answers for it afterwards: CONNECTION_CLOSE goes out once, then again for ever fewer of the packets
/// that still come (RFC 9000 §10.2.1). The first cause wins.
/// </summary>
internal sealed class ConnectionCloser
{
    private readonly Connection _connection;
    private int _packetsSinceClose;
    private bool _isClosePending;
    private byte[] _reason = [];

    public ConnectionCloser(Connection connection)
    {
        _connection = connection;
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        _packetsSinceClose = 0;
        _isClosePending = false;
        _reason = [];
        State = CloseState.Open;
        Termination = null;
        Deadline = Instant.Never;
    }

    public CloseState State { get; private set; }

    public bool IsOpen => State == CloseState.Open;

    /// <summary>The peer ended the connection: what follows in its packet no longer matters.</summary>
    public bool IsPeerClosed => State is CloseState.Draining or CloseState.Drained;

    public Termination? Termination { get; private set; }

    /// <summary>When closing or draining ends.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    public bool HasPendingClose => _isClosePending && State == CloseState.Closing;

    /// <summary>RFC 9000 §10.2: our application has had enough.</summary>
    public void CloseByApplication(ulong code, string reason, Instant now) =>
        BeginClosing(new Termination(TerminationKind.LocalApplication, code, 0, reason), now);

    /// <summary>RFC 9000 §11.1: the peer was at fault, or we were.</summary>
    public void CloseByTransport(TransportError error, Instant now) =>
        BeginClosing(new Termination(TerminationKind.LocalTransport, (ulong)error.Code, error.FrameType, error.Reason), now);

    /// <summary>The handshake took too long. The peer may still wait, so it is told, in the words of TLS: user_canceled.</summary>
    public void EndByHandshakeTimeout(Instant now)
    {
        TransportError error = TransportError.FromAlert(TlsAlert.UserCanceled, "The handshake took too long.");
        BeginClosing(new Termination(TerminationKind.HandshakeTimeout, (ulong)error.Code, 0, error.Reason), now);
    }

    /// <summary>The connection ends without a word to the peer.</summary>
    public void EndSilently(TerminationKind kind, string reason, Instant now)
    {
        if (!IsOpen)
        {
            return;
        }

        Settle(new Termination(kind, 0, 0, reason), now);
        if (kind == TerminationKind.StatelessReset)
        {
            EnterDraining(now);
        }
        else
        {
            EnterDrained(now);
        }
    }

    /// <summary>RFC 9000 §19.19, §10.2.2.</summary>
    public TransportError? OnPeerClose(in ConnectionCloseFrame frame, Instant now)
    {
        if (IsOpen)
        {
            TerminationKind kind = frame.IsApplication ? TerminationKind.PeerApplication : TerminationKind.PeerTransport;
            Settle(new Termination(kind, frame.ErrorCode, frame.TriggerType, frame.ReasonText()), now);
            EnterDraining(now);
        }
        else if (State == CloseState.Closing)
        {
            EnterDraining(now);
        }

        return null;
    }

    /// <summary>A packet came although we are closing: the answer is repeated for the 1st, 2nd, 4th, 8th… of them (CLOSE-03).</summary>
    public void OnPacketWhileClosing()
    {
        _packetsSinceClose++;
        _isClosePending |= System.Numerics.BitOperations.IsPow2(_packetsSinceClose);
    }

    public void OnCloseSent() => _isClosePending = false;

    public void OnTimeout(Instant now)
    {
        if (State is CloseState.Closing or CloseState.Draining && now >= Deadline)
        {
            EnterDrained(now);
        }
    }

    /// <summary>The frame for packets of a level; an application's code and words stay private before 1-RTT (RFC 9000 §10.2.3).</summary>
    public void WriteClose(ref FrameWriter writer, EncryptionLevel level)
    {
        Termination termination = Termination.GetValueOrDefault();
        bool isApplication = termination.Kind == TerminationKind.LocalApplication;
        ConnectionCloseFrame frame = isApplication
            ? level == EncryptionLevel.OneRtt
                ? ConnectionCloseFrame.Application(termination.Code, _reason)
                : ConnectionCloseFrame.Transport(TransportErrorCode.ApplicationError, 0, default)
            : ConnectionCloseFrame.Transport((TransportErrorCode)termination.Code, termination.FrameType, _reason);
        frame.FittedTo(writer.Remaining).Write(ref writer.Wire);
        writer.Log(new SentFrame(isApplication ? FrameType.ConnectionCloseApplication : FrameType.ConnectionCloseTransport, 0, 0, 0));
    }

    private void BeginClosing(Termination termination, Instant now)
    {
        if (!IsOpen)
        {
            return;
        }

        Settle(termination, now);
        if (!_connection.Transmitter.CanSendClose)
        {
            EnterDrained(now);
            return;
        }

        ChangeState(CloseState.Closing, now);
        _reason = Encoding.UTF8.GetBytes(termination.Reason);
        _isClosePending = true;
        Deadline = now + (3 * _connection.CurrentPto);
    }

    private void Settle(Termination termination, Instant now)
    {
        Termination = termination;
        bool isLocal = termination.Kind is TerminationKind.LocalApplication or TerminationKind.LocalTransport or TerminationKind.HandshakeTimeout;
        bool isApplication = termination.Kind is TerminationKind.LocalApplication or TerminationKind.PeerApplication;
        _connection.Sink?.OnClosed(new ClosedEvent(now, isLocal, isApplication, termination.Code, TriggerOf(termination.Kind), termination.Reason));
        _connection.OnTerminated();
    }

    private static CloseTrigger TriggerOf(TerminationKind kind) => kind switch
    {
        TerminationKind.LocalApplication or TerminationKind.PeerApplication => CloseTrigger.Application,
        TerminationKind.IdleTimeout => CloseTrigger.IdleTimeout,
        TerminationKind.HandshakeTimeout => CloseTrigger.HandshakeTimeout,
        TerminationKind.StatelessReset => CloseTrigger.StatelessReset,
        TerminationKind.VersionNegotiation => CloseTrigger.VersionMismatch,
        TerminationKind.Unreachable => CloseTrigger.Unreachable,
        TerminationKind.PacketNumbersExhausted => CloseTrigger.PacketNumbersExhausted,
        _ => CloseTrigger.TransportError,
    };

    private void EnterDraining(Instant now)
    {
        ChangeState(CloseState.Draining, now);
        Deadline = now + (3 * _connection.CurrentPto);
        _connection.OnDraining(now);
    }

    private void EnterDrained(Instant now)
    {
        ChangeState(CloseState.Drained, now);
        Deadline = Instant.Never;
        _connection.OnDrained(now);
    }

    private void ChangeState(CloseState state, Instant now)
    {
        _connection.Sink?.OnStateChanged(new StateChangedEvent(now, State.ToString(), state.ToString()));
        State = state;
    }
}
