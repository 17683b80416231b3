using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>
/// GHASH (NIST SP 800-38D §6.4), the universal hash of GCM: a polynomial over GF(2^128) evaluated at the hash key H.
/// <para>
/// GCM writes the coefficient of x^0 as the first bit, so a block is byte-reversed and then read as a 128-bit integer whose top bit is
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

    /// <summary>The low terms of the polynomial in the order of the integers: bits 127, 126 and 121 of 128.</summary>
    private static Vector128<ulong> Polynomial
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create(1UL, 0xc200_0000_0000_0000);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reverse(Vector128<byte> block) => Ssse3.Shuffle(block, Reversal).AsUInt64();

    /// <summary>H as GHASH's factor: reversed, and multiplied by x modulo the polynomial.</summary>
    public static Vector128<ulong> Prepare(Vector128<byte> hashKey)
    {
        Vector128<ulong> h = Reverse(hashKey);
        ulong low = h.GetElement(0);
        ulong high = h.GetElement(1);

        // All ones where the top bit leaves the integer; no branch, since H is secret.
        ulong overflow = (ulong)((long)high >> 63);
        Vector128<ulong> shifted = Vector128.Create(low << 1, (high << 1) | (low >> 63));
        return shifted ^ (Polynomial & Vector128.Create(overflow));
    }

    /// <summary>The product of a hash and a prepared power.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Multiply(Vector128<ulong> hash, Vector128<ulong> power) =>
        GhashProducts128.Zero.Add(hash, power).Reduce();

    /// <summary>Reduces a product of 256 bits, whose middle 128 bits are given apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        middle ^= SwapHalves(low) ^ Pclmulqdq.CarrylessMultiply(low, Polynomial, 0x10);
        return high ^ SwapHalves(middle) ^ Pclmulqdq.CarrylessMultiply(middle, Polynomial, 0x10);
    }

    /// <summary>The hash of the associated data, padded with zeros to whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> OfAssociatedData(byte* data, int length, Vector128<ulong> h)
    {
        Vector128<ulong> hash = Vector128<ulong>.Zero;
        for (; length >= VectorisedAes.BlockLength; length -= VectorisedAes.BlockLength, data += VectorisedAes.BlockLength)
        {
            hash = Multiply(hash ^ Reverse(Vector128.Load(data)), h);
        }

        if (length > 0)
        {
            hash = Multiply(hash ^ Reverse(LoadPart(data, length)), h);
        }

        return hash;
    }

    /// <summary>1 to 15 bytes, padded with zeros; reads none but them. Two loads that overlap do for all but the shortest headers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LoadPart(byte* data, int length)
    {
        if (length >= sizeof(ulong))
        {
            ulong last = Unsafe.ReadUnaligned<ulong>(data + length - sizeof(ulong));

            // Shifted in two steps, since a shift by 64 would not shift at all.
            return Vector128.Create(Unsafe.ReadUnaligned<ulong>(data), last >> 1 >> (8 * (16 - length) - 1)).AsByte();
        }

        ulong part = 0;
        for (int i = length - 1; i >= 0; i--)
        {
            part = (part << 8) | data[i];
        }

        return Vector128.Create(part, 0).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> SwapHalves(Vector128<ulong> value) =>
        Sse2.Shuffle(value.AsUInt32(), 0b01_00_11_10).AsUInt64();
}
