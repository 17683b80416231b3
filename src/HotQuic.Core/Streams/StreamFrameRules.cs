using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Streams;

/// <summary>The part of a stream that a frame speaks to.</summary>
internal enum StreamPart : byte
{
    Sending = 0,
    Receiving = 1,
}

/// <summary>
/// Which streams accept which frames. A frame for a part that the stream does not have is a STREAM_STATE_ERROR:
/// <code>
/// frame                speaks to our    not on                           RFC 9000
/// RESET_STREAM         receiving part   our unidirectional streams       §19.4
/// STOP_SENDING         sending part     the peer's unidirectional ones   §19.5
/// STREAM               receiving part   our unidirectional streams       §19.8
/// MAX_STREAM_DATA      sending part     the peer's unidirectional ones   §19.10
/// STREAM_DATA_BLOCKED  receiving part   our unidirectional streams       §19.13
/// </code>
/// </summary>
internal static class StreamFrameRules
{
    /// <summary>The part of our end that a frame of this type speaks to.</summary>
    public static StreamPart PartOf(FrameType type) => type switch
    {
        FrameType.StopSending or FrameType.MaxStreamData => StreamPart.Sending,
        _ => StreamPart.Receiving,
    };

    /// <summary>Whether the stream has that part at our end, which plays <paramref name="role"/>.</summary>
    public static bool HasPart(StreamId id, StreamPart part, EndpointRole role) =>
        id.Direction == StreamDirection.Bidirectional || (id.Initiator == role) == (part == StreamPart.Sending);

    /// <summary>RFC 9000 §4.6, of a frame that names more streams than there can be.</summary>
    public static TransportError CountTooLarge(FrameType type) =>
        new(TransportErrorCode.FrameEncodingError, (ulong)type, "A number of streams is at most 2^60.");
}
