using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace HotQuic.Http3.Qpack;

/// <summary>The Huffman code of string literals (RFC 7541 §5.2 and appendix B, by RFC 9204 §4.1.2).</summary>
internal static class Huffman
{
    private const int ShortestCode = 5;
    private const int LongestCode = 30;

    /// <summary>How many bytes <see cref="Encode"/> writes.</summary>
    public static long EncodedLength(ReadOnlySpan<byte> source)
    {
        ReadOnlySpan<byte> lengths = HuffmanCode.Lengths;
        long bits = 0;
        foreach (byte symbol in source)
        {
            bits += lengths[symbol];
        }

        return (bits + 7) / 8;
    }

    /// <summary>A length that always suffices for <see cref="TryDecode"/>, in bytes: one more than the string can have.</summary>
    public static long MaximumDecodedLength(long encodedLength) => (encodedLength * 8 / ShortestCode) + 1;

    /// <summary>The least that a string of that length decodes to, in bytes.</summary>
    public static long MinimumDecodedLength(long encodedLength) =>
        encodedLength <= 0 ? 0 : (encodedLength / LongestCode * 8) + (encodedLength % LongestCode * 8 / LongestCode);

    /// <summary>Encodes into exactly <see cref="EncodedLength"/> bytes and returns that length.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ReadOnlySpan<byte> lengths = HuffmanCode.Lengths;
        ReadOnlySpan<uint> codes = HuffmanCode.Codes;
        ulong bits = 0;
        int count = 0;
        int position = 0;
        foreach (byte symbol in source)
        {
            int length = lengths[symbol];
            bits = (bits << length) | codes[symbol];
            count += length;
            if (count >= 32)
            {
                count -= 32;
                if (!BinaryPrimitives.TryWriteUInt32BigEndian(destination[position..], (uint)(bits >> count)))
                {
                    throw TooShort();
                }

                position += 4;
            }
        }

        // The last byte is filled up with the first bits of EOS, which are ones.
        int rest = (count + 7) / 8;
        int padding = (rest * 8) - count;
        bits = (bits << padding) | ((1UL << padding) - 1);
        if (destination.Length - position < rest)
        {
            throw TooShort();
        }

        for (int left = rest; left > 0; left--)
        {
            destination[position++] = (byte)(bits >> ((left - 1) * 8));
        }

        return position;
    }

    /// <summary>
    /// Decodes a whole string. False where it holds the EOS symbol, or ends in padding of more than 7 bits or other than ones.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is shorter than <see cref="MaximumDecodedLength"/> says.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        if (destination.Length < MaximumDecodedLength(source.Length))
        {
            throw TooShort();
        }

        written = 0;
        ReadOnlySpan<HuffmanStep> steps = HuffmanCode.Steps;
        ulong bits = 0; // the next bits, from the highest down; below them is what follows, or zeros
        int count = 0;
        int position = 0;
        while (true)
        {
            if (count < LongestCode)
            {
                Fill(source, ref position, ref bits, ref count);
                if (count < HuffmanCode.StepBits)
                {
                    return TryDecodeTail(bits, count, destination, ref written);
                }
            }

            HuffmanStep step = steps[(int)(bits >> (64 - HuffmanCode.StepBits))];
            int length = step.Length;
            if (step.Count == 0)
            {
                // EOS, or a code that the string's end cuts off: then what is left is longer than padding.
                (int symbol, length) = HuffmanCode.Find(PadWithOnes(bits, count));
                if (symbol > byte.MaxValue || length > count)
                {
                    return false;
                }

                destination[written++] = (byte)symbol;
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(destination[written..], step.Symbols);
                written += step.Count;
            }

            bits <<= length;
            count -= length;
        }
    }

    /// <summary>Takes as many whole bytes as have room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Keeps the window in registers: QpackBenchmarks.HuffmanDecode.
    private static void Fill(ReadOnlySpan<byte> source, ref int position, ref ulong bits, ref int count)
    {
        if (source.Length - position >= sizeof(ulong))
        {
            bits |= BinaryPrimitives.ReadUInt64BigEndian(source[position..]) >> count;
            int bytes = (63 - count) >> 3;
            position += bytes;
            count += bytes * 8;
            return;
        }

        while (count <= 56 && position < source.Length)
        {
            bits |= (ulong)source[position++] << (56 - count);
            count += 8;
        }
    }

    /// <summary>The last codes, of which fewer bits are left than a step looks at, and the padding.</summary>
    private static bool TryDecodeTail(ulong bits, int count, Span<byte> destination, ref int written)
    {
        while (count >= ShortestCode)
        {
            (int symbol, int length) = HuffmanCode.Find(PadWithOnes(bits, count));
            if (length > count)
            {
                break;
            }

            destination[written++] = (byte)symbol;
            bits <<= length;
            count -= length;
        }

        return count < 8 && PadWithOnes(bits, count) == uint.MaxValue;
    }

    /// <summary>The next 32 bits, with ones where fewer are left.</summary>
    private static uint PadWithOnes(ulong bits, int count) => (uint)((bits | (count == 64 ? 0 : ulong.MaxValue >> count)) >> 32);

    private static ArgumentException TooShort() => new("The destination is shorter than the string.");
}
