using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>MAX_STREAM_DATA, type 0x11 (RFC 9000 §19.10): how much data a stream may carry, in bytes.</summary>
internal readonly record struct MaxStreamDataFrame(StreamId StreamId, ulong MaximumStreamData)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(StreamId.Value) + VarInt.LengthOf(MaximumStreamData);

    public static bool TryRead(ref WireReader reader, out MaxStreamDataFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarInt(out ulong maximum))
        {
            return false;
        }

        frame = new MaxStreamDataFrame(new StreamId(id), maximum);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxStreamData);
        writer.WriteVarInt(StreamId.Value);
        writer.WriteVarInt(MaximumStreamData);
    }
}
