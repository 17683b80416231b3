using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

public class PacketProtectorTests
{
    private const int Seed = 542;
    private const int Offset = 9;
    private const int SegmentSize = 90;

    [Theory]
    [InlineData(0xc0, 0x0f)]
    [InlineData(0x40, 0x1f)]
    public void Prot04_FourBitsOfALongAndFiveOfAShortFirstByteAreMasked(int firstByte, int maskedBits)
    {
        using HeaderProtection protection = New();
        var random = new Random(Seed);
        byte[] packet;
        byte[] mask = new byte[16];
        do
        {
            packet = random.Bytes(60);
            protection.ComputeMasks(packet.AsSpan(Offset + 4, 16), mask);
        }
        while ((mask[0] & 0x10) == 0); // so that the fifth bit makes a difference

        packet[0] = (byte)(firstByte | 0x01);
        byte[] before = [.. packet];
        PacketProtector.Protect(protection, packet, Offset);
        Assert.Equal((byte)(before[0] ^ (mask[0] & maskedBits)), packet[0]);
        Assert.Equal((byte)(before[Offset] ^ mask[1]), packet[Offset]);
        Assert.Equal((byte)(before[Offset + 1] ^ mask[2]), packet[Offset + 1]);
        Assert.Equal(before[1..Offset], packet[1..Offset]);
        Assert.Equal(before[(Offset + 2)..], packet[(Offset + 2)..]); // two bytes of packet number, no more
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Prot04_EveryPacketNumberLengthGoesThereAndBack(int length)
    {
        using HeaderProtection protection = New();
        byte[] packet = new Random(Seed).Bytes(60);
        packet[0] = (byte)(0x44 | (length - 1));
        byte[] before = [.. packet];
        PacketProtector.Protect(protection, packet, Offset);
        Assert.NotEqual(before, packet);
        Assert.True(PacketProtector.TryUnprotect(protection, packet, Offset, out UnprotectedHeader header));
        Assert.Equal(before, packet);
        uint expected = 0;
        foreach (byte b in before.AsSpan(Offset, length))
        {
            expected = (expected << 8) | b;
        }

        Assert.Equal(new UnprotectedHeader(before[0], length, expected), header);
        Assert.True(header.KeyPhase);
    }

    [Fact]
    public void Prot05_APacketWithoutAFullSampleIsNotUnprotected()
    {
        using HeaderProtection protection = New();
        byte[] packet = new Random(Seed).Bytes(Offset + PacketProtector.MinLengthFromPacketNumber);
        byte[] before = [.. packet];
        Assert.False(PacketProtector.TryUnprotect(protection, packet.AsSpan(..^1), Offset, out _));
        Assert.False(PacketProtector.TryUnprotect(protection, [], Offset, out _));
        Assert.Equal(before, packet);
        Assert.True(PacketProtector.TryUnprotect(protection, packet, Offset, out _));
    }

    [Fact]
    public void Prot05_ASenderThatDidNotPadIsToldSo()
    {
        using HeaderProtection protection = New();
        byte[] packet = new byte[Offset + PacketProtector.MinLengthFromPacketNumber - 1];
        Assert.ThrowsAny<ArgumentException>(() => PacketProtector.Protect(protection, packet, Offset));
        Assert.Throws<ArgumentException>(
            "train", () => PacketProtector.ProtectTrain(protection, new byte[100 + packet.Length], 100, Offset));
        Assert.Throws<ArgumentException>("train", () => PacketProtector.Protect(protection, [], Offset));
    }

    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void ATrainIsProtectedAsItsPacketsAre(int suite)
    {
        var random = new Random(Seed);
        using HeaderProtection protection = New((CipherSuite)suite);
        for (int count = 1; count <= 20; count++)
        {
            foreach (int lastLength in new[] { SegmentSize, 50, Offset + PacketProtector.MinLengthFromPacketNumber })
            {
                byte[] train = random.Bytes(((count - 1) * SegmentSize) + lastLength);
                for (int start = 0; start < train.Length; start += SegmentSize)
                {
                    train.AsSpan(start + 1, Offset - 1).Fill(7); // one connection's
                }

                byte[] expected = [.. train];
                for (int start = 0; start < train.Length; start += SegmentSize)
                {
                    train[start] = expected[start] = (byte)(0x40 | random.Next(0x20));
                    PacketProtector.Protect(protection, expected.AsSpan(start, Math.Min(SegmentSize, train.Length - start)), Offset);
                }

                byte[] before = [.. train];
                PacketProtector.ProtectTrain(protection, train, SegmentSize, Offset);
                Assert.True(expected.AsSpan().SequenceEqual(train), $"{count} packets, last {lastLength}, seed {Seed}");

                var masks = new HeaderMasks();
                for (int i = 0; i < count; i++)
                {
                    UnprotectedHeader header = Unprotect(masks, protection, train, SegmentSize, i)!.Value;
                    Assert.Equal(before[i * SegmentSize], header.FirstByte);
                    Assert.Equal((before[i * SegmentSize] & 3) + 1, header.PacketNumberLength);
                }

                Assert.True(before.AsSpan().SequenceEqual(train), $"back: {count} packets, last {lastLength}, seed {Seed}");
            }
        }
    }

    [Fact]
    public void Prot05_ATrainsShortLastPacketIsLeftAlone()
    {
        using HeaderProtection protection = New();
        byte[] train = new Random(Seed).Bytes((3 * 60) + Offset + PacketProtector.MinLengthFromPacketNumber - 1);
        byte[] before = [.. train];
        var masks = new HeaderMasks();
        Assert.All(Enumerable.Range(0, 3), i => Assert.NotNull(Unprotect(masks, protection, train, 60, i)));
        Assert.Null(Unprotect(masks, protection, train, 60, 3));
        Assert.Equal(before[180..], train[180..]);
    }

    /// <summary>
    /// Packets of several connections come in one slab, with keys of their own, and even with connection IDs that look alike.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Prot05_TheMasksOfTwoConnectionsInOneTrainAreNotMixedUp(bool haveTheSameId)
    {
        const int Count = 23;
        var random = new Random(Seed);
        using HeaderProtection first = New();
        using HeaderProtection second = HeaderProtection.Create(CipherSuite.Aes128GcmSha256, random.Bytes(16), CipherBackend.Auto);
        byte[] train = random.Bytes(Count * SegmentSize);
        bool[] isSecond = [.. Enumerable.Range(0, Count).Select(_ => random.Next(3) == 0)];
        for (int i = 0; i < Count; i++)
        {
            train.AsSpan((i * SegmentSize) + 1, Offset - 1).Fill(isSecond[i] && !haveTheSameId ? (byte)2 : (byte)1);
        }

        byte[] before = [.. train];
        for (int i = 0; i < Count; i++)
        {
            PacketProtector.Protect(isSecond[i] ? second : first, train.AsSpan(i * SegmentSize, SegmentSize), Offset);
        }

        var masks = new HeaderMasks();
        for (int i = 0; i < Count; i++)
        {
            Assert.NotNull(Unprotect(masks, isSecond[i] ? second : first, train, SegmentSize, i));
        }

        Assert.True(before.AsSpan().SequenceEqual(train), $"seed {Seed}");
    }

    /// <summary>A whole short-header packet from plaintext to wire and back, with keys of each suite and backend crossed.</summary>
    [Theory]
    [InlineData(0x1301)]
    [InlineData(0x1302)]
    [InlineData(0x1303)]
    public void Prot03_WhatOneBackendProtectsTheOtherOpens(int suiteValue)
    {
        var suite = (CipherSuite)suiteValue;
        var random = new Random(Seed);
        byte[] secret = random.Bytes(suite.Facts().SecretLength);
        var ours = PacketKeys.Derive(QuicVersion.Version1, suite, secret, CipherBackend.Auto);
        var platform = PacketKeys.Derive(QuicVersion.Version1, suite, secret, CipherBackend.Platform);
        foreach ((PacketKeys sender, PacketKeys receiver) in new[] { (ours, platform), (platform, ours) })
        {
            byte[] header = [0x41, .. random.Bytes(Offset - 1), 0x12, 0x34];
            byte[] plaintext = random.Bytes(1171);
            byte[] packet = [.. header, .. Ciphers.Seal(sender.Aead, new PacketNumber(0x1234), header, plaintext, 1000)];
            PacketProtector.Protect(sender.HeaderProtection, packet, Offset);
            Assert.True(PacketProtector.TryUnprotect(receiver.HeaderProtection, packet, Offset, out UnprotectedHeader unprotected));
            Assert.Equal(0x1234u, unprotected.TruncatedPacketNumber);
            Assert.True(receiver.Aead.TryOpen(new PacketNumber(0x1234), packet.AsSpan(0, header.Length), packet.AsSpan(header.Length)));
            Assert.Equal(plaintext, packet[header.Length..^PacketAead.TagLength]);
        }
    }

    [Fact]
    public void TrainsAllocateNothing()
    {
        using HeaderProtection protection = New();
        byte[] train = new byte[20 * 1200];
        var masks = new HeaderMasks();
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            PacketProtector.ProtectTrain(protection, train, 1200, Offset);
            for (int i = 0; i < 20; i++)
            {
                Unprotect(masks, protection, train, 1200, i);
            }
        }
    }

    private static UnprotectedHeader? Unprotect(HeaderMasks masks, HeaderProtection protection, byte[] train, int segmentSize, int index)
    {
        int start = index * segmentSize;
        int end = Math.Min(start + segmentSize, train.Length);
        return masks.TryUnprotect(protection, train.AsSpan(start..end), train.AsSpan(end), Offset, out UnprotectedHeader header) ? header : null;
    }

    private static HeaderProtection New(CipherSuite suite = CipherSuite.Aes128GcmSha256) =>
        HeaderProtection.Create(suite, new Random(Seed).Bytes(suite.Facts().HeaderProtectionKeyLength), CipherBackend.Auto);
}
