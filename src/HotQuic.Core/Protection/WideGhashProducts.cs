using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>Two blocks an instruction (VPCLMULQDQ on 256 bits).</summary>
internal unsafe struct GhashProducts256 : IGhashProducts<GhashProducts256>
{
    private Vector256<ulong> _low;
    private Vector256<ulong> _middle;
    private Vector256<ulong> _high;

    public static int StepsPerBatch => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts256 Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        default(GhashProducts256).Add(hash.ToVector256() ^ Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts256 OfPart(Vector128<ulong> hash, byte* data, int length, byte* powers) =>
        Widen(GhashProducts128<X86AesInstructions>.OfPart(hash, data, length, powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorText(in FourBlocks keystream, byte* source, byte* destination)
    {
        Vector256<byte> low = Vector256.Create(keystream.A, keystream.B) ^ Vector256.Load(source);
        Vector256<byte> high = Vector256.Create(keystream.C, keystream.D) ^ Vector256.Load(source + 32);
        low.Store(destination);
        high.Store(destination + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts256 XorPart(bool sealing, in FourBlocks first, in FourBlocks second, scoped in GcmPart part) =>
        Widen(GhashProducts128<X86AesInstructions>.XorPart(sealing, first, second, part));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts256 Step(byte* blocks, byte* powers) => Add(Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts256 Add(Vector128<ulong> block, Vector128<ulong> power) => Add(block.ToVector256(), power.ToVector256());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce<X86AesInstructions>(Fold(_low), Fold(_middle), Fold(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly GhashProducts256 Add(Vector256<ulong> block, Vector256<ulong> power) => new()
    {
        _low = _low ^ Pclmulqdq.V256.CarrylessMultiply(block, power, 0x00),
        _middle = _middle ^ Pclmulqdq.V256.CarrylessMultiply(block, power, 0x01) ^ Pclmulqdq.V256.CarrylessMultiply(block, power, 0x10),
        _high = _high ^ Pclmulqdq.V256.CarrylessMultiply(block, power, 0x11),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load(byte* blocks) =>
        Avx2.Shuffle(Vector256.Load(blocks), Vector256.Create(Ghash.Reversal, Ghash.Reversal)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector256<ulong> value) => value.GetLower() ^ value.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static GhashProducts256 Widen(GhashProducts128<X86AesInstructions> products) => new()
    {
        _low = products.Low.ToVector256(),
        _middle = products.Middle.ToVector256(),
        _high = products.High.ToVector256(),
    };
}

/// <summary>Four blocks an instruction (VPCLMULQDQ on 512 bits); parts of blocks are loaded and stored under a mask (AVX512BW).</summary>
internal unsafe struct GhashProducts512 : IGhashProducts<GhashProducts512>
{
    private const int Width = 64;

    private Vector512<ulong> _low;
    private Vector512<ulong> _middle;
    private Vector512<ulong> _high;

    public static int StepsPerBatch => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts512 Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        default(GhashProducts512).Add(Widen(hash) ^ Reverse(Vector512.Load(blocks)), Vector512.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts512 OfPart(Vector128<ulong> hash, byte* data, int length, byte* powers)
    {
        Vector512<byte> blocks = Avx512BW.MaskLoad(data, FirstBytes(length), Vector512<byte>.Zero);
        return default(GhashProducts512).Add(Widen(hash) ^ Reverse(blocks), Vector512.Load((ulong*)powers));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorText(in FourBlocks keystream, byte* source, byte* destination) =>
        (Join(keystream) ^ Vector512.Load(source)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts512 XorPart(bool sealing, in FourBlocks first, in FourBlocks second, scoped in GcmPart part)
    {
        Vector512<byte> blocks = XorPart(sealing, first, part.Source, part.Text, FirstBytes(part.Length));
        GhashProducts512 products =
            default(GhashProducts512).Add(Widen(part.Hash) ^ Reverse(blocks), Vector512.Load((ulong*)part.Powers));
        if (part.Length > Width)
        {
            blocks = XorPart(sealing, second, part.Source + Width, part.Text + Width, FirstBytes(part.Length - Width));
            products = products.Add(Reverse(blocks), Vector512.Load((ulong*)(part.Powers + Width)));
        }

        return products;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts512 Step(byte* blocks, byte* powers) =>
        Add(Reverse(Vector512.Load(blocks)), Vector512.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts512 Add(Vector128<ulong> block, Vector128<ulong> power) => Add(Widen(block), Widen(power));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce<X86AesInstructions>(Fold(_low), Fold(_middle), Fold(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly GhashProducts512 Add(Vector512<ulong> block, Vector512<ulong> power) => new()
    {
        _low = _low ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x00),
        _middle = _middle ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x01) ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x10),
        _high = _high ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x11),
    };

    /// <summary>Gives the ciphertext, with zeros outside of the mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> XorPart(bool sealing, in FourBlocks keystream, byte* source, byte* text, Vector512<byte> inside)
    {
        Vector512<byte> before = Avx512BW.MaskLoad(source, inside, Vector512<byte>.Zero);
        Vector512<byte> after = before ^ (Join(keystream) & inside);
        Avx512BW.MaskStore(text, inside, after);
        return sealing ? after : before;
    }

    /// <summary>The mask of up to 127 bytes' first 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> FirstBytes(int length) =>
        Vector512.GreaterThan(Vector512.Create((sbyte)length), Vector512<sbyte>.Indices).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Reverse(Vector512<byte> blocks)
    {
        // Written out, since then the JIT makes it a constant.
        var reversal = Vector512.Create(
            0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607,
            0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607).AsByte();
        return Avx512BW.Shuffle(blocks, reversal).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Join(in FourBlocks blocks) =>
        Vector256.Create(blocks.A, blocks.B).ToVector512Unsafe().WithUpper(Vector256.Create(blocks.C, blocks.D));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Widen(Vector128<ulong> value) => value.ToVector256().ToVector512();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector512<ulong> value)
    {
        Vector256<ulong> half = value.GetLower() ^ value.GetUpper();
        return half.GetLower() ^ half.GetUpper();
    }
}
