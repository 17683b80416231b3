using System.Runtime.CompilerServices;

namespace HotQuic.Core.Protection;

/// <summary>
/// Poly1305 of as many blocks at once as there are lanes. A lane takes every so-many-th block and multiplies by that power of r; at the
/// end each lane is multiplied by the power that its last block has yet to come to, and the lanes are added up. Numbers are five limbs
/// of 26 bits, since the vector multiplier takes 32: the carries are then few and need not be complete.
/// </summary>
internal unsafe struct Poly1305Lanes<TLanes> : IPoly1305Batches
    where TLanes : struct, IPoly1305Lanes<TLanes>
{
    private const int LimbBits = 26;
    private const ulong LimbMask = (1UL << LimbBits) - 1;

    public static int BatchLength => TLanes.Count * Poly1305.BlockLength;

    public static int LeastLength => 3 * BatchLength;

    public static bool IsSupported => TLanes.IsSupported;

    private static int VectorLength => TLanes.Count * sizeof(ulong);

    // Not one of two small methods around a common one: the JIT inlines in proportion to the method that it starts from.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void CipherAndHash<TDirection>(ref Poly1305 hash, ref TextCursor cursor, byte* keystream, int length)
        where TDirection : struct
    {
        bool sealing = typeof(TDirection) == typeof(Sealing);
        Unsafe.SkipInit(out Factors factors);
        byte* each = (byte*)(((nuint)(&factors) + 63) & ~(nuint)63);
        byte* last = each + (9 * VectorLength);
        WriteFactors(hash, each, last);

        TLanes h0 = TLanes.OfFirst(hash.H0 & LimbMask);
        TLanes h1 = TLanes.OfFirst((hash.H0 >> 26) & LimbMask);
        TLanes h2 = TLanes.OfFirst(((hash.H0 >> 52) | (hash.H1 << 12)) & LimbMask);
        TLanes h3 = TLanes.OfFirst((hash.H1 >> 14) & LimbMask);
        TLanes h4 = TLanes.OfFirst((hash.H1 >> 40) | (hash.H2 << 24));

        byte* text = cursor.Text;
        byte* end = text + length;
        byte* source = text > cursor.InPlaceEnd ? cursor.Elsewhere : text;
        while (text != end)
        {
            if (sealing && text == cursor.InPlaceEnd)
            {
                source = cursor.Elsewhere;
            }

            TLanes beforeX = TLanes.Load(source);
            TLanes beforeY = TLanes.Load(source + VectorLength);
            TLanes afterX = beforeX ^ TLanes.Load(keystream);
            TLanes afterY = beforeY ^ TLanes.Load(keystream + VectorLength);
            afterX.Store(text);
            afterY.Store(text + VectorLength);
            AddBlocks(sealing ? afterX : beforeX, sealing ? afterY : beforeY, ref h0, ref h1, ref h2, ref h3, ref h4);
            source += BatchLength;
            keystream += BatchLength;
            text += BatchLength;
            Multiply(text == end ? last : each, ref h0, ref h1, ref h2, ref h3, ref h4);
        }

        AddUp(ref hash, h0.Sum(), h1.Sum(), h2.Sum(), h3.Sum(), h4.Sum());
        cursor.Text = text;
        if (text > cursor.InPlaceEnd)
        {
            cursor.Elsewhere = source;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBlocks(TLanes x, TLanes y, ref TLanes h0, ref TLanes h1, ref TLanes h2, ref TLanes h3, ref TLanes h4)
    {
        TLanes mask = TLanes.OfAll(LimbMask);
        TLanes low = TLanes.LowWords(x, y);
        TLanes high = TLanes.HighWords(x, y);
        h0 += low & mask;
        h1 += (low >>> 26) & mask;
        h2 += ((low >>> 52) | (high << 12)) & mask;
        h3 += (high >>> 14) & mask;
        h4 += (high >>> 40) | TLanes.OfAll(1UL << 24);
    }

    /// <summary>
    /// h times a factor, lane by lane, which comes as five limbs and then four times five: what is above 2^130 comes down so. Limb by limb
    /// of the factor, so that ten registers and one for the limb do. The limbs of h are below 2^28, those of the factor below 2^27 (times
    /// five below 2^30), thus a sum of five products below 2^64. What is carried leaves limbs of 26 bits and little more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(byte* factor, ref TLanes h0, ref TLanes h1, ref TLanes h2, ref TLanes h3, ref TLanes h4)
    {
        TLanes limb = TLanes.Load(factor);
        TLanes d0 = h0 * limb, d1 = h1 * limb, d2 = h2 * limb, d3 = h3 * limb, d4 = h4 * limb;
        limb = TLanes.Load(factor + (8 * VectorLength));
        d0 = d0.Plus(h1, limb);
        d1 = d1.Plus(h2, limb);
        d2 = d2.Plus(h3, limb);
        d3 = d3.Plus(h4, limb);
        limb = TLanes.Load(factor + VectorLength);
        d1 = d1.Plus(h0, limb);
        d2 = d2.Plus(h1, limb);
        d3 = d3.Plus(h2, limb);
        d4 = d4.Plus(h3, limb);
        limb = TLanes.Load(factor + (7 * VectorLength));
        d0 = d0.Plus(h2, limb);
        d1 = d1.Plus(h3, limb);
        d2 = d2.Plus(h4, limb);
        limb = TLanes.Load(factor + (2 * VectorLength));
        d2 = d2.Plus(h0, limb);
        d3 = d3.Plus(h1, limb);
        d4 = d4.Plus(h2, limb);
        limb = TLanes.Load(factor + (6 * VectorLength));
        d0 = d0.Plus(h3, limb);
        d1 = d1.Plus(h4, limb);
        limb = TLanes.Load(factor + (3 * VectorLength));
        d3 = d3.Plus(h0, limb);
        d4 = d4.Plus(h1, limb);
        d0 = d0.Plus(h4, TLanes.Load(factor + (5 * VectorLength)));
        d4 = d4.Plus(h0, TLanes.Load(factor + (4 * VectorLength)));

        TLanes mask = TLanes.OfAll(LimbMask);
        d1 += d0 >>> LimbBits;
        d4 += d3 >>> LimbBits;
        h0 = d0 & mask;
        h3 = d3 & mask;
        TLanes above = d4 >>> LimbBits;
        d2 += d1 >>> LimbBits;
        h0 += above + (above << 2);
        h4 = d4 & mask;
        h1 = d1 & mask;
        h3 += d2 >>> LimbBits;
        h1 += h0 >>> LimbBits;
        h2 = d2 & mask;
        h0 &= mask;
        h4 += h3 >>> LimbBits;
        h3 &= mask;
    }

    /// <summary>The power that every batch is multiplied by, and for each lane the one that remains at the end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WriteFactors(in Poly1305 hash, byte* each, byte* last)
    {
        // Words first, at the place of the limbs: the lane that takes a batch's first block has the highest power.
        ulong* words = (ulong*)last;
        Poly1305 power = hash.FirstPower();
        for (int block = TLanes.Count - 1; ; block--)
        {
            int lane = (2 * (block % (TLanes.Count / 2))) + (block / (TLanes.Count / 2));
            words[lane] = power.H0;
            words[lane + TLanes.Count] = power.H1;
            words[lane + (2 * TLanes.Count)] = power.H2;
            if (block == 0)
            {
                break;
            }

            power.Multiply();
        }

        TLanes w0 = TLanes.Load(last);
        TLanes w1 = TLanes.Load(last + VectorLength);
        TLanes w2 = TLanes.Load(last + (2 * VectorLength));
        TLanes mask = TLanes.OfAll(LimbMask);
        WriteLimb(0, w0 & mask, each, last);
        WriteLimb(1, (w0 >>> 26) & mask, each, last);
        WriteLimb(2, ((w0 >>> 52) | (w1 << 12)) & mask, each, last);
        WriteLimb(3, (w1 >>> 14) & mask, each, last);
        WriteLimb(4, (w1 >>> 40) | (w2 << 24), each, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLimb(int index, TLanes limb, byte* each, byte* last)
    {
        TLanes ofFirst = limb.OfAllFirst();
        limb.Store(last + (index * VectorLength));
        ofFirst.Store(each + (index * VectorLength));
        if (index > 0)
        {
            (limb + (limb << 2)).Store(last + ((index + 4) * VectorLength));
            (ofFirst + (ofFirst << 2)).Store(each + ((index + 4) * VectorLength));
        }
    }

    /// <summary>Limbs of up to 30 bits become the words of the accumulator.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddUp(ref Poly1305 hash, ulong d0, ulong d1, ulong d2, ulong d3, ulong d4)
    {
        d1 += d0 >> LimbBits;
        d2 += d1 >> LimbBits;
        d3 += d2 >> LimbBits;
        d4 += d3 >> LimbBits;
        ulong low = (d0 & LimbMask) | ((d1 & LimbMask) << 26) | (d2 << 52);
        ulong above = 5 * (d4 >> LimbBits);
        hash.H0 = low + above;
        ulong carry = hash.H0 < above ? 1UL : 0UL;
        ulong middle = ((d2 & LimbMask) >> 12) | ((d3 & LimbMask) << 14) | (d4 << 40);
        hash.H1 = middle + carry;
        hash.H2 = ((d4 & LimbMask) >> 24) + (hash.H1 < carry ? 1UL : 0UL);
    }

    /// <summary>Twice nine vectors.</summary>
    [InlineArray((2 * 9 * 64) + 63)]
    private struct Factors
    {
        private byte _first;
    }
}
