namespace HotQuic.Http3.Frames;

/// <summary>
/// What a unidirectional stream is for, the integer at its start (RFC 9114 §6.2, RFC 9204 §4.2), read with <see cref="Http3StreamHeader"/>.
/// Any other value is unknown: its stream is discarded or refused with H3_STREAM_CREATION_ERROR, never a connection error.
/// </summary>
internal enum Http3StreamType : ulong
{
    Control = 0x00,
    Push = 0x01,
    QpackEncoder = 0x02,
    QpackDecoder = 0x03,
}
