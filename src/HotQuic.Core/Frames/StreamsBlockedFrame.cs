using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>STREAMS_BLOCKED, types 0x16 and 0x17 (RFC 9000 §19.14): the limit at which a stream waits to be opened.</summary>
internal readonly record struct StreamsBlockedFrame(StreamDirection Direction, ulong MaximumStreams)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(MaximumStreams);

    public static bool TryRead(FrameType type, ref WireReader reader, out StreamsBlockedFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong maximum) || maximum > MaxStreamsFrame.Limit)
        {
            return false;
        }

        frame = new StreamsBlockedFrame(
            type == FrameType.StreamsBlockedBidirectional ? StreamDirection.Bidirectional : StreamDirection.Unidirectional, maximum);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StreamsBlockedBidirectional | (ulong)Direction);
        writer.WriteVarInt(MaximumStreams);
    }
}
