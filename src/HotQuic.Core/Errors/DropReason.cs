namespace HotQuic.Core.Errors;

/// <summary>Why a datagram or a packet was dropped. Every drop names one; each has a counter.</summary>
internal enum DropReason : byte
{
    None = 0,

    /// <summary>The datagram is empty, or its header ends too early (RFC 8999 §5).</summary>
    HeaderTruncated,

    /// <summary>The fixed bit is 0 (RFC 9000 §17.2, §17.3.1).</summary>
    FixedBitClear,

    /// <summary>A connection ID is longer than the version allows (RFC 9000 §17.2).</summary>
    ConnectionIdTooLong,

    /// <summary>The Length field claims more than the datagram holds (RFC 9000 §17.2).</summary>
    LengthExceedsDatagram,

    /// <summary>No room for a packet number and a header protection sample (RFC 9001 §5.4.2).</summary>
    TooShortToSample,

    /// <summary>A coalesced packet names another connection than the first of its datagram (RFC 9000 §12.2).</summary>
    CoalescedConnectionIdDiffers,

    /// <summary>The version is not the connection's (RFC 9000 §5.2.1).</summary>
    VersionMismatch,

    /// <summary>The version is not supported, and the datagram too small for a Version Negotiation (RFC 9000 §5.2.2).</summary>
    UnsupportedVersion,

    /// <summary>A packet that only the other role may receive (RFC 9001 §5.6, RFC 9000 §17.2.5).</summary>
    UnexpectedPacketType,

    /// <summary>Keys for the packet do not exist yet (RFC 9001 §5.7).</summary>
    KeysNotAvailable,

    /// <summary>Keys for the packet were discarded (RFC 9001 §4.9).</summary>
    KeysDiscarded,

    /// <summary>The AEAD did not authenticate the packet (RFC 9001 §5.5).</summary>
    AuthenticationFailed,

    /// <summary>The packet number was seen before (RFC 9000 §12.3).</summary>
    Duplicate,

    /// <summary>An Initial in a datagram of less than 1,200 bytes (RFC 9000 §14.1).</summary>
    InitialDatagramTooSmall,

    /// <summary>The first Initial's destination connection ID has less than 8 bytes (RFC 9000 §7.2).</summary>
    InitialConnectionIdTooShort,

    /// <summary>The source connection ID is not the one that the peer chose first (RFC 9000 §7.2).</summary>
    SourceConnectionIdMismatch,

    /// <summary>A Retry that is broken, repeated, late or not wanted (RFC 9000 §17.2.5.2).</summary>
    RetryNotAccepted,

    /// <summary>A Version Negotiation that is broken, late, or lists the version in use (RFC 9000 §6.2).</summary>
    VersionNegotiationNotAccepted,

    /// <summary>A server Initial that carries a token (RFC 9000 §17.2.2).</summary>
    UnexpectedToken,

    /// <summary>No connection has this destination connection ID (RFC 9000 §5.2.2).</summary>
    UnknownConnection,

    /// <summary>A server address that the client does not know (RFC 9000 §9).</summary>
    UnknownAddress,

    /// <summary>The source port belongs to a known reflection target.</summary>
    ReflectionPort,

    /// <summary>No listener is left on the port.</summary>
    NoListener,

    /// <summary>The port has listeners, but none on the address that the datagram was sent to.</summary>
    NoAddress,

    /// <summary>The application wants nothing kept or answered of this attempt.</summary>
    NotAdmitted,

    /// <summary>A stateless answer was due but its rate limit was reached.</summary>
    RateLimited,

    /// <summary>The connection is draining (RFC 9000 §10.2.2).</summary>
    Draining,

    /// <summary>The endpoint holds as many connections or unfinished handshakes as it may.</summary>
    Overload,

    /// <summary>A packet that would have been buffered until its keys came, but the buffer is full.</summary>
    BufferFull,

    /// <summary>A packet of a key phase that is neither the current, the previous nor the next (RFC 9001 §6).</summary>
    KeyPhaseUnavailable,

    /// <summary>It is another shard's, and as many datagrams are on their way between shards as may be.</summary>
    ForwardingFull,
}
