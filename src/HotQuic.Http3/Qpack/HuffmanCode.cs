namespace HotQuic.Http3.Qpack;

/// <summary>
/// The tables of the Huffman code (RFC 7541 appendix B). The code is canonical: codes of one length follow one another in the
/// order of their symbols, and go on, a bit longer, where the shorter ones end; so the lengths give all of it.
/// </summary>
internal static class HuffmanCode
{
    /// <summary>How many bits one step of decoding looks at: two of the commonest letters.</summary>
    public const int StepBits = 12;

    private const int EndOfString = 256;
    private const int LongestCode = 30;

    private static readonly uint[] CodeTable = new uint[EndOfString + 1];
    private static readonly short[] SymbolsByCode = new short[EndOfString + 1];
    private static readonly HuffmanStep[] StepTable = new HuffmanStep[1 << StepBits];

    /// <summary>For each length: the first code that is longer, with its bits in the highest places of 32.</summary>
    private static readonly ulong[] Limits = new ulong[LongestCode + 1];

    /// <summary>For each length: what to add to a code of that length to have its place in <see cref="SymbolsByCode"/>.</summary>
    private static readonly int[] Offsets = new int[LongestCode + 1];

    static HuffmanCode()
    {
        uint code = 0;
        int place = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            code <<= 1;
            Offsets[length] = place - (int)code;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] == length)
                {
                    CodeTable[symbol] = code++;
                    SymbolsByCode[place++] = (short)symbol;
                }
            }

            Limits[length] = (ulong)code << (32 - length);
        }

        for (uint bits = 0; bits < StepTable.Length; bits++)
        {
            StepTable[bits] = StepOf(bits);
        }
    }

    /// <summary>The length of each symbol's code in bits; the last is that of EOS.</summary>
    public static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Each symbol's code, in the lowest bits.</summary>
    public static ReadOnlySpan<uint> Codes => CodeTable;

    /// <summary>The step for each value of the next <see cref="StepBits"/> bits.</summary>
    public static ReadOnlySpan<HuffmanStep> Steps => StepTable;

    /// <summary>The symbol that 32 bits begin with, above 255 for EOS, and the length of its code.</summary>
    public static (int Symbol, int Length) Find(uint bits)
    {
        int length = 1;
        while (bits >= Limits[length])
        {
            length++;
        }

        return (SymbolsByCode[(int)(bits >> (32 - length)) + Offsets[length]], length);
    }

    private static HuffmanStep StepOf(uint bits)
    {
        uint padded = bits << (32 - StepBits);
        (int first, int firstLength) = Find(padded);
        if (firstLength > StepBits)
        {
            return default;
        }

        (int second, int secondLength) = Find(padded << firstLength);
        return firstLength + secondLength > StepBits
            ? new HuffmanStep((ushort)first, 1, (byte)firstLength)
            : new HuffmanStep((ushort)(first | (second << 8)), 2, (byte)(firstLength + secondLength));
    }
}
