using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// DATAGRAM, types 0x30 and 0x31 (RFC 9221 §4): bytes that are never resent. Type 0x30 has no Length field, and its data
/// extends to the end of the packet.
/// </summary>
internal readonly ref struct DatagramFrame
{
    private DatagramFrame(FrameType type, ReadOnlySpan<byte> data, int length)
    {
        Type = type;
        Data = data;
        Length = length;
    }

    /// <summary>A frame of type 0x31.</summary>
    public DatagramFrame(ReadOnlySpan<byte> data)
        : this(FrameType.DatagramWithLength, data, LengthOf(data.Length))
    {
    }

    public FrameType Type { get; }

    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Bytes on the wire, type and Length field included: what max_datagram_frame_size limits (RFC 9221 §3).</summary>
    public int Length { get; }

    /// <summary>A frame of type 0x30, which must be the last of its packet.</summary>
    public static DatagramFrame ToEndOfPacket(ReadOnlySpan<byte> data) => new(FrameType.Datagram, data, 1 + data.Length);

    /// <summary>Bytes that a frame of type 0x31 with so much data takes.</summary>
    public static int LengthOf(int dataLength) => 1 + VarInt.LengthOf((ulong)dataLength) + dataLength;

    /// <summary>
    /// The most data in a frame of type 0x31 of at most <paramref name="room"/> bytes; below 0 where not even an empty
    /// frame fits.
    /// </summary>
    public static int MaxDataLength(int room) => LengthPrefix.MaxDataLength(room - 1);

    public static bool TryRead(FrameType type, scoped ref WireReader reader, out DatagramFrame frame)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> data;
        if (type == FrameType.Datagram)
        {
            data = reader.ReadRest();
        }
        else if (!reader.TryReadVarIntPrefixed(out data))
        {
            frame = default;
            return false;
        }

        // The length as the peer wrote it, even where its Length field is longer than needed.
        frame = new DatagramFrame(type, data, 1 + reader.Position - start);
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)Type);
        if (Type == FrameType.DatagramWithLength)
        {
            writer.WriteVarInt((ulong)Data.Length);
        }

        writer.WriteBytes(Data);
    }
}
