using HotQuic.Core.Errors;

namespace HotQuic.Core.Connections;

/// <summary>What a connection tells the one who drives it; taken with <see cref="Connection.TryTakeEvent"/>.</summary>
internal enum ConnectionEventKind : byte
{
    /// <summary>A ClientHello came: answer with <see cref="Connection.ProvideConfiguration"/> or close.</summary>
    NeedConfiguration,

    /// <summary>Answer with <see cref="Connection.ProvideSignature"/>.</summary>
    NeedSignature,

    /// <summary>Answer with <see cref="Connection.ProvideCertificateVerdict"/>.</summary>
    NeedCertificateVerdict,

    /// <summary>Both Finished messages were seen (RFC 9001 §4.1.1): streams may be used.</summary>
    HandshakeCompleted,

    /// <summary>RFC 9001 §4.1.2.</summary>
    HandshakeConfirmed,

    /// <summary>A DATAGRAM frame waits in <see cref="Connection.Datagrams"/>.</summary>
    DatagramReceived,

    /// <summary>The client's address is another one, and proven: <see cref="Connection.Path"/> has it (RFC 9000 §9).</summary>
    PeerAddressChanged,

    /// <summary>The peer issued an address validation token for a later connection (RFC 9000 §8.1.3).</summary>
    NewToken,

    /// <summary>The connection is over for the application; <see cref="Connection.Termination"/> says why. Packets may still be exchanged.</summary>
    Closed,

    /// <summary>The last timer has run out: nothing more will be sent, the connection's IDs are gone, the object may be dropped.</summary>
    Drained,
}

/// <summary>Who or what ended a connection.</summary>
internal enum TerminationKind : byte
{
    /// <summary>Our application closed it.</summary>
    LocalApplication,

    /// <summary>We found the peer at fault, or could not go on.</summary>
    LocalTransport,

    /// <summary>The peer's application closed it (0x1d).</summary>
    PeerApplication,

    /// <summary>The peer's transport closed it (0x1c).</summary>
    PeerTransport,

    IdleTimeout,

    HandshakeTimeout,

    StatelessReset,

    /// <summary>The server speaks none of our versions (RFC 9000 §6.2).</summary>
    VersionNegotiation,

    /// <summary>The network says that nobody listens there.</summary>
    Unreachable,

    /// <summary>2^62-1 packets were sent in one space (RFC 9000 §12.3).</summary>
    PacketNumbersExhausted,
}

/// <summary>How a connection ended.</summary>
/// <param name="Kind">Who or what ended it.</param>
/// <param name="Code">The application's code or the transport error code; 0 where there is none.</param>
/// <param name="FrameType">The frame type that was to blame, for transport errors (RFC 9000 §19.19).</param>
/// <param name="Reason">Our fixed sentence, or the peer's phrase.</param>
internal readonly record struct Termination(TerminationKind Kind, ulong Code, ulong FrameType, string Reason)
{
    /// <summary>The TLS alert that the code carries, or null.</summary>
    public TlsAlert? Alert => Kind is TerminationKind.LocalTransport or TerminationKind.PeerTransport ? TransportError.AlertOf(Code) : null;
}
