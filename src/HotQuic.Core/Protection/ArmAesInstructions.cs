using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace HotQuic.Core.Protection;

/// <summary>The four instructions of ARM's cryptographic extension that AES-GCM is made of.</summary>
internal interface IArmCryptoExtension
{
    /// <summary>AESE: adds the key, then substitutes bytes and shifts rows.</summary>
    static abstract Vector128<byte> Encrypt(Vector128<byte> state, Vector128<byte> key);

    /// <summary>AESMC.</summary>
    static abstract Vector128<byte> MixColumns(Vector128<byte> state);

    /// <summary>PMULL: the carry-less product of 64 bits by 64.</summary>
    static abstract Vector128<ulong> MultiplyLow(Vector64<ulong> a, Vector64<ulong> b);

    /// <summary>PMULL2: the same of the high halves.</summary>
    static abstract Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b);
}

/// <summary>The processor's own.</summary>
internal readonly struct ArmCryptoExtension : IArmCryptoExtension
{
    public static bool IsSupported => ArmAes.IsSupported && AdvSimd.Arm64.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Encrypt(Vector128<byte> state, Vector128<byte> key) => ArmAes.Encrypt(state, key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> MixColumns(Vector128<byte> state) => ArmAes.MixColumns(state);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLow(Vector64<ulong> a, Vector64<ulong> b) => ArmAes.PolynomialMultiplyWideningLower(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) => ArmAes.PolynomialMultiplyWideningUpper(a, b);
}

/// <summary>
/// AES-GCM's primitives of ARM's instructions. AESE adds its key first, so each round takes the key of the one before, and the last
/// key is added by itself.
/// </summary>
internal readonly unsafe struct ArmAesInstructions<TExtension> : IAesInstructions
    where TExtension : struct, IArmCryptoExtension
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Begin(Vector128<byte> block, Vector128<byte> firstKey) => block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> RoundKey(byte* key) => Vector128.Load(key - VectorisedAes.BlockLength);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey) =>
        TExtension.MixColumns(TExtension.Encrypt(state, roundKey));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> roundKey, Vector128<byte> lastKey) =>
        TExtension.Encrypt(state, roundKey) ^ lastKey;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b) =>
        TExtension.MultiplyLow(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) => TExtension.MultiplyHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyAcross(Vector128<ulong> a, Vector128<ulong> b)
    {
        Vector128<ulong> swapped = Ghash.SwapHalves(b);
        return TExtension.MultiplyLow(a.GetLower(), swapped.GetLower()) ^ TExtension.MultiplyHigh(a, swapped);
    }
}
