using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>
/// A sum of products of ciphertext blocks and powers of H, not reduced yet. The two implementations differ in how many blocks one
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

    /// <summary>Adds the products of the next blocks.</summary>
    TSelf Step(byte* blocks, byte* powers);

    Vector128<ulong> Reduce();

    /// <summary>Writes 64 bytes of text xored with keystream.</summary>
    static abstract void XorText(FourBlocks keystream, byte* source, byte* destination);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorText(FourBlocks keystream, byte* source, byte* destination)
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
        default(GhashProducts256).Add(hash.ToVector256() ^ Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly GhashProducts256 Step(byte* blocks, byte* powers) => Add(Load(blocks), Vector256.Load((ulong*)powers));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => Ghash.Reduce(Fold(_low), Fold(_middle), Fold(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void XorText(FourBlocks keystream, byte* source, byte* destination)
    {
        Vector256<byte> low = Vector256.Create(keystream.A, keystream.B) ^ Vector256.Load(source);
        Vector256<byte> high = Vector256.Create(keystream.C, keystream.D) ^ Vector256.Load(source + 32);
        low.Store(destination);
        high.Store(destination + 32);
    }

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
