using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>The end of a packet's text, less than a batch, for <see cref="IGhashProducts{TSelf}.XorPart"/>.</summary>
internal unsafe ref struct GcmPart
{
    /// <summary>The text to read: in place, or elsewhere.</summary>
    public byte* Source;

    /// <summary>Where it goes; 16 bytes after <see cref="Length"/> may be rewritten too, since the tag follows there.</summary>
    public byte* Text;

    /// <summary>0 to 127 bytes.</summary>
    public int Length;

    /// <summary>The power of H for the first of its blocks; the next lower ones follow.</summary>
    public byte* Powers;

    /// <summary>The hash of everything before, to be added to the first block.</summary>
    public Vector128<ulong> Hash;
}

/// <summary>
/// A sum of products of ciphertext blocks and powers of H, not reduced yet. The implementations differ in how many blocks one
/// instruction multiplies: one or two; four, on 512 bits, measured slower than two.
/// <para>A batch of eight blocks takes <see cref="StepsPerBatch"/> steps: <see cref="Start"/> with the hash so far, <see cref="Step"/> for
/// the others, then one <see cref="Reduce"/>.</para>
/// Ciphertext is also written by the same width (<see cref="XorText"/>), since the processor forwards a store to a load only if the
/// store covers it: sealing reads back what it has just written, and narrower stores cost it a tenth of its speed.
/// </summary>
internal unsafe interface IGhashProducts<TSelf>
    where TSelf : struct, IGhashProducts<TSelf>
{
    static abstract int StepsPerBatch { get; }

    /// <summary>The products of the first blocks, the hash so far added to the very first.</summary>
    static abstract TSelf Start(Vector128<ulong> hash, byte* blocks, byte* powers);

    /// <summary>The products of 1 to 64 bytes, padded with zeros to whole blocks, the hash so far added to the first.</summary>
    static abstract TSelf OfPart(Vector128<ulong> hash, byte* data, int length, byte* powers);

    /// <summary>Writes 64 bytes of text xored with keystream.</summary>
    static abstract void XorText(in FourBlocks keystream, byte* source, byte* destination);

    /// <summary>
    /// Writes the end of the text xored with keystream, and gives the products of its ciphertext. A text that has no such end gives the
    /// product of the hash.
    /// </summary>
    static abstract TSelf XorPart(bool sealing, in FourBlocks first, in FourBlocks second, scoped in GcmPart part);

    /// <summary>Adds the products of the next blocks.</summary>
    TSelf Step(byte* blocks, byte* powers);

    /// <summary>Adds the product of one block.</summary>
    TSelf Add(Vector128<ulong> block, Vector128<ulong> power);

    Vector128<ulong> Reduce();
}

/// <summary>One block an instruction, with any processor's.</summary>
internal unsafe struct GhashProducts128<TInstructions> : IGhashProducts<GhashProducts128<TInstructions>>
    where TInstructions : struct, IAesInstructions
{
    private const int Block = VectorisedAes.BlockLength;

    public Vector128<ulong> Low;
    public Vector128<ulong> Middle;
    public Vector128<ulong> High;

    public static int StepsPerBatch => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts128<TInstructions> Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        default(GhashProducts128<TInstructions>).Add(hash ^ Ghash.Reverse(Vector128.Load(blocks)), Vector128.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts128<TInstructions> OfPart(Vector128<ulong> hash, byte* data, int length, byte* powers)
    {
        GhashProducts128<TInstructions> products = default;
        for (; length >= Block; length -= Block, data += Block, powers += Block)
        {
            products = products.Add(hash ^ Ghash.Reverse(Vector128.Load(data)), Vector128.Load((ulong*)powers));
            hash = Vector128<ulong>.Zero;
        }

        return length == 0
            ? products
            : products.Add(hash ^ Ghash.Reverse(LoadPart(data, length)), Vector128.Load((ulong*)powers));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorText(in FourBlocks keystream, byte* source, byte* destination)
    {
        Vector128<byte> a = keystream.A ^ Vector128.Load(source);
        Vector128<byte> b = keystream.B ^ Vector128.Load(source + 16);
        Vector128<byte> c = keystream.C ^ Vector128.Load(source + 32);
        Vector128<byte> d = keystream.D ^ Vector128.Load(source + 48);
        a.Store(destination);
        b.Store(destination + 16);
        c.Store(destination + 32);
        d.Store(destination + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts128<TInstructions> XorPart(
        bool sealing, in FourBlocks first, in FourBlocks second, scoped in GcmPart part)
    {
        int remaining = part.Length;
        if (remaining == 0)
        {
            return default(GhashProducts128<TInstructions>).Add(part.Hash, Vector128.Load((ulong*)part.Powers));
        }

        byte* text = part.Text;
        if (part.Source != text)
        {
            Unsafe.CopyBlockUnaligned(text, part.Source, (uint)remaining);
        }

        Unsafe.SkipInit(out EightBlocks keystream);
        byte* stream = (byte*)&keystream;
        first.Store(stream);
        second.Store(stream + (4 * Block));
        byte* powers = part.Powers;
        Vector128<ulong> hash = part.Hash;
        GhashProducts128<TInstructions> products = default;
        for (; remaining > 0; remaining -= Block, text += Block, stream += Block, powers += Block)
        {
            // The bytes of the last block that are past the text belong to the tag: read, and written back as they were.
            var inside = Vector128.GreaterThan(Vector128.Create((sbyte)remaining), Vector128<sbyte>.Indices).AsByte();
            Vector128<byte> before = Vector128.Load(text);
            Vector128<byte> after = before ^ (Vector128.Load(stream) & inside);
            after.Store(text);
            Vector128<byte> ciphertext = (sealing ? after : before) & inside;
            products = products.Add(hash ^ Ghash.Reverse(ciphertext), Vector128.Load((ulong*)powers));
            hash = Vector128<ulong>.Zero;
        }

        return products;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts128<TInstructions> Step(byte* blocks, byte* powers) =>
        Add(Ghash.Reverse(Vector128.Load(blocks)), Vector128.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts128<TInstructions> Add(Vector128<ulong> block, Vector128<ulong> power) => new()
    {
        Low = Low ^ TInstructions.MultiplyLow(block, power),
        Middle = Middle ^ TInstructions.MultiplyAcross(block, power),
        High = High ^ TInstructions.MultiplyHigh(block, power),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce<TInstructions>(Low, Middle, High);

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

    [InlineArray(8 * Block)]
    private struct EightBlocks
    {
        private byte _first;
    }
}
