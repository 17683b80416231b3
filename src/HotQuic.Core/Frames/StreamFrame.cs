using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>What the writer of a STREAM frame decides; the values are those of the type's low bits (RFC 9000 §19.8).</summary>
[Flags]
internal enum StreamFrameOptions : byte
{
    None = 0,

    /// <summary>The frame marks the end of the stream.</summary>
    Fin = 0x01,

    /// <summary>The frame says its length; without it the data extends to the end of the packet.</summary>
    WithLength = 0x02,
}

/// <summary>
/// STREAM, types 0x08 to 0x0f (RFC 9000 §19.8). A sender that keeps the data where it is asks <see cref="MaxDataLength"/>,
/// writes <see cref="WriteHeader"/> and attaches the data as the packet's tail.
/// </summary>
internal readonly ref struct StreamFrame
{
    private const ulong OffsetBit = 0x04;

    private readonly StreamFrameOptions _options;

    public StreamFrame(StreamId id, ulong offset, ReadOnlySpan<byte> data, StreamFrameOptions options)
    {
        Id = id;
        Offset = offset;
        Data = data;
        _options = options;
    }

    public StreamId Id { get; }

    public ulong Offset { get; }

    public ReadOnlySpan<byte> Data { get; }

    /// <summary>True where the stream ends with this frame's data.</summary>
    public bool IsFin => (_options & StreamFrameOptions.Fin) != 0;

    /// <summary>Offset of the byte after the data: the final size, in a frame that <see cref="IsFin"/>.</summary>
    public ulong EndOffset => Offset + (ulong)Data.Length;

    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => HeaderLength(Id, Offset, Data.Length, _options) + Data.Length;

    public static bool TryRead(FrameType type, scoped ref WireReader reader, out StreamFrame frame)
    {
        frame = default;
        ulong offset = 0;
        if (!reader.TryReadVarInt(out ulong id) || (((ulong)type & OffsetBit) != 0 && !reader.TryReadVarInt(out offset)))
        {
            return false;
        }

        ReadOnlySpan<byte> data;
        StreamFrameOptions options = (StreamFrameOptions)type & (StreamFrameOptions.Fin | StreamFrameOptions.WithLength);
        if ((options & StreamFrameOptions.WithLength) == 0)
        {
            data = reader.ReadRest();
        }
        else if (!reader.TryReadVarIntPrefixed(out data))
        {
            return false;
        }

        // RFC 9000 §19.8: no byte lies past 2^62-1.
        if (offset + (ulong)data.Length > VarInt.MaxValue)
        {
            return false;
        }

        frame = new StreamFrame(new StreamId(id), offset, data, options);
        return true;
    }

    /// <summary>Bytes before the data: type, Stream ID, Offset unless it is 0, and Length where it is wanted.</summary>
    public static int HeaderLength(StreamId id, ulong offset, int length, StreamFrameOptions options) =>
        1 + VarInt.LengthOf(id.Value) + (offset == 0 ? 0 : VarInt.LengthOf(offset))
        + ((options & StreamFrameOptions.WithLength) == 0 ? 0 : VarInt.LengthOf((ulong)length));

    /// <summary>
    /// The most data that a frame of at most <paramref name="room"/> bytes holds; below 0 where not even an empty frame
    /// fits.
    /// </summary>
    public static int MaxDataLength(int room, StreamId id, ulong offset, StreamFrameOptions options)
    {
        room -= HeaderLength(id, offset, 0, StreamFrameOptions.None);
        return (options & StreamFrameOptions.WithLength) == 0 ? room : LengthPrefix.MaxDataLength(room);
    }

    /// <summary>
    /// Writes all but the data, of which <paramref name="length"/> bytes must follow, and returns the type with its bits.
    /// </summary>
    public static FrameType WriteHeader(ref WireWriter writer, StreamId id, ulong offset, int length, StreamFrameOptions options)
    {
        ulong type = (ulong)FrameType.Stream | (ulong)options | (offset == 0 ? 0 : OffsetBit);
        writer.WriteVarInt(type);
        writer.WriteVarInt(id.Value);
        if (offset != 0)
        {
            writer.WriteVarInt(offset);
        }

        if ((options & StreamFrameOptions.WithLength) != 0)
        {
            writer.WriteVarInt((ulong)length);
        }

        return (FrameType)type;
    }

    public void Write(ref WireWriter writer)
    {
        _ = WriteHeader(ref writer, Id, Offset, Data.Length, _options);
        writer.WriteBytes(Data);
    }
}
