using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>
/// A sum of products of ciphertext blocks and powers of H, not reduced yet. The three implementations differ in how many blocks one
/// instruction multiplies: one, two or four. A batch of eight blocks takes <see cref="StepsPerBatch"/> steps: <see cref="Start"/> with
/// the hash so far, <see cref="Step"/> for the others, then one <see cref="Reduce"/>.
/// </summary>
internal unsafe interface IGhashProducts<TSelf>
    where TSelf : struct, IGhashProducts<TSelf>
{
    static abstract int StepsPerBatch { get; }

    /// <summary>The products of the first blocks, the hash so far added to the very first.</summary>
    static abstract TSelf Start(Vector128<ulong> hash, byte* blocks, byte* powers);

    /// <summary>Adds the products of the next blocks.</summary>
    TSelf Step(byte* blocks, byte* powers);

    Vector128<ulong> Reduce();
}

/// <summary>One block an instruction (PCLMULQDQ).</summary>
internal unsafe struct GhashProducts128 : IGhashProducts<GhashProducts128>
{
    private Vector128<ulong> _low;
    private Vector128<ulong> _middle;
    private Vector128<ulong> _high;

    public static GhashProducts128 Zero => default;

    public static int StepsPerBatch => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts128 Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        Zero.Add(hash ^ Ghash.Reverse(Vector128.Load(blocks)), Vector128.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts128 Step(byte* blocks, byte* powers) =>
        Add(Ghash.Reverse(Vector128.Load(blocks)), Vector128.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts128 Add(Vector128<ulong> block, Vector128<ulong> power) => new()
    {
        _low = _low ^ Pclmulqdq.CarrylessMultiply(block, power, 0x00),
        _middle = _middle ^ Pclmulqdq.CarrylessMultiply(block, power, 0x01) ^ Pclmulqdq.CarrylessMultiply(block, power, 0x10),
        _high = _high ^ Pclmulqdq.CarrylessMultiply(block, power, 0x11),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce(_low, _middle, _high);
}

/// <summary>Two blocks an instruction (VPCLMULQDQ on 256 bits).</summary>
internal unsafe struct GhashProducts256 : IGhashProducts<GhashProducts256>
{
    private Vector256<ulong> _low;
    private Vector256<ulong> _middle;
    private Vector256<ulong> _high;

    public static int StepsPerBatch => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts256 Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        default(GhashProducts256).Add(hash.ToVector256Unsafe().WithUpper(Vector128<ulong>.Zero) ^ Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts256 Step(byte* blocks, byte* powers) => Add(Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce(Fold(_low), Fold(_middle), Fold(_high));

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
}

/// <summary>Four blocks an instruction (VPCLMULQDQ on 512 bits).</summary>
internal unsafe struct GhashProducts512 : IGhashProducts<GhashProducts512>
{
    private Vector512<ulong> _low;
    private Vector512<ulong> _middle;
    private Vector512<ulong> _high;

    public static int StepsPerBatch => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static GhashProducts512 Start(Vector128<ulong> hash, byte* blocks, byte* powers) =>
        default(GhashProducts512).Add(Vector512<ulong>.Zero.WithLower(hash.ToVector256()) ^ Load(blocks), Vector512.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts512 Step(byte* blocks, byte* powers) => Add(Load(blocks), Vector512.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce(Fold(_low), Fold(_middle), Fold(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly GhashProducts512 Add(Vector512<ulong> block, Vector512<ulong> power) => new()
    {
        _low = _low ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x00),
        _middle = _middle ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x01) ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x10),
        _high = _high ^ Pclmulqdq.V512.CarrylessMultiply(block, power, 0x11),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Load(byte* blocks)
    {
        var reversal = Vector256.Create(Ghash.Reversal, Ghash.Reversal);
        return Avx512BW.Shuffle(Vector512.Load(blocks), Vector512.Create(reversal, reversal)).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector512<ulong> value)
    {
        Vector256<ulong> half = value.GetLower() ^ value.GetUpper();
        return half.GetLower() ^ half.GetUpper();
    }
}
