namespace HotQuic.Core.Frames;

/// <summary>Frame types of QUIC version 1 (RFC 9000 §19) and DATAGRAM (RFC 9221 §4).</summary>
internal enum FrameType : uint
{
    Padding = 0x00,
    Ping = 0x01,
    Ack = 0x02,
    AckEcn = 0x03,
    ResetStream = 0x04,
    StopSending = 0x05,
    Crypto = 0x06,
    NewToken = 0x07,

    /// <summary>The first of eight; the low three bits are OFF 0x04, LEN 0x02 and FIN 0x01.</summary>
    Stream = 0x08,
    StreamLast = 0x0f,
    MaxData = 0x10,
    MaxStreamData = 0x11,
    MaxStreamsBidirectional = 0x12,
    MaxStreamsUnidirectional = 0x13,
    DataBlocked = 0x14,
    StreamDataBlocked = 0x15,
    StreamsBlockedBidirectional = 0x16,
    StreamsBlockedUnidirectional = 0x17,
    NewConnectionId = 0x18,
    RetireConnectionId = 0x19,
    PathChallenge = 0x1a,
    PathResponse = 0x1b,
    ConnectionCloseTransport = 0x1c,
    ConnectionCloseApplication = 0x1d,
    HandshakeDone = 0x1e,
    Datagram = 0x30,
    DatagramWithLength = 0x31,
}
