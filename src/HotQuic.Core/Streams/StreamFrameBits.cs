using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>The flag bits of a STREAM frame's type (RFC 9000 §19.8), as they stand in the log of sent frames.</summary>
internal static class StreamFrameBits
{
    public static bool IsStream(FrameType type) => type is >= FrameType.Stream and <= FrameType.StreamLast;

    public static bool HasFin(FrameType type) => ((uint)type & (uint)StreamFrameOptions.Fin) != 0;
}
