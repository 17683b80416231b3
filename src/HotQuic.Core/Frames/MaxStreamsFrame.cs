using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// MAX_STREAMS, types 0x12 and 0x13 (RFC 9000 §19.11): how many streams of a direction the peer may open, counted from the
/// start.
/// </summary>
internal readonly record struct MaxStreamsFrame(StreamDirection Direction, ulong MaximumStreams)
{
    /// <summary>More streams than this have no ID (RFC 9000 §4.6).</summary>
    public const ulong Limit = 1UL << 60;

    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(MaximumStreams);

    public static bool TryRead(FrameType type, ref WireReader reader, out MaxStreamsFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong maximum) || maximum > Limit)
        {
            return false;
        }

        frame = new MaxStreamsFrame(
            type == FrameType.MaxStreamsBidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional, maximum);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxStreamsBidirectional | (ulong)Direction);
        writer.WriteVarInt(MaximumStreams);
    }
}
