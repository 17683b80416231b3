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
