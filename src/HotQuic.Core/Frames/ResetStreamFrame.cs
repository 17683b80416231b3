using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>RESET_STREAM, type 0x04 (RFC 9000 §19.4): the sender gives up the rest of a stream.</summary>
internal readonly record struct ResetStreamFrame(StreamId StreamId, ulong ApplicationErrorCode, ulong FinalSize)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 1 + VarInt.LengthOf(StreamId.Value) + VarInt.LengthOf(ApplicationErrorCode) + VarInt.LengthOf(FinalSize);

    public static bool TryRead(ref WireReader reader, out ResetStreamFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong id) || !reader.TryReadVarInt(out ulong code) || !reader.TryReadVarInt(out ulong finalSize))
        {
            return false;
        }

        frame = new ResetStreamFrame(new StreamId(id), code, finalSize);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.ResetStream);
        writer.WriteVarInt(StreamId.Value);
        writer.WriteVarInt(ApplicationErrorCode);
        writer.WriteVarInt(FinalSize);
    }
}
