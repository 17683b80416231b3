using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HotQuic.Core.Protection;

/// <summary>
/// What AES-GCM derives from a key, in one block of memory that somebody else owns: the powers of H from the ninth down to the first
/// (prepared, see <see cref="Ghash"/>), then the round keys. The eighth power starts a cache line, since the batches read from there.
/// </summary>
internal readonly unsafe struct GcmKey
{
    /// <summary>Eight blocks of a batch, and one for the lengths.</summary>
    private const int HighestPower = 9;
    private const int FirstPowerOffset = 64 + (7 * VectorisedAes.BlockLength);
    private const int RoundKeysOffset = FirstPowerOffset + VectorisedAes.BlockLength;

    private readonly byte* _memory;

    public GcmKey(byte* memory, int keyLength)
    {
        _memory = memory;
        Rounds = VectorisedAes.Rounds(keyLength);
    }

    public int Rounds { get; }

    public byte* RoundKeys => _memory + RoundKeysOffset;

    public byte* LastRoundKey => RoundKeys + (Rounds * VectorisedAes.BlockLength);

    /// <summary>H itself, prepared.</summary>
    public Vector128<ulong> H => Vector128.Load((ulong*)Power(1));

    public static int MemoryLength(int keyLength) => RoundKeysOffset + VectorisedAes.RoundKeysLength(keyLength);

    /// <summary>Where H to the n-th lies, n from 1 to 9; the next lower powers follow.</summary>
    public byte* Power(int exponent) => _memory + FirstPowerOffset - ((exponent - 1) * VectorisedAes.BlockLength);

    /// <summary>Fills the memory from a key of 16 or 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Expand<TInstructions>(ReadOnlySpan<byte> key)
        where TInstructions : struct, IAesInstructions
    {
        VectorisedAes.ExpandKey<TInstructions>(key, RoundKeys);
        Vector128<byte> zeros = VectorisedAes.EncryptBlock<TInstructions>(Vector128<byte>.Zero, RoundKeys, LastRoundKey);
        Ghash.Prepare(zeros).Store((ulong*)Power(1));
        for (int exponent = 2; exponent <= HighestPower; exponent++)
        {
            // From the two halves, so that a product waits for few others.
            Vector128<ulong> half = Vector128.Load((ulong*)Power(exponent / 2));
            Vector128<ulong> otherHalf = Vector128.Load((ulong*)Power(exponent - (exponent / 2)));
            Ghash.Multiply<TInstructions>(half, otherHalf).Store((ulong*)Power(exponent));
        }
    }
}
