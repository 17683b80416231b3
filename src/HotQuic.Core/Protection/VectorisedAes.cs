using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace HotQuic.Core.Protection;

/// <summary>
/// AES with the processor's instructions (FIPS 197): what is supported, key expansion, and the single block. Four blocks at a time
/// are <see cref="FourBlocks"/>; GCM is <see cref="GcmKernel{TProducts}"/>.
/// </summary>
internal static unsafe class VectorisedAes
{
    public const int BlockLength = 16;

    public static bool IsSupported => X86Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported;

    /// <summary>
    /// The kernel for this processor: the width of its carry-less multiplier is the difference. AES itself stays at one block an
    /// instruction: .NET 10 has no VAES. Where it comes, <see cref="FourBlocks"/> is what becomes wider.
    /// </summary>
    public static PacketAead CreateAead(CipherSuite suite) => Pclmulqdq.V256.IsSupported && Avx2.IsSupported
        ? new VectorisedAesGcmAead<GhashProducts256>(suite)
        : new VectorisedAesGcmAead<GhashProducts128>(suite);

    /// <summary>10 rounds for a key of 16 bytes, 14 for one of 32.</summary>
    public static int Rounds(int keyLength) => (keyLength / 4) + 6;

    /// <summary>Bytes of round keys: one block before the first round, and one a round.</summary>
    public static int RoundKeysLength(int keyLength) => (Rounds(keyLength) + 1) * BlockLength;

    /// <summary>Expands a key of 16 or 32 bytes into its round keys (FIPS 197 §5.2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandKey(ReadOnlySpan<byte> key, byte* roundKeys)
    {
        int rounds = Rounds(key.Length);
        Vector128<byte> older = Vector128.Create(key[..BlockLength]);
        Vector128<byte> newer = Vector128.Create(key[^BlockLength..]);
        older.Store(roundKeys);
        if (key.Length > BlockLength)
        {
            newer.Store(roundKeys + BlockLength);
        }

        uint roundConstant = 1;
        for (int round = key.Length / BlockLength; round <= rounds; round++)
        {
            // KeygenAssist: lane 3 is the last word substituted and rotated, lane 2 only substituted.
            Vector128<uint> assist = X86Aes.KeygenAssist(newer, 0).AsUInt32();
            Vector128<byte> next;
            if (key.Length == BlockLength || (round & 1) == 0)
            {
                next = NextRoundKey(older, (Sse2.Shuffle(assist, 0b11_11_11_11) ^ Vector128.Create(roundConstant)).AsByte());
                roundConstant = roundConstant == 0x80 ? 0x1bu : roundConstant << 1;
            }
            else
            {
                next = NextRoundKey(older, Sse2.Shuffle(assist, 0b10_10_10_10).AsByte());
            }

            next.Store(roundKeys + (round * BlockLength));
            older = key.Length == BlockLength ? next : newer;
            newer = next;
        }
    }

    /// <summary>Encrypts one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EncryptBlock(Vector128<byte> block, byte* roundKeys, int rounds)
    {
        byte* last = roundKeys + (rounds * BlockLength);
        block ^= Vector128.Load(roundKeys);
        for (byte* key = roundKeys + BlockLength; key != last; key += BlockLength)
        {
            block = X86Aes.Encrypt(block, Vector128.Load(key));
        }

        return X86Aes.EncryptLast(block, Vector128.Load(last));
    }

    /// <summary>Each word of the next key is the xor of all words up to its own, and of the assist word.</summary>
    private static Vector128<byte> NextRoundKey(Vector128<byte> key, Vector128<byte> assist)
    {
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 4);
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 8);
        return key ^ assist;
    }
}
