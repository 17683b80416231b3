namespace HotQuic.Http3;

/// <summary>Why a stream or a connection ends, as the peer is told (RFC 9114 §8.1, RFC 9204 §8.3, RFC 9297 §5.2).</summary>
public enum Http3ErrorCode : long
{
    /// <summary>H3_DATAGRAM_ERROR: a datagram or capsule is malformed.</summary>
    DatagramError = 0x33,

    /// <summary>H3_NO_ERROR: it ends, and nothing is wrong.</summary>
    NoError = 0x100,

    /// <summary>H3_GENERAL_PROTOCOL_ERROR: the protocol was violated in a way that has no code of its own.</summary>
    GeneralProtocolError = 0x101,

    /// <summary>H3_INTERNAL_ERROR: a fault of the side that says so.</summary>
    InternalError = 0x102,

    /// <summary>H3_STREAM_CREATION_ERROR: a stream was opened that is not accepted.</summary>
    StreamCreationError = 0x103,

    /// <summary>H3_CLOSED_CRITICAL_STREAM: a stream ended that lives as long as the connection.</summary>
    ClosedCriticalStream = 0x104,

    /// <summary>H3_FRAME_UNEXPECTED: a frame came where it may not, or in the wrong order.</summary>
    FrameUnexpected = 0x105,

    /// <summary>H3_FRAME_ERROR: a frame's layout or size is wrong.</summary>
    FrameError = 0x106,

    /// <summary>H3_EXCESSIVE_LOAD: the peer asks too much.</summary>
    ExcessiveLoad = 0x107,

    /// <summary>H3_ID_ERROR: a stream ID or push ID was used wrongly.</summary>
    IdError = 0x108,

    /// <summary>H3_SETTINGS_ERROR: the SETTINGS are wrong.</summary>
    SettingsError = 0x109,

    /// <summary>H3_MISSING_SETTINGS: the control stream does not begin with SETTINGS.</summary>
    MissingSettings = 0x10a,

    /// <summary>H3_REQUEST_REJECTED: the server did nothing with the request.</summary>
    RequestRejected = 0x10b,

    /// <summary>H3_REQUEST_CANCELLED: the request or its response is given up.</summary>
    RequestCancelled = 0x10c,

    /// <summary>H3_REQUEST_INCOMPLETE: the request's stream ended within the request.</summary>
    RequestIncomplete = 0x10d,

    /// <summary>H3_MESSAGE_ERROR: a message is malformed.</summary>
    MessageError = 0x10e,

    /// <summary>H3_CONNECT_ERROR: the connection of a CONNECT request was reset or closed.</summary>
    ConnectError = 0x10f,

    /// <summary>H3_VERSION_FALLBACK: the request has to be sent over HTTP/1.1.</summary>
    VersionFallback = 0x110,

    /// <summary>QPACK_DECOMPRESSION_FAILED: a field section cannot be decoded.</summary>
    QpackDecompressionFailed = 0x200,

    /// <summary>QPACK_ENCODER_STREAM_ERROR: an instruction on the encoder stream is wrong.</summary>
    QpackEncoderStreamError = 0x201,

    /// <summary>QPACK_DECODER_STREAM_ERROR: an instruction on the decoder stream is wrong.</summary>
    QpackDecoderStreamError = 0x202,
}
