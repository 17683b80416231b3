using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>
/// CRYPTO, type 0x06 (RFC 9000 §19.6): handshake bytes of one encryption level. A sender that keeps the data where it is
/// asks <see cref="MaxDataLength"/>, writes <see cref="WriteHeader"/> and attaches the data as the packet's tail.
/// </summary>
internal readonly ref struct CryptoFrame
{
    public CryptoFrame(ulong offset, ReadOnlySpan<byte> data)
    {
        Offset = offset;
        Data = data;
    }

    public ulong Offset { get; }

    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Bytes on the wire, the type included.</summary>
    public int Length => HeaderLength(Offset, Data.Length) + Data.Length;

    public static bool TryRead(scoped ref WireReader reader, out CryptoFrame frame)
    {
        frame = default;

        // RFC 9000 §19.6: no byte lies past 2^62-1.
        if (!reader.TryReadVarInt(out ulong offset) || !reader.TryReadVarIntPrefixed(out ReadOnlySpan<byte> data)
            || offset + (ulong)data.Length > VarInt.MaxValue)
        {
            return false;
        }

        frame = new CryptoFrame(offset, data);
        return true;
    }

    /// <summary>Bytes before the data: type, Offset and Length.</summary>
    public static int HeaderLength(ulong offset, int length) => 1 + VarInt.LengthOf(offset) + VarInt.LengthOf((ulong)length);

    /// <summary>The most data that a frame of at most <paramref name="room"/> bytes holds; 0 or less where none fits.</summary>
    public static int MaxDataLength(int room, ulong offset) => LengthPrefix.MaxDataLength(room - 1 - VarInt.LengthOf(offset));

    /// <summary>Writes all but the data, of which <paramref name="length"/> bytes must follow.</summary>
    public static void WriteHeader(ref WireWriter writer, ulong offset, int length)
    {
        writer.WriteVarInt((ulong)FrameType.Crypto);
        writer.WriteVarInt(offset);
        writer.WriteVarInt((ulong)length);
    }

    public void Write(ref WireWriter writer)
    {
        WriteHeader(ref writer, Offset, Data.Length);
        writer.WriteBytes(Data);
    }
}
