using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// The arithmetic of GHASH (NIST SP 800-38D §6.3): products in GF(2^128) by carry-less multiplication.
/// <para>
/// GHASH takes the coefficient of x^0 as the first bit, so a block is byte-reversed and then read as a 128-bit integer whose top bit is
/// x^0. A carry-less product of two such integers comes out one bit too low; H and its powers are therefore kept multiplied by x
/// (<see cref="Prepare"/>), which costs nothing later. The reduction is by 1 + x^121 + x^126 + x^127 + x^128 read in the same order,
/// folded in two halves of 64 bits; being linear, it is done once for the sum of many products.
/// </para>
/// </summary>
internal static unsafe class Ghash
{
    /// <summary>Reverses the bytes of each block.</summary>
    public static Vector128<byte> Reversal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    }

    /// <summary>The polynomial's terms in the integers' upper half: bits 127, 126 and 121 of 128.</summary>
    private const ulong UpperTerms = 0xc200_0000_0000_0000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reverse(Vector128<byte> block) => Vector128.Shuffle(block, Reversal).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> SwapHalves(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0));

    /// <summary>H as GHASH's factor: reversed, and multiplied by x modulo the polynomial.</summary>
    public static Vector128<ulong> Prepare(Vector128<byte> hashKey)
    {
        Vector128<ulong> h = Reverse(hashKey);
        ulong low = h.GetElement(0);
        ulong high = h.GetElement(1);

        // All ones where the top bit leaves the integer; no branch, since H is secret.
        ulong overflow = (ulong)((long)high >> 63);
        return Vector128.Create((low << 1) ^ (overflow & 1), ((high << 1) | (low >> 63)) ^ (overflow & UpperTerms));
    }

    /// <summary>The product of a hash and a prepared power.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Multiply<TInstructions>(Vector128<ulong> hash, Vector128<ulong> power)
        where TInstructions : struct, IAesInstructions =>
        default(GhashProducts128<TInstructions>).Add(hash, power).Reduce();

    /// <summary>Reduces a product of 256 bits, whose middle 128 bits are given apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reduce<TInstructions>(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
        where TInstructions : struct, IAesInstructions
    {
        Vector128<ulong> terms = Vector128.Create(UpperTerms, UpperTerms);
        middle ^= SwapHalves(low) ^ TInstructions.MultiplyLow(low, terms);
        return high ^ SwapHalves(middle) ^ TInstructions.MultiplyLow(middle, terms);
    }
}
