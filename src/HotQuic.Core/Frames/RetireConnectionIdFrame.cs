using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// RETIRE_CONNECTION_ID, type 0x19 (RFC 9000 §19.16): a connection ID, by its sequence number, that will not be used again.
/// </summary>
internal readonly record struct RetireConnectionIdFrame(ulong SequenceNumber)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(SequenceNumber);

    public static bool TryRead(ref WireReader reader, out RetireConnectionIdFrame frame)
    {
        bool isRead = reader.TryReadVarInt(out ulong sequenceNumber);
        frame = new RetireConnectionIdFrame(sequenceNumber);
        return isRead;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.RetireConnectionId);
        writer.WriteVarInt(SequenceNumber);
    }
}
