using System.Buffers.Binary;

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
        var bits = new BitWindow(source);
        ReadOnlySpan<HuffmanStep> steps = HuffmanCode.Steps;
        while (bits.TryFill(HuffmanCode.StepBits))
        {
            HuffmanStep step = steps[bits.Peek(HuffmanCode.StepBits)];
            if (step.Count == 0)
            {
                if (!TryDecodeLong(ref bits, out destination[written]))
                {
                    // Either EOS, or a code that the string's end cuts off: then what is left is not padding.
                    return false;
                }

                written++;
                continue;
            }

            destination[written] = step.First;
            destination[written + 1] = step.Second;
            written += step.Count;
            bits.Skip(step.Length);
        }

        return TryDecodeTail(ref bits, destination, ref written);
    }

    /// <summary>One code of more than <see cref="HuffmanCode.StepBits"/> bits.</summary>
    private static bool TryDecodeLong(ref BitWindow bits, out byte symbol)
    {
        bits.TryFill(LongestCode);
        (int value, int length) = HuffmanCode.Find(bits.PeekPadded());
        symbol = (byte)value;
        if (value > byte.MaxValue || length > bits.Count)
        {
            return false;
        }

        bits.Skip(length);
        return true;
    }

    /// <summary>The last codes, of which fewer bits are left than a step looks at, and the padding.</summary>
    private static bool TryDecodeTail(ref BitWindow bits, Span<byte> destination, ref int written)
    {
        while (bits.Count >= ShortestCode)
        {
            (int value, int length) = HuffmanCode.Find(bits.PeekPadded());
            if (length > bits.Count)
            {
                break;
            }

            destination[written++] = (byte)value;
            bits.Skip(length);
        }

        return bits.Count < 8 && bits.PeekPadded() == uint.MaxValue;
    }

    private static ArgumentException TooShort() => new("The destination is shorter than the string.");

    /// <summary>The next bits of a string, up to 64 of them, the first in the highest place; below the last there are zeros.</summary>
    private ref struct BitWindow(ReadOnlySpan<byte> source)
    {
        private ReadOnlySpan<byte> _rest = source;
        private ulong _bits;

        /// <summary>How many bits are there.</summary>
        public int Count { get; private set; }

        /// <summary>Takes more bytes if fewer than <paramref name="count"/> bits are there; false where they end before.</summary>
        public bool TryFill(int count)
        {
            if (Count >= count)
            {
                return true;
            }

            if (_rest.Length >= sizeof(ulong))
            {
                // As many whole bytes as have room.
                int bytes = (63 - Count) >> 3;
                ulong next = BinaryPrimitives.ReadUInt64BigEndian(_rest) >> (64 - (bytes * 8)) << (64 - (bytes * 8));
                _bits |= next >> Count;
                _rest = _rest[bytes..];
                Count += bytes * 8;
                return true;
            }

            while (Count <= 56 && !_rest.IsEmpty)
            {
                _bits |= (ulong)_rest[0] << (56 - Count);
                _rest = _rest[1..];
                Count += 8;
            }

            return Count >= count;
        }

        public readonly int Peek(int count) => (int)(_bits >> (64 - count));

        /// <summary>The next 32 bits, with ones behind the end.</summary>
        public readonly uint PeekPadded() => (uint)((_bits | (Count == 64 ? 0 : ulong.MaxValue >> Count)) >> 32);

        public void Skip(int count)
        {
            _bits <<= count;
            Count -= count;
        }
    }
}
