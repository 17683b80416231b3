using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>MAX_DATA, type 0x10 (RFC 9000 §19.9): how much data the connection may carry, in bytes.</summary>
internal readonly record struct MaxDataFrame(ulong MaximumData)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(MaximumData);

    public static bool TryRead(ref WireReader reader, out MaxDataFrame frame)
    {
        bool isRead = reader.TryReadVarInt(out ulong maximum);
        frame = new MaxDataFrame(maximum);
        return isRead;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.MaxData);
        writer.WriteVarInt(MaximumData);
    }
}
