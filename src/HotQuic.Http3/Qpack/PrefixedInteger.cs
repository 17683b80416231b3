namespace HotQuic.Http3.Qpack;

/// <summary>
/// Integers that begin in the low bits of a byte and go on in groups of 7 bits (RFC 7541 §5.1, RFC 9204 §4.1.1), here of up to
/// 62 bits.
/// </summary>
internal static class PrefixedInteger
{
    /// <summary>The largest value that is read or written: 2^62-1.</summary>
    public const long MaxValue = (1L << 62) - 1;

    /// <summary>The answer of <see cref="Read"/> where the bytes end within the integer.</summary>
    public const int Incomplete = 0;

    /// <summary>The answer of <see cref="Read"/> where the integer is above <see cref="MaxValue"/>, or written in more bytes than that takes.</summary>
    public const int TooLarge = -1;

    /// <summary>How many groups of 7 bits may follow the prefix: 9 hold 63 bits.</summary>
    private const int LargestShift = 8 * 7;

    /// <summary>Reads an integer from the front; the bits above the prefix are the caller's.</summary>
    /// <returns>How many bytes it takes, or <see cref="Incomplete"/>, or <see cref="TooLarge"/>.</returns>
    public static int Read(ReadOnlySpan<byte> source, int prefixBits, out long value)
    {
        value = 0;
        if (source.IsEmpty)
        {
            return Incomplete;
        }

        int mask = (1 << prefixBits) - 1;
        value = source[0] & mask;
        return value < mask ? 1 : ReadContinuation(source, ref value);
    }

    /// <summary>Writes an integer behind the bits that share its first byte.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="flags">The first byte's bits above the prefix; those of the prefix are 0.</param>
    /// <param name="prefixBits">How many bits of the first byte are the integer's, 1 to 8.</param>
    /// <param name="value">The integer, 0 to <see cref="MaxValue"/>.</param>
    /// <param name="written">How many bytes it took.</param>
    /// <returns>False where the destination is too short.</returns>
    public static bool TryWrite(Span<byte> destination, int flags, int prefixBits, long value, out int written)
    {
        written = 0;
        if (destination.IsEmpty)
        {
            return false;
        }

        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            destination[0] = (byte)(flags | (int)value);
            written = 1;
            return true;
        }

        destination[0] = (byte)(flags | mask);
        int position = 1;
        for (ulong rest = (ulong)(value - mask); ; rest >>= 7)
        {
            if (position == destination.Length)
            {
                return false;
            }

            destination[position++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                written = position;
                return true;
            }
        }
    }

    private static int ReadContinuation(ReadOnlySpan<byte> source, ref long value)
    {
        int position = 1;
        for (int shift = 0; position < source.Length; shift += 7)
        {
            if (shift > LargestShift)
            {
                return TooLarge;
            }

            byte group = source[position++];
            ulong sum = (ulong)value + ((ulong)(group & 0x7f) << shift);
            if (sum > MaxValue)
            {
                return TooLarge;
            }

            value = (long)sum;
            if (group < 0x80)
            {
                return position;
            }
        }

        return position > (LargestShift / 7) + 1 ? TooLarge : Incomplete;
    }
}
