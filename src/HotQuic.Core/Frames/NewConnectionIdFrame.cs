using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>NEW_CONNECTION_ID, type 0x18 (RFC 9000 §19.15): a further connection ID for the peer's packets, with its reset token.</summary>
internal readonly record struct NewConnectionIdFrame(
    ulong SequenceNumber, ulong RetirePriorTo, ConnectionId ConnectionId, StatelessResetToken StatelessResetToken)
{
    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => 2 + VarInt.LengthOf(SequenceNumber) + VarInt.LengthOf(RetirePriorTo)
        + ConnectionId.Length + StatelessResetToken.Length;

    public static bool TryRead(ref WireReader reader, out NewConnectionIdFrame frame)
    {
        frame = default;
        if (!reader.TryReadVarInt(out ulong sequenceNumber) || !reader.TryReadVarInt(out ulong retirePriorTo)
            || !reader.TryReadByte(out byte length))
        {
            return false;
        }

        // RFC 9000 §19.15: both make the frame an encoding error.
        if (retirePriorTo > sequenceNumber || length is < 1 or > ConnectionId.MaxLength)
        {
            return false;
        }

        if (!reader.TryReadBytes(length, out ReadOnlySpan<byte> id)
            || !reader.TryReadBytes(StatelessResetToken.Length, out ReadOnlySpan<byte> token))
        {
            return false;
        }

        frame = new NewConnectionIdFrame(sequenceNumber, retirePriorTo, new ConnectionId(id), StatelessResetToken.Read(token));
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.NewConnectionId);
        writer.WriteVarInt(SequenceNumber);
        writer.WriteVarInt(RetirePriorTo);
        ConnectionId id = ConnectionId;
        writer.WriteByte((byte)id.Length);
        writer.WriteBytes(id.Span);
        StatelessResetToken.Write(writer.Rest);
        writer.Advance(StatelessResetToken.Length);
    }
}
