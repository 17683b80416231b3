using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>DATA_BLOCKED, type 0x14 (RFC 9000 §19.12): the connection's limit, in bytes, at which data waits.</summary>
internal readonly record struct DataBlockedFrame(ulong MaximumData)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(MaximumData);

    public static bool TryRead(ref WireReader reader, out DataBlockedFrame frame)
    {
        bool isRead = reader.TryReadVarInt(out ulong maximum);
        frame = new DataBlockedFrame(maximum);
        return isRead;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.DataBlocked);
        writer.WriteVarInt(MaximumData);
    }
}
