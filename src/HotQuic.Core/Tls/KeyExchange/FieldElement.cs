using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Tls.KeyExchange;

/// <summary>
/// An integer modulo 2^255 - 19 (RFC 7748 §4.1) as five limbs of 51 bits, least significant first. No operation branches
/// or indexes by a value, so all take the same time for every element. Operations write to an out parameter, which may be
/// one of the inputs; the inputs are read before anything is written.
/// <para>
/// Limbs may outgrow 51 bits between operations, within bounds that the caller keeps:
/// <see cref="Multiply"/>, <see cref="Square"/>, <see cref="MultiplyByA24"/> and everything made of them give a <i>reduced</i>
/// element (limbs below 2^51 + 2^18) and take limbs below 2^54. <see cref="Add"/> and <see cref="Subtract"/> do not carry;
/// what Subtract takes away must be reduced. So a sum of two reduced elements, or the difference of such a sum and a
/// reduced element, may be multiplied at once.
/// </para>
/// </summary>
internal struct FieldElement
{
    public const int Length = 32;

    private const int LimbBits = 51;
    private const ulong LimbMask = (1UL << LimbBits) - 1;

    /// <summary>2p, limb by limb: added before a subtraction, it keeps every limb from going below zero.</summary>
    private const ulong TwicePrimeLimb0 = (LimbMask - 18) * 2;
    private const ulong TwicePrimeLimb = LimbMask * 2;

    /// <summary>(486662 - 2) / 4 (RFC 7748 §5).</summary>
    private const ulong A24 = 121665;

    // A product of two limbs has up to 128 bits, and C# has no add-with-carry. One factor is therefore shifted left by 10,
    // so that the high word of the product counts in units of 2^54; the high words of a column are summed without overflow,
    // and so are the low words modulo 2^64, from which that many units of 2^54 are taken again: what is left is the exact rest.
    private const int FactorShift = 10;
    private const int HighUnitBits = 64 - FactorShift;
    private const int HighToNextLimb = HighUnitBits - LimbBits;

    private ulong _limb0;
    private ulong _limb1;
    private ulong _limb2;
    private ulong _limb3;
    private ulong _limb4;

    public FieldElement(ulong limb0, ulong limb1, ulong limb2, ulong limb3, ulong limb4)
    {
        _limb0 = limb0;
        _limb1 = limb1;
        _limb2 = limb2;
        _limb3 = limb3;
        _limb4 = limb4;
    }

    public static FieldElement Zero => default;

    public static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>Reads 32 bytes, little-endian, ignoring the top bit; values of p and above count modulo p (RFC 7748 §5).</summary>
    public static FieldElement Read(ReadOnlySpan<byte> bytes)
    {
        ulong word0 = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong word1 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        ulong word2 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong word3 = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return new FieldElement(
            word0 & LimbMask,
            ((word0 >> 51) | (word1 << 13)) & LimbMask,
            ((word1 >> 38) | (word2 << 26)) & LimbMask,
            ((word2 >> 25) | (word3 << 39)) & LimbMask,
            (word3 >> 12) & LimbMask);
    }

    /// <summary>Writes the one value below p that this element stands for, as 32 bytes, little-endian.</summary>
    public readonly void Write(Span<byte> destination)
    {
        FieldElement value = this;
        value.Carry();
        value.Carry();

        // Now below 2^255. Adding 19 leaves that range exactly where the value is p or more, and what then stays is value - p.
        FieldElement lessPrime = value;
        lessPrime._limb0 += 19;
        ulong isPrimeOrMore = lessPrime.CarryUpwards();
        ConditionalSwap(ref value, ref lessPrime, 0 - isPrimeOrMore);

        BinaryPrimitives.WriteUInt64LittleEndian(destination, value._limb0 | (value._limb1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], (value._limb1 >> 13) | (value._limb2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], (value._limb2 >> 26) | (value._limb3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], (value._limb3 >> 39) | (value._limb4 << 12));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(in FieldElement left, in FieldElement right, out FieldElement sum) => sum = new FieldElement(
        left._limb0 + right._limb0,
        left._limb1 + right._limb1,
        left._limb2 + right._limb2,
        left._limb3 + right._limb3,
        left._limb4 + right._limb4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(in FieldElement left, in FieldElement right, out FieldElement difference) => difference = new FieldElement(
        left._limb0 + TwicePrimeLimb0 - right._limb0,
        left._limb1 + TwicePrimeLimb - right._limb1,
        left._limb2 + TwicePrimeLimb - right._limb2,
        left._limb3 + TwicePrimeLimb - right._limb3,
        left._limb4 + TwicePrimeLimb - right._limb4);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in FieldElement left, in FieldElement right, out FieldElement product)
    {
        ulong a0 = left._limb0, a1 = left._limb1, a2 = left._limb2, a3 = left._limb3, a4 = left._limb4;
        ulong b0 = right._limb0, b1 = right._limb1, b2 = right._limb2, b3 = right._limb3, b4 = right._limb4;
        ulong s0 = a0 << FactorShift, s1 = a1 << FactorShift, s2 = a2 << FactorShift, s3 = a3 << FactorShift, s4 = a4 << FactorShift;

        // What passes 2^255 comes back 19-fold.
        ulong f1 = b1 * 19, f2 = b2 * 19, f3 = b3 * 19, f4 = b4 * 19;

        ulong high0 = High(s0, b0) + High(s1, f4) + High(s2, f3) + High(s3, f2) + High(s4, f1);
        ulong high1 = High(s0, b1) + High(s1, b0) + High(s2, f4) + High(s3, f3) + High(s4, f2);
        ulong high2 = High(s0, b2) + High(s1, b1) + High(s2, b0) + High(s3, f4) + High(s4, f3);
        ulong high3 = High(s0, b3) + High(s1, b2) + High(s2, b1) + High(s3, b0) + High(s4, f4);
        ulong high4 = High(s0, b4) + High(s1, b3) + High(s2, b2) + High(s3, b1) + High(s4, b0);

        product = Reduce(
            new FieldElement(
                (a0 * b0) + (a1 * f4) + (a2 * f3) + (a3 * f2) + (a4 * f1),
                (a0 * b1) + (a1 * b0) + (a2 * f4) + (a3 * f3) + (a4 * f2),
                (a0 * b2) + (a1 * b1) + (a2 * b0) + (a3 * f4) + (a4 * f3),
                (a0 * b3) + (a1 * b2) + (a2 * b1) + (a3 * b0) + (a4 * f4),
                (a0 * b4) + (a1 * b3) + (a2 * b2) + (a3 * b1) + (a4 * b0)),
            new FieldElement(high0, high1, high2, high3, high4));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Square(in FieldElement value, out FieldElement square)
    {
        ulong a0 = value._limb0, a1 = value._limb1, a2 = value._limb2, a3 = value._limb3, a4 = value._limb4;
        ulong s0 = a0 << FactorShift, s1 = a1 << FactorShift, s2 = a2 << FactorShift, s3 = a3 << FactorShift, s4 = a4 << FactorShift;
        ulong d1 = a1 * 2, d2 = a2 * 2, d3 = a3 * 2, d4 = a4 * 2;
        ulong f3 = a3 * 19, f4 = a4 * 19, g3 = a3 * 38, g4 = a4 * 38;

        ulong high0 = High(s0, a0) + High(s1, g4) + High(s2, g3);
        ulong high1 = High(s0, d1) + High(s2, g4) + High(s3, f3);
        ulong high2 = High(s0, d2) + High(s1, a1) + High(s3, g4);
        ulong high3 = High(s0, d3) + High(s1, d2) + High(s4, f4);
        ulong high4 = High(s0, d4) + High(s1, d3) + High(s2, a2);

        square = Reduce(
            new FieldElement(
                (a0 * a0) + (a1 * g4) + (a2 * g3),
                (a0 * d1) + (a2 * g4) + (a3 * f3),
                (a0 * d2) + (a1 * a1) + (a3 * g4),
                (a0 * d3) + (a1 * d2) + (a4 * f4),
                (a0 * d4) + (a1 * d3) + (a2 * a2)),
            new FieldElement(high0, high1, high2, high3, high4));
    }

    /// <summary>Multiplies by the curve's constant a24 (RFC 7748 §5).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByA24(in FieldElement value, out FieldElement product)
    {
        const ulong shifted = A24 << FactorShift;
        product = Reduce(
            new FieldElement(value._limb0 * A24, value._limb1 * A24, value._limb2 * A24, value._limb3 * A24, value._limb4 * A24),
            new FieldElement(
                High(value._limb0, shifted),
                High(value._limb1, shifted),
                High(value._limb2, shifted),
                High(value._limb3, shifted),
                High(value._limb4, shifted)));
    }

    /// <summary>The inverse, as value^(p - 2); zero has none and gives zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invert(in FieldElement value, out FieldElement inverse)
    {
        // p - 2 = 2^255 - 21: 250 ones, then 01011. A name says which exponent is reached; "ones" is 2^n - 1.
        Square(value, out FieldElement power2);
        SquareTimes(power2, 2, out FieldElement power9);
        Multiply(power9, value, out power9);
        Multiply(power9, power2, out FieldElement power11);
        Square(power11, out FieldElement ones5);
        Multiply(ones5, power9, out ones5);
        AppendOnes(ones5, ones5, 5, out FieldElement ones10);
        AppendOnes(ones10, ones10, 10, out FieldElement ones20);
        AppendOnes(ones20, ones20, 20, out FieldElement ones40);
        AppendOnes(ones40, ones10, 10, out FieldElement ones50);
        AppendOnes(ones50, ones50, 50, out FieldElement ones100);
        AppendOnes(ones100, ones100, 100, out FieldElement ones200);
        AppendOnes(ones200, ones50, 50, out FieldElement ones250);
        AppendOnes(ones250, power11, 5, out inverse);
    }

    /// <summary>Exchanges the two where the mask is all ones, and nothing where it is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ConditionalSwap(ref FieldElement left, ref FieldElement right, ulong mask)
    {
        ulong difference0 = (left._limb0 ^ right._limb0) & mask;
        ulong difference1 = (left._limb1 ^ right._limb1) & mask;
        ulong difference2 = (left._limb2 ^ right._limb2) & mask;
        ulong difference3 = (left._limb3 ^ right._limb3) & mask;
        ulong difference4 = (left._limb4 ^ right._limb4) & mask;
        left = new FieldElement(
            left._limb0 ^ difference0,
            left._limb1 ^ difference1,
            left._limb2 ^ difference2,
            left._limb3 ^ difference3,
            left._limb4 ^ difference4);
        right = new FieldElement(
            right._limb0 ^ difference0,
            right._limb1 ^ difference1,
            right._limb2 ^ difference2,
            right._limb3 ^ difference3,
            right._limb4 ^ difference4);
    }

    /// <summary>value^(2^count) * tail: the exponent shifted left by count, with the tail's exponent added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AppendOnes(in FieldElement value, in FieldElement tail, int count, out FieldElement result)
    {
        SquareTimes(value, count, out FieldElement shifted);
        Multiply(shifted, tail, out result);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SquareTimes(in FieldElement value, int count, out FieldElement result)
    {
        Square(value, out result);
        for (int i = 1; i < count; i++)
        {
            Square(result, out result);
        }
    }

    /// <summary>The high word of the product. Asking for it alone keeps the low word from a detour through memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(ulong left, ulong right) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(left, right) : Math.BigMul(left, right, out _);

    /// <summary>Joins the columns' sums modulo 2^64 (<paramref name="low"/>) with their units of 2^54 (<paramref name="high"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FieldElement Reduce(in FieldElement low, in FieldElement high)
    {
        // Limbs below 2^54 give columns below 77 * 2^108, so high words below 2^61, and no sum here reaches 2^64.
        FieldElement value = new(
            low._limb0 - (high._limb0 << HighUnitBits) + ((high._limb4 << HighToNextLimb) * 19),
            low._limb1 - (high._limb1 << HighUnitBits) + (high._limb0 << HighToNextLimb),
            low._limb2 - (high._limb2 << HighUnitBits) + (high._limb1 << HighToNextLimb),
            low._limb3 - (high._limb3 << HighUnitBits) + (high._limb2 << HighToNextLimb),
            low._limb4 - (high._limb4 << HighUnitBits) + (high._limb3 << HighToNextLimb));
        value.Carry();
        return value;
    }

    /// <summary>Brings limbs below 2^64 back to those of a reduced element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Carry()
    {
        ulong carry = CarryUpwards();
        _limb0 += 19 * carry;
    }

    /// <summary>Brings every limb below 2^51 and returns what the uppermost carried out, in units of 2^255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong CarryUpwards()
    {
        _limb1 += _limb0 >> LimbBits;
        _limb0 &= LimbMask;
        _limb2 += _limb1 >> LimbBits;
        _limb1 &= LimbMask;
        _limb3 += _limb2 >> LimbBits;
        _limb2 &= LimbMask;
        _limb4 += _limb3 >> LimbBits;
        _limb3 &= LimbMask;
        ulong carry = _limb4 >> LimbBits;
        _limb4 &= LimbMask;
        return carry;
    }
}
