using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// Poly1305 (RFC 8439 §2.5): a polynomial over the integers modulo 2^130 - 5, evaluated at r, block by block. The AEAD pads to whole
/// blocks, so there are no others here. <see cref="Add(byte*, int)"/> any number of times, then <see cref="Tag"/>. The accumulator is kept below
/// 2^131, in words of 64 bits; <see cref="Poly1305Lanes{TLanes}"/> takes many blocks at a time. No branch and no address depends on
/// what is secret.
/// </summary>
internal unsafe struct Poly1305
{
    public const int BlockLength = 16;

    /// <summary>r and s, 16 bytes each.</summary>
    public const int KeyLength = 32;

    private readonly ulong _r0;
    private readonly ulong _r1;
    private readonly Vector128<ulong> _s;

    public Poly1305(byte* key)
    {
        Vector128<ulong> r = Vector128.Load((ulong*)key);
        _r0 = r.GetElement(0) & 0x0fff_fffc_0fff_ffff;
        _r1 = r.GetElement(1) & 0x0fff_fffc_0fff_fffc;
        _s = Vector128.Load((ulong*)(key + BlockLength));
    }

    /// <summary>The accumulator, not fully reduced: its third word is 4 at most.</summary>
    public ulong H0 { readonly get; set; }

    public ulong H1 { readonly get; set; }

    public ulong H2 { readonly get; set; }

    /// <summary>The same key with r itself in the accumulator: <see cref="Multiply()"/> makes the powers.</summary>
    public readonly Poly1305 FirstPower() => this with { H0 = _r0, H1 = _r1, H2 = 0 };

    /// <summary>Whole blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(byte* blocks, int count)
    {
        (ulong h0, ulong h1, ulong h2, ulong r0, ulong r1) = (H0, H1, H2, _r0, _r1);
        for (; count > 0; count--, blocks += BlockLength)
        {
            Add(ref h0, ref h1, ref h2, Unsafe.ReadUnaligned<ulong>(blocks), Unsafe.ReadUnaligned<ulong>(blocks + sizeof(ulong)));
            Multiply(ref h0, ref h1, ref h2, r0, r1);
        }

        (H0, H1, H2) = (h0, h1, h2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector128<ulong> block)
    {
        (ulong h0, ulong h1, ulong h2) = (H0, H1, H2);
        Add(ref h0, ref h1, ref h2, block.GetElement(0), block.GetElement(1));
        Multiply(ref h0, ref h1, ref h2, _r0, _r1);
        (H0, H1, H2) = (h0, h1, h2);
    }

    /// <summary>Multiplies the accumulator by r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Multiply()
    {
        (ulong h0, ulong h1, ulong h2) = (H0, H1, H2);
        Multiply(ref h0, ref h1, ref h2, _r0, _r1);
        (H0, H1, H2) = (h0, h1, h2);
    }

    /// <summary>The accumulator modulo 2^130 - 5, plus s modulo 2^128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<byte> Tag()
    {
        // h + 5 reaches 2^130 where h is not below the modulus; then its low bits are h - (2^130 - 5). Once is enough, since h is below
        // twice the modulus.
        ulong g0 = H0 + 5;
        ulong carry = Carry(g0, 5);
        ulong g1 = H1 + carry;
        ulong g2 = H2 + Carry(g1, carry);
        ulong isReduced = 0 - (g2 >> 2 & 1);
        ulong h0 = H0 ^ ((H0 ^ g0) & isReduced);
        ulong h1 = H1 ^ ((H1 ^ g1) & isReduced);
        ulong s0 = _s.GetElement(0);
        ulong t0 = h0 + s0;
        return Vector128.Create(t0, h1 + _s.GetElement(1) + Carry(t0, s0)).AsByte();
    }

    /// <summary>Adds a block, which ends in a bit of 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref ulong h0, ref ulong h1, ref ulong h2, ulong low, ulong high)
    {
        h0 += low;
        ulong carry = Carry(h0, low);
        h1 += carry;
        ulong first = Carry(h1, carry);
        h1 += high;
        h2 += first + Carry(h1, high) + 1;
    }

    /// <summary>
    /// h times r. Since the low two bits of r1 are clear, 2^128 r1 is 2^130 (r1 / 4), which is 5 (r1 / 4): so the words of weight 2^128
    /// and above come down as products with s1 = 5 (r1 / 4). r0 and r1 are below 2^60, thus no sum leaves 128 bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(ref ulong h0, ref ulong h1, ref ulong h2, ulong r0, ulong r1)
    {
        ulong s1 = r1 + (r1 >> 2);
        ulong high0 = Math.BigMul(h0, r0, out ulong low0);
        ulong highX = Math.BigMul(h1, s1, out ulong lowX);
        ulong high1 = Math.BigMul(h0, r1, out ulong low1);
        ulong highY = Math.BigMul(h1, r0, out ulong lowY);
        low0 += lowX;
        high0 += highX + Carry(low0, lowX);
        low1 += lowY;
        high1 += highY + Carry(low1, lowY);
        ulong more = high0 + (h2 * s1); // below 2^62 and 2^63: h2 is 6 at most, after a block was added
        low1 += more;
        high1 += Carry(low1, more) + (h2 * r0);

        // What is above 2^130 comes down five times.
        ulong above = (high1 >> 2) + (high1 & ~3UL);
        h0 = low0 + above;
        ulong carry = Carry(h0, above);
        h1 = low1 + carry;
        h2 = (high1 & 3) + Carry(h1, carry);
    }

    /// <summary>1 where adding that made the sum wrap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Carry(ulong sum, ulong added) => sum < added ? 1UL : 0UL;
}
