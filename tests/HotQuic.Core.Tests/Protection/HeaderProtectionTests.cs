using System.Reflection;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

public class HeaderProtectionTests
{
    private const int Seed = 541;

    /// <summary>The samples of RFC 9001 §A.2, §A.3, §A.5 and RFC 9369 §A.2, §A.3, §A.5.</summary>
    [Theory]
    [InlineData(0x1301, "9f50449e04a0e810283a1e9933adedd2", "d1b1c98dd7689fb8ec11d242b123dc9b", "437b9aec36")]
    [InlineData(0x1301, "c206b8d9b9f0f37644430b490eeaa314", "2cd0991cd25b0aac406a5816b6394100", "2ec0d8356a")]
    [InlineData(0x1301, "45b95e15235d6f45a6b19cbcb0294ba9", "ffe67b6abcdb4298b485dd04de806071", "94a0c95e80")]
    [InlineData(0x1301, "edf6d05c83121201b436e16877593c3a", "6f05d8a4398c47089698baeea26b91eb", "4dd92e91ea")]
    [InlineData(0x1303, "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4", "5e5cd55c41f69080575d7999c25a5bfb", "aefefe7d03")]
    [InlineData(0x1303, "d659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2", "e7b6b932bc27d786f4bc2bb20f2162ba", "97580e32bf")]
    public void Prot06_MasksOfTheAppendices(int suite, string key, string sample, string mask)
    {
        foreach (CipherBackend backend in Enum.GetValues<CipherBackend>())
        {
            using var protection = HeaderProtection.Create((CipherSuite)suite, Ciphers.Hex(key), backend);
            byte[] masks = new byte[16];
            protection.ComputeMasks(Ciphers.Hex(sample), masks);
            Assert.Equal(Ciphers.Hex(mask), masks[..HeaderProtection.MaskLength]);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void Prot06_AesMasksAreTheEncryptedSamplesForAnyNumberOfThem(int keyLength)
    {
        var random = new Random(Seed);
        CipherSuite suite = Ciphers.OfKeyLength(keyLength);
        for (int count = 0; count <= 40; count++)
        {
            byte[] key = random.Bytes(keyLength);
            byte[] samples = random.Bytes(count * HeaderProtection.SampleLength);
            using var aes = Aes.Create();
            aes.Key = key;
#pragma warning disable CA5358 // ECB on single blocks is the definition of the mask.
            byte[] expected = aes.EncryptEcb(samples, PaddingMode.None);
#pragma warning restore CA5358
            foreach (HeaderProtection protection in Ciphers.AllAesHeaderProtections(suite, key))
            {
                byte[] masks = new byte[samples.Length];
                protection.ComputeMasks(samples, masks);
                Assert.True(expected.AsSpan().SequenceEqual(masks), $"{protection} {count} samples, seed {Seed}");
                protection.ComputeMasks(samples, samples); // in place
                Assert.True(expected.AsSpan().SequenceEqual(samples), $"{protection} {count} samples in place, seed {Seed}");
                protection.Dispose();
                aes.DecryptEcb(samples, PaddingMode.None).CopyTo(samples, 0);
            }
        }
    }

    [Fact]
    public void Prot06_ChaCha20MasksAreTheBlocksAtTheSamplesForAnyNumberOfThem()
    {
        CheckMasks<ChaCha20Rows128>();
        CheckMasks<ChaCha20Rows256>();
        CheckMasks<ChaCha20Rows512>();
    }

    /// <summary>Within a caller the JIT runs out of inlining, and vectors go through memory.</summary>
    [Theory]
    [InlineData(typeof(ChaCha20<>))]
    [InlineData(typeof(ChaCha20Poly1305Kernel<,>))]
    [InlineData(typeof(Poly1305Lanes<>))]
    [InlineData(typeof(Poly1305Serial))]
    public void ChaCha20KernelsAreNotInlined(Type kernel)
    {
        MethodImplAttributes[] optimised = [.. kernel
            .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(method => method.MethodImplementationFlags)
            .Where(flags => flags.HasFlag(MethodImplAttributes.AggressiveOptimization))];
        Assert.NotEmpty(optimised);
        Assert.All(optimised, flags => Assert.True(flags.HasFlag(MethodImplAttributes.NoInlining)));
    }

    /// <summary>RFC 8439 §2.3.2.</summary>
    [Fact]
    public void ChaCha20BlockOfRfc8439()
    {
        byte[] key = Convert.FromHexString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        byte[] expected = Ciphers.Hex(
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
            "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
        byte[] position = Ciphers.Hex("01000000 000000090000004a00000000");
        Assert.Equal(expected, Block(key, position));
    }

    [SkippableFact]
    public void ChaCha20BlocksOfRfc7539()
    {
        Dictionary<string, string> test = [];
        int blocks = 0;
        foreach (string line in File.ReadLines(Vectors.Path("misc-crypto/rfc7539-chacha20.txt")))
        {
            string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2)
            {
                continue;
            }

            test[parts[0]] = parts[1];
            if (parts[0] != "CIPHERTEXT")
            {
                continue;
            }

            byte[] plaintext = Ciphers.Hex(test["PLAINTEXT"]);
            byte[] ciphertext = Ciphers.Hex(parts[1]);
            uint counter = uint.Parse(test["INITIAL_BLOCK_COUNTER"], System.Globalization.CultureInfo.InvariantCulture);
            for (int offset = 0; offset < plaintext.Length; offset += ChaCha20.BlockLength, counter++)
            {
                byte[] position = [.. BitConverter.GetBytes(counter), .. Ciphers.Hex(test["NONCE"])];
                byte[] block = Block(Ciphers.Hex(test["KEY"]), position);
                for (int i = offset; i < Math.Min(plaintext.Length, offset + ChaCha20.BlockLength); i++)
                {
                    Assert.Equal(ciphertext[i], (byte)(plaintext[i] ^ block[i - offset]));
                }

                blocks++;
            }
        }

        Assert.True(blocks >= 9, $"Only {blocks} blocks.");
    }

    [Fact]
    public void WrongCallsThrowAtOnce()
    {
        foreach (CipherBackend backend in Enum.GetValues<CipherBackend>())
        {
            using var protection = HeaderProtection.Create(CipherSuite.Aes128GcmSha256, new byte[16], backend);
            Assert.Throws<ArgumentException>("samples", () => protection.ComputeMasks(new byte[15], new byte[16]));
            Assert.Throws<ArgumentException>("masks", () => protection.ComputeMasks(new byte[32], new byte[16]));
            Assert.Throws<ArgumentException>("key", () => HeaderProtection.Create(CipherSuite.Aes128GcmSha256, new byte[32], backend));
        }
    }

    [Fact]
    public void DisposedProtectionRefusesToWork()
    {
        foreach (CipherSuite suite in Ciphers.Suites)
        {
            foreach (CipherBackend backend in Enum.GetValues<CipherBackend>())
            {
                var protection = HeaderProtection.Create(suite, new byte[suite.Facts().HeaderProtectionKeyLength], backend);
                protection.Dispose();
                protection.Dispose();
                Assert.Throws<ObjectDisposedException>(() => protection.ComputeMasks(new byte[16], new byte[16]));
            }
        }
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void MasksAllocateNothingInEitherBackend(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        foreach (CipherBackend backend in Enum.GetValues<CipherBackend>())
        {
            using var protection = HeaderProtection.Create(suite, new byte[suite.Facts().HeaderProtectionKeyLength], backend);
            byte[] samples = new byte[11 * 16];
            protection.ComputeMasks(samples, samples);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                protection.ComputeMasks(samples, samples);
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    /// <summary>A block by each width, all alike.</summary>
    private static byte[] Block(byte[] key, byte[] position)
    {
        byte[] block = Block<ChaCha20Rows128>(key, position);
        Assert.Equal(block, Block<ChaCha20Rows256>(key, position));
        Assert.Equal(block, Block<ChaCha20Rows512>(key, position));
        return block;
    }

    private static unsafe byte[] Block<TRows>(byte[] key, byte[] position)
        where TRows : struct, IChaCha20Rows<TRows>
    {
        if (!TRows.IsSupported)
        {
            return Block<ChaCha20Rows128>(key, position);
        }

        byte[] keystream = new byte[2 * ChaCha20<TRows>.GroupLength];
        fixed (byte* keyPointer = key, destination = keystream)
        {
            ChaCha20<TRows>.WriteKeystream(keyPointer, Vector128.Create<byte>(position).AsUInt32(), destination, groups: 1);
        }

        return keystream[..ChaCha20.BlockLength];
    }

    private static void CheckMasks<TRows>()
        where TRows : struct, IChaCha20Rows<TRows>
    {
        if (!TRows.IsSupported)
        {
            return;
        }

        var random = new Random(Seed);
        byte[] key = random.Bytes(ChaCha20.KeyLength);
        using var protection = new ChaCha20HeaderProtection<TRows>();
        protection.Rekey(key);
        for (int count = 0; count <= 40; count++)
        {
            byte[] samples = random.Bytes(count * HeaderProtection.SampleLength);
            byte[] masks = new byte[samples.Length];
            protection.ComputeMasks(samples, masks);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(Block(key, samples[(i * 16)..((i + 1) * 16)])[..16], masks[(i * 16)..((i + 1) * 16)]);
            }

            protection.ComputeMasks(samples, samples); // in place
            Assert.Equal(masks, samples);
        }
    }
}
