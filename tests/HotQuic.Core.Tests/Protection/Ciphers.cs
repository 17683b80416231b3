using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>All implementations of a suite that run on this machine, and small helpers for byte strings.</summary>
internal static class Ciphers
{
    public static readonly CipherSuite[] Suites =
        [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.ChaCha20Poly1305Sha256];

    /// <summary>The platform's AEAD first, then each of ours; all keyed alike.</summary>
    public static List<PacketAead> All(CipherSuite suite, byte[] key, byte[] iv)
    {
        List<PacketAead> all = [PacketAead.Create(suite, key, iv, CipherBackend.Platform)];
        if (suite != CipherSuite.ChaCha20Poly1305Sha256)
        {
            bool isX86 = X86AesInstructions.IsSupported;
            Add<X86AesInstructions, GhashProducts128<X86AesInstructions>>(isX86);
            Add<X86AesInstructions, GhashProducts256>(isX86 && VectorisedAes.Hashes256);
            Add<ArmAesInstructions<ArmCryptoExtension>, GhashProducts128<ArmAesInstructions<ArmCryptoExtension>>>(
                ArmCryptoExtension.IsSupported);
            Add<ArmAesInstructions<ModelledArmCrypto>, GhashProducts128<ArmAesInstructions<ModelledArmCrypto>>>(true);
        }
        else
        {
            AddChaCha20<ChaCha20Rows128, Poly1305Serial>();
            AddChaCha20<ChaCha20Rows256, Poly1305Lanes<Poly1305Lanes256>>();
            AddChaCha20<ChaCha20Rows512, Poly1305Lanes<Poly1305Lanes512>>();
        }

        return all;

        void Add<TInstructions, TProducts>(bool isSupported)
            where TInstructions : struct, IAesInstructions
            where TProducts : struct, IGhashProducts<TProducts>
        {
            if (isSupported)
            {
                var aead = new VectorisedAesGcmAead<TInstructions, TProducts>(suite);
                aead.Rekey(key, iv);
                all.Add(aead);
            }
        }

        void AddChaCha20<TRows, TBatches>()
            where TRows : struct, IChaCha20Rows<TRows>
            where TBatches : struct, IPoly1305Batches
        {
            if (TRows.IsSupported && TBatches.IsSupported)
            {
                var aead = new VectorisedChaCha20Poly1305Aead<TRows, TBatches>();
                aead.Rekey(key, iv);
                all.Add(aead);
            }
        }
    }

    /// <summary>The platform's AES header protection first, then each of ours; all keyed alike.</summary>
    public static List<HeaderProtection> AllAesHeaderProtections(CipherSuite suite, byte[] key)
    {
        List<HeaderProtection> all =
        [
            new PlatformAesHeaderProtection(suite), new VectorisedAesHeaderProtection<ArmAesInstructions<ModelledArmCrypto>>(suite),
        ];
        if (VectorisedAes.IsSupported)
        {
            all.Add(VectorisedAes.CreateHeaderProtection(suite));
        }

        all.ForEach(protection => protection.Rekey(key));
        return all;
    }

    public static CipherSuite OfKeyLength(int length) =>
        length == 16 ? CipherSuite.Aes128GcmSha256 : CipherSuite.Aes256GcmSha384;

    /// <summary>Seals with that much of the plaintext lying elsewhere.</summary>
    public static byte[] Seal(PacketAead aead, PacketNumber packetNumber, byte[] header, byte[] plaintext, int tailLength)
    {
        byte[] destination = new byte[plaintext.Length + PacketAead.TagLength];
        int head = plaintext.Length - tailLength;
        plaintext.AsSpan(0, head).CopyTo(destination);
        aead.Seal(packetNumber, header, plaintext.AsSpan(head), destination);
        return destination;
    }

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    public static byte[] Bytes(this Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
