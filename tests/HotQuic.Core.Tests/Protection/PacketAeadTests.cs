using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

public class PacketAeadTests
{
    private const int Seed = 20010901;

    /// <summary>Every length of 0 to 4,096 bytes, each with another split, header length and packet number.</summary>
    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void Prot03_AllImplementationsAgreeOnEveryLength(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        List<PacketAead> all = Ciphers.All(suite, random.Bytes(suite.Facts().KeyLength), random.Bytes(CipherSuiteFacts.IvLength));
        for (int length = 0; length <= 4096; length++)
        {
            byte[] plaintext = random.Bytes(length);
            byte[] header = random.Bytes(random.Next(0, 70));
            var packetNumber = new PacketNumber(random.NextInt64(1L << 62));
            int tail = (length % 4) switch { 0 => length, 1 => 0, _ => random.Next(0, length + 1) };
            byte[] expected = Ciphers.Seal(all[0], packetNumber, header, plaintext, tail);
            foreach (PacketAead aead in all)
            {
                byte[] packet = Ciphers.Seal(aead, packetNumber, header, plaintext, tail);
                Assert.True(expected.AsSpan().SequenceEqual(packet), $"seal: {suite} {aead} length {length} tail {tail} seed {Seed}");
                Assert.True(aead.TryOpen(packetNumber, header, packet), $"open: {suite} {aead} length {length} seed {Seed}");
                Assert.True(plaintext.AsSpan().SequenceEqual(packet.AsSpan(0, length)), $"text: {suite} {aead} {length} seed {Seed}");
                Assert.True(
                    expected.AsSpan(length).SequenceEqual(packet.AsSpan(length)), $"tag untouched: {suite} {aead} {length} seed {Seed}");
            }
        }

        all.ForEach(aead => aead.Dispose());
    }

    /// <summary>Sealing writes up to the tag's end and opening up to its start, and neither minds what lies around or where.</summary>
    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    public void NothingAroundThePacketIsTouched(int suiteValue)
    {
        const int Margin = 80;
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        var packetNumber = new PacketNumber(77);
        List<PacketAead> all = Ciphers.All(suite, random.Bytes(suite.Facts().KeyLength), random.Bytes(CipherSuiteFacts.IvLength));
        for (int length = 0; length <= 300; length++)
        {
            byte[] header = random.Bytes(length % 40);
            byte[] plaintext = random.Bytes(length);
            byte[] sealedText = Ciphers.Seal(all[0], packetNumber, header, plaintext, length);
            byte[] around = random.Bytes(Margin + length + PacketAead.TagLength + Margin);
            foreach (PacketAead aead in all)
            {
                byte[] buffer = [.. around];
                Span<byte> packet = buffer.AsSpan(Margin, sealedText.Length);
                aead.Seal(packetNumber, header, plaintext, packet);
                Assert.True(packet.SequenceEqual(sealedText), $"seal: {suite} {aead} {length} seed {Seed}");
                Assert.True(aead.TryOpen(packetNumber, header, packet), $"open: {suite} {aead} {length} seed {Seed}");
                plaintext.CopyTo(around, Margin);
                sealedText.AsSpan(length).CopyTo(around.AsSpan(Margin + length));
                Assert.True(around.AsSpan().SequenceEqual(buffer), $"around: {suite} {aead} {length} seed {Seed}");
            }
        }

        all.ForEach(aead => aead.Dispose());
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void EverySplitIntoHeadAndTailSealsTheSame(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        foreach (PacketAead aead in Ciphers.All(suite, random.Bytes(suite.Facts().KeyLength), random.Bytes(CipherSuiteFacts.IvLength)))
        {
            byte[] plaintext = random.Bytes(531);
            byte[] header = random.Bytes(11);
            byte[] expected = Ciphers.Seal(aead, new PacketNumber(7), header, plaintext, 0);
            for (int tail = 1; tail <= plaintext.Length; tail++)
            {
                Assert.Equal(expected, Ciphers.Seal(aead, new PacketNumber(7), header, plaintext, tail));
            }

            aead.Dispose();
        }
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void Prot08_OneWrongBitIsDetectedAndNoPlaintextIsLeft(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        var packetNumber = new PacketNumber(654_360_564);
        foreach (PacketAead aead in Ciphers.All(suite, random.Bytes(suite.Facts().KeyLength), random.Bytes(CipherSuiteFacts.IvLength)))
        {
            foreach (int length in new[] { 0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300 })
            {
                byte[] header = random.Bytes(19);
                byte[] good = Ciphers.Seal(aead, packetNumber, header, random.Bytes(length), length / 2);
                for (int i = 0; i < good.Length; i++)
                {
                    byte[] packet = [.. good];
                    packet[i] ^= (byte)(1 << random.Next(8));
                    byte[] tag = packet[^PacketAead.TagLength..];
                    Assert.False(aead.TryOpen(packetNumber, header, packet), $"{suite} {aead} length {length} byte {i} seed {Seed}");
                    Assert.All(packet[..length], b => Assert.Equal(0, b));
                    Assert.Equal(tag, packet[length..]); // a stateless reset token could be there
                }

                for (int i = 0; i < header.Length; i++)
                {
                    byte[] otherHeader = [.. header];
                    otherHeader[i] ^= 0x80;
                    Assert.False(aead.TryOpen(packetNumber, otherHeader, [.. good]));
                }

                Assert.False(aead.TryOpen(packetNumber.Next, header, [.. good]));
                Assert.True(aead.TryOpen(packetNumber, header, [.. good]));
            }

            aead.Dispose();
        }
    }

    [Fact]
    public void Prot03_NonceIsIvXorLeftPaddedPacketNumber()
    {
        byte[] key = Ciphers.Hex("c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8");
        using var byPacketNumber = PacketAead.Create(
            CipherSuite.Aes256GcmSha384, key, Ciphers.Hex("e0459b3474bdd0e44a41c144"), CipherBackend.Auto);
        using var byNonce = PacketAead.Create(
            CipherSuite.Aes256GcmSha384, key, Ciphers.Hex("e0459b3474bdd0e46d417eb0"), CipherBackend.Platform);
        Assert.Equal(
            Ciphers.Seal(byNonce, new PacketNumber(0), [0x42], [1, 2, 3], 0),
            Ciphers.Seal(byPacketNumber, new PacketNumber(654_360_564), [0x42], [1, 2, 3], 0));
    }

    [Fact]
    public void APacketShorterThanATagDoesNotOpen()
    {
        foreach (PacketAead aead in Ciphers.All(CipherSuite.Aes128GcmSha256, new byte[16], new byte[12]))
        {
            Assert.False(aead.TryOpen(new PacketNumber(0), [], new byte[PacketAead.TagLength - 1]));
            Assert.False(aead.TryOpen(new PacketNumber(0), [], []));
            aead.Dispose();
        }
    }

    [Fact]
    public void WrongCallsThrowAtOnce()
    {
        using var aead = PacketAead.Create(CipherSuite.Aes128GcmSha256, new byte[16], new byte[12], CipherBackend.Auto);
        byte[] buffer = new byte[64];
        Assert.Throws<ArgumentException>("destination", () => aead.Seal(new PacketNumber(0), [], new byte[49], buffer));
        Assert.Throws<ArgumentException>("destination", () => aead.Seal(new PacketNumber(0), [], [], new byte[15]));
        Assert.Throws<ArgumentException>("destination", () => aead.Seal(new PacketNumber(0), [], buffer.AsSpan(0, 8), buffer));
        Assert.Throws<ArgumentException>("packetNumber", () => aead.Seal(PacketNumber.None, [], [], buffer));
        Assert.Throws<ArgumentException>("packetNumber", () => aead.TryOpen(PacketNumber.None, [], buffer));
        Assert.Throws<ArgumentException>("key", () => aead.Rekey(new byte[32], new byte[12]));
        Assert.Throws<ArgumentException>(
            "iv", () => PacketAead.Create(CipherSuite.Aes128GcmSha256, new byte[16], new byte[8], CipherBackend.Auto));
        Assert.Throws<ArgumentOutOfRangeException>(
            "suite", () => PacketAead.Create((CipherSuite)0x1305, new byte[16], new byte[12], CipherBackend.Auto));
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void RekeyedIsAsNew(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        byte[] key = random.Bytes(suite.Facts().KeyLength);
        byte[] iv = random.Bytes(CipherSuiteFacts.IvLength);
        using var fresh = PacketAead.Create(suite, key, iv, CipherBackend.Platform);
        byte[] expected = Ciphers.Seal(fresh, new PacketNumber(3), [9], random.Bytes(200), 100);
        foreach (PacketAead aead in Ciphers.All(suite, random.Bytes(key.Length), random.Bytes(iv.Length)))
        {
            Assert.False(aead.TryOpen(new PacketNumber(3), [9], [.. expected]));
            aead.Rekey(key, iv);
            Assert.True(aead.TryOpen(new PacketNumber(3), [9], [.. expected]));
            aead.Dispose();
        }
    }

    [Fact]
    public void DisposedCiphersRefuseToWork()
    {
        foreach (CipherSuite suite in Ciphers.Suites)
        {
            foreach (PacketAead aead in Ciphers.All(suite, new byte[suite.Facts().KeyLength], new byte[12]))
            {
                aead.Dispose();
                aead.Dispose();
                Assert.Throws<ObjectDisposedException>(() => aead.Seal(new PacketNumber(0), [], [], new byte[32]));
                Assert.Throws<ObjectDisposedException>(() => aead.TryOpen(new PacketNumber(0), [], new byte[32]));
            }
        }
    }

    [Fact]
    public unsafe void KeyMemoryIsZeroAtFirstAlignedAndWipedOnRequest()
    {
        using var memory = new KeyMemory(432);
        Assert.Equal(0, (long)memory.Pointer % 64);
        Assert.Equal(432, memory.Span.Length);
        Assert.Equal(-1, memory.Span.IndexOfAnyExcept((byte)0));
        memory.Span.Fill(0xa5);
        memory.Wipe();
        Assert.Equal(-1, memory.Span.IndexOfAnyExcept((byte)0));
        memory.Dispose();
        Assert.True(memory.Pointer == null);
        Assert.True(memory.Span.IsEmpty);
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void SealingAndOpeningAllocateNothing(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        foreach (PacketAead aead in Ciphers.All(suite, new byte[suite.Facts().KeyLength], new byte[12]))
        {
            // What the platform's class allocates is not ours to promise.
            if (suite == CipherSuite.ChaCha20Poly1305Sha256 && aead.IsPlatforms)
            {
                aead.Dispose();
                continue;
            }

            byte[] header = new byte[13];
            byte[] tail = new byte[1100];
            byte[] packet = new byte[1200];
            Run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                Run();
            }

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            aead.Dispose();

            void Run()
            {
                aead.Seal(new PacketNumber(1), header, tail, packet);
                if (!aead.TryOpen(new PacketNumber(1), header, packet))
                {
                    throw new InvalidOperationException("It does not open.");
                }
            }
        }
    }
}
