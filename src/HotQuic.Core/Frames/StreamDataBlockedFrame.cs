using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>STREAM_DATA_BLOCKED, type 0x15 (RFC 9000 §19.13): the stream's limit, in bytes, at which data waits.</summary>
internal readonly record struct StreamDataBlockedFrame(StreamId StreamId, ulong MaximumStreamData)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(StreamId.Value) + VarInt.LengthOf(MaximumStreamData);

    public static bool TryRead(ref WireReader reader, out StreamDataBlockedFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarInt(out ulong maximum))
        {
            return false;
        }

        frame = new StreamDataBlockedFrame(new StreamId(id), maximum);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StreamDataBlocked);
        writer.WriteVarInt(StreamId.Value);
        writer.WriteVarInt(MaximumStreamData);
    }
}
