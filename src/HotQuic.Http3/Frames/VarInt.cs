using System.Buffers;
using System.Buffers.Binary;

namespace HotQuic.Http3.Frames;

/// <summary>Variable-length integers: two bits of length, then 6, 14, 30 or 62 bits of value (RFC 9000 §16).</summary>
internal static class VarInt
{
    /// <summary>The largest value that can be written: 2^62-1.</summary>
    public const ulong MaxValue = (1UL << 62) - 1;

    /// <summary>The longest form, in bytes.</summary>
    public const int MaxLength = 8;

    /// <summary>How many bytes the shortest form of <paramref name="value"/> takes: 1, 2, 4 or 8.</summary>
    public static int LengthOf(ulong value) => value switch
    {
        < 1UL << 6 => 1,
        < 1UL << 14 => 2,
        < 1UL << 30 => 4,
        _ => 8,
    };

    /// <summary>Reads one integer in any of its forms; false where the bytes end before it does: then more are needed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        length = 0;
        if (source.IsEmpty || source.Length < 1 << (source[0] >> 6))
        {
            return false;
        }

        length = 1 << (source[0] >> 6);
        value = length switch
        {
            1 => source[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(source) & 0x3fffu,
            4 => BinaryPrimitives.ReadUInt32BigEndian(source) & 0x3fffffffu,
            _ => BinaryPrimitives.ReadUInt64BigEndian(source) & MaxValue,
        };
        return true;
    }

    /// <summary>Reads one integer from bytes that may lie in several segments, as <see cref="TryRead(ReadOnlySpan{byte}, out ulong, out int)"/> does.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> source, out ulong value, out int length)
    {
        if (TryRead(source.FirstSpan, out value, out length))
        {
            return true;
        }

        Span<byte> joined = stackalloc byte[MaxLength];
        int count = (int)Math.Min(source.Length, MaxLength);
        source.Slice(0, count).CopyTo(joined);
        return TryRead(joined[..count], out value, out length);
    }

    /// <summary>Writes the shortest form and returns its length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above <see cref="MaxValue"/>, or the destination too short.</exception>
    public static int Write(Span<byte> destination, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxValue);
        int length = LengthOf(value);
        WriteAs(destination, value, length);
        return length;
    }

    /// <summary>Writes a form of exactly <paramref name="length"/> bytes, for a length that is filled in after what follows it is written.</summary>
    public static void WriteAs(Span<byte> destination, ulong value, int length)
    {
        switch (length)
        {
            case 1:
                destination[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(value | 0x4000));
                break;
            case 4:
                BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)value | 0x8000_0000u);
                break;
            default:
                BinaryPrimitives.WriteUInt64BigEndian(destination, value | 0xc000_0000_0000_0000UL);
                break;
        }
    }
}
