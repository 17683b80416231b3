using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HotQuic.Core.Protection;

/// <summary>
/// AES with the processor's instructions (FIPS 197): who does it on this processor, key expansion, and the single block. Four blocks
/// at a time are <see cref="FourBlocks"/>; GCM is <see cref="GcmKernel{TInstructions, TProducts}"/>.
/// </summary>
internal static unsafe class VectorisedAes
{
    public const int BlockLength = 16;

    public static bool IsSupported => X86AesInstructions.IsSupported || ArmCryptoExtension.IsSupported;

    /// <summary>True where one instruction hashes two blocks.</summary>
    public static bool Hashes256 => Pclmulqdq.V256.IsSupported && Avx2.IsSupported;

    /// <summary>
    /// The kernel for this processor. On x86 the width of its carry-less multiplier makes the difference. AES itself stays at one block
    /// an instruction: .NET 10 has no VAES. Where it comes, <see cref="FourBlocks"/> is what becomes wider.
    /// </summary>
    public static PacketAead CreateAead(CipherSuite suite)
    {
        if (!X86AesInstructions.IsSupported)
        {
            return new VectorisedAesGcmAead<
                ArmAesInstructions<ArmCryptoExtension>, GhashProducts128<ArmAesInstructions<ArmCryptoExtension>>>(suite);
        }

        return Hashes256
            ? new VectorisedAesGcmAead<X86AesInstructions, GhashProducts256>(suite)
            : new VectorisedAesGcmAead<X86AesInstructions, GhashProducts128<X86AesInstructions>>(suite);
    }

    /// <summary>Header protection by this processor.</summary>
    public static HeaderProtection CreateHeaderProtection(CipherSuite suite) => X86AesInstructions.IsSupported
        ? new VectorisedAesHeaderProtection<X86AesInstructions>(suite)
        : new VectorisedAesHeaderProtection<ArmAesInstructions<ArmCryptoExtension>>(suite);

    /// <summary>10 rounds for a key of 16 bytes, 14 for one of 32.</summary>
    public static int Rounds(int keyLength) => (keyLength / 4) + 6;

    /// <summary>Bytes of round keys: one block before the first round, and one a round.</summary>
    public static int RoundKeysLength(int keyLength) => (Rounds(keyLength) + 1) * BlockLength;

    /// <summary>Expands a key of 16 or 32 bytes into its round keys (FIPS 197 §5.2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandKey<TInstructions>(ReadOnlySpan<byte> key, byte* roundKeys)
        where TInstructions : struct, IAesInstructions
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
            // Four times the same word: then shifting rows changes nothing, and the last round under a key of zeros only substitutes.
            Vector128<byte> lastWord = Vector128.Shuffle(newer.AsUInt32(), Vector128.Create(3u, 3, 3, 3)).AsByte();
            Vector128<uint> assist = TInstructions.LastRound(lastWord, Vector128<byte>.Zero, Vector128<byte>.Zero).AsUInt32();
            if (key.Length == BlockLength || (round & 1) == 0)
            {
                assist = ((assist >>> 8) | (assist << 24)) ^ Vector128.Create(roundConstant);
                roundConstant = roundConstant == 0x80 ? 0x1bu : roundConstant << 1;
            }

            Vector128<byte> next = NextRoundKey(older, assist.AsByte());
            next.Store(roundKeys + (round * BlockLength));
            older = key.Length == BlockLength ? next : newer;
            newer = next;
        }
    }

    /// <summary>Encrypts one block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EncryptBlock<TInstructions>(Vector128<byte> block, byte* roundKeys, byte* lastKey)
        where TInstructions : struct, IAesInstructions
    {
        block = TInstructions.Begin(block, Vector128.Load(roundKeys));
        for (byte* key = roundKeys + BlockLength; key != lastKey; key += BlockLength)
        {
            block = TInstructions.Round(block, TInstructions.RoundKey(key));
        }

        return TInstructions.LastRound(block, TInstructions.RoundKey(lastKey), Vector128.Load(lastKey));
    }

    /// <summary>Each word of the next key is the xor of all words up to its own, and of the assist word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> NextRoundKey(Vector128<byte> key, Vector128<byte> assist)
    {
        // An index out of range gives zero: the words move up by one, then by two.
        Vector128<uint> words = key.AsUInt32();
        words ^= Vector128.Shuffle(words, Vector128.Create(uint.MaxValue, 0, 1, 2));
        words ^= Vector128.Shuffle(words, Vector128.Create(uint.MaxValue, uint.MaxValue, 0, 1));
        return words.AsByte() ^ assist;
    }
}
