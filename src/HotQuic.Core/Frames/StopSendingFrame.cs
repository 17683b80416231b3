using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>STOP_SENDING, type 0x05 (RFC 9000 §19.5): the receiver no longer wants a stream's data.</summary>
internal readonly record struct StopSendingFrame(StreamId StreamId, ulong ApplicationErrorCode)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(StreamId.Value) + VarInt.LengthOf(ApplicationErrorCode);

    public static bool TryRead(ref WireReader reader, out StopSendingFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarInt(out ulong code))
        {
            return false;
        }

        frame = new StopSendingFrame(new StreamId(id), code);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.StopSending);
        writer.WriteVarInt(StreamId.Value);
        writer.WriteVarInt(ApplicationErrorCode);
    }
}
