using System.Runtime.Intrinsics.X86;
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
            Add<GhashProducts128>(VectorisedAes.IsSupported);
            Add<GhashProducts256>(VectorisedAes.IsSupported && Pclmulqdq.V256.IsSupported && Avx2.IsSupported);
        }
        else
        {
            AddChaCha20<ChaCha20Rows128, Poly1305Serial>();
            AddChaCha20<ChaCha20Rows256, Poly1305Lanes<Poly1305Lanes256>>();
            AddChaCha20<ChaCha20Rows512, Poly1305Lanes<Poly1305Lanes512>>();
        }

        return all;

        void Add<TProducts>(bool isSupported)
            where TProducts : struct, IGhashProducts<TProducts>
        {
            if (isSupported)
            {
                var aead = new VectorisedAesGcmAead<TProducts>(suite);
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
