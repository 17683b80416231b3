using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// Multiples of the base point, ready to be added: row r holds 0 to 8 times 256^r times the base point. A scalar written in
/// 64 digits of base 16, from -8 to 8, then costs 64 additions and 4 doublings in <see cref="Multiply"/>. An entry is picked
/// by reading its whole row under masks, so that no address depends on a digit. The table is computed once, in about a
/// millisecond, when it is first used.
/// </summary>
internal static class BasePointTable
{
    private const int Rows = 32;
    private const int EntriesPerRow = 9;
    private const int Digits = 64;

    private static readonly EdwardsPoint.Precomputed[] Table = Build();

    /// <summary>Multiplies the base point by a scalar of 32 bytes, little-endian, below 2^255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ReadOnlySpan<byte> scalar, out EdwardsPoint result)
    {
        Span<sbyte> digits = stackalloc sbyte[Digits];
        SplitIntoDigits(scalar, digits);
        EdwardsPoint.Precomputed entry = default;
        result = EdwardsPoint.Identity;

        // The odd digits count 16 times as much as the row they share with the even ones.
        for (int row = 0; row < Rows; row++)
        {
            Select(row, digits[(2 * row) + 1], ref entry);
            result.Add(entry);
        }

        result.Double();
        result.Double();
        result.Double();
        result.Double();

        for (int row = 0; row < Rows; row++)
        {
            Select(row, digits[2 * row], ref entry);
            result.Add(entry);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(digits));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<EdwardsPoint.Precomputed>(ref entry)));
    }

    /// <summary>Digits of base 16 from -8 to 7, least significant first; only the last may be 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SplitIntoDigits(ReadOnlySpan<byte> scalar, Span<sbyte> digits)
    {
        Debug.Assert(scalar[^1] < 0x80, "A scalar of 2^255 or more has no such digits.");
        int carry = 0;
        for (int i = 0; i < Digits; i++)
        {
            int digit = ((scalar[i >> 1] >> (4 * (i & 1))) & 0x0f) + carry;
            carry = i == Digits - 1 ? 0 : (digit + 8) >> 4;
            digits[i] = (sbyte)(digit - (carry << 4));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select(int row, int digit, ref EdwardsPoint.Precomputed selected)
    {
        int sign = digit >> 31;
        Vector256<ulong> magnitude = Vector256.Create((ulong)((digit ^ sign) - sign));
        ReadOnlySpan<Vector256<ulong>> words =
            MemoryMarshal.Cast<EdwardsPoint.Precomputed, Vector256<ulong>>(Table.AsSpan(row * EntriesPerRow, EntriesPerRow));
        Vector256<ulong> words0 = default, words1 = default, words2 = default, words3 = default;
        for (int entry = 0; entry < EntriesPerRow; entry++)
        {
            Vector256<ulong> mask = Vector256.Equals(Vector256.Create((ulong)entry), magnitude);
            words0 |= words[4 * entry] & mask;
            words1 |= words[(4 * entry) + 1] & mask;
            words2 |= words[(4 * entry) + 2] & mask;
            words3 |= words[(4 * entry) + 3] & mask;
        }

        Span<Vector256<ulong>> destination =
            MemoryMarshal.Cast<EdwardsPoint.Precomputed, Vector256<ulong>>(new Span<EdwardsPoint.Precomputed>(ref selected));
        destination[0] = words0;
        destination[1] = words1;
        destination[2] = words2;
        destination[3] = words3;
        selected.ConditionalNegate((ulong)sign);
    }

    private static EdwardsPoint.Precomputed[] Build()
    {
        EdwardsPoint.Precomputed[] table = new EdwardsPoint.Precomputed[Rows * EntriesPerRow];
        EdwardsPoint.Precomputed rowPoint = EdwardsPoint.BasePoint.ToPrecomputed();
        for (int row = 0; row < Rows; row++)
        {
            EdwardsPoint multiple = EdwardsPoint.Identity;
            for (int entry = 0; entry < EntriesPerRow; entry++)
            {
                table[(row * EntriesPerRow) + entry] = multiple.ToPrecomputed();
                multiple.Add(rowPoint);
            }

            // `multiple` is 9 times the row's point by now; the next row's is 256 times, so it starts from 8 times, doubled five times.
            multiple = EdwardsPoint.Identity;
            multiple.Add(table[(row * EntriesPerRow) + EntriesPerRow - 1]);
            for (int i = 0; i < 5; i++)
            {
                multiple.Double();
            }

            rowPoint = multiple.ToPrecomputed();
        }

        return table;
    }
}
