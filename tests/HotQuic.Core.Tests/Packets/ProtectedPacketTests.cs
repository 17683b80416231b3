using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>The headers of versions 1 and 2, still protected: RFC 9000 §17, RFC 9369 §3.2, RFC 9287.</summary>
public class ProtectedPacketTests
{
    private static readonly PacketType[] LongTypes = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake];

    [Fact]
    public void Pkt06_WhatWasWrittenIsReadBack()
    {
        Seeded.Run(500, random =>
        {
            byte[] datagram = Long(random, out LongHeaderFieldsCopy fields, out int packetNumberOffset);
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, out ProtectedPacket packet));
            Assert.Equal((fields.Type, fields.Version), (packet.Type, packet.Version));
            Assert.Equal(Hex.Of(fields.Destination), Hex.Of(packet.DestinationConnectionId));
            Assert.Equal(Hex.Of(fields.Source), Hex.Of(packet.SourceConnectionId));
            Assert.Equal(fields.Type == PacketType.Initial ? Hex.Of(fields.Token) : "", Hex.Of(packet.Token));
            Assert.Equal((packetNumberOffset, datagram.Length), (packet.PacketNumberOffset, packet.Length));
        });
    }

    [Fact]
    public void Pkt12_ALongHeaderPacketTruncatedAtAnyByteIsDropped()
    {
        Seeded.Run(50, random =>
        {
            byte[] datagram = Long(random, out _, out int packetNumberOffset);
            for (int length = 0; length < datagram.Length; length++)
            {
                DropReason reason = ProtectedPacket.TryRead(datagram.AsSpan(0, length), 8, out ProtectedPacket packet);
                Assert.Equal(length < packetNumberOffset ? DropReason.HeaderTruncated : DropReason.LengthExceedsDatagram, reason);
                Assert.Equal(0, packet.Length);
            }
        });
    }

    [Fact]
    public void Pkt07_CoalescedPacketsAreFoundOneBehindTheOther()
    {
        var random = new Random(7);
        byte[] first = Long(random, out LongHeaderFieldsCopy firstFields, out _);
        byte[] second = Long(random, out LongHeaderFieldsCopy secondFields, out _);
        byte[] third = [0x40, .. random.NextBytes(40)];
        byte[] datagram = [.. first, .. second, .. third];

        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, out ProtectedPacket packet));
        Assert.Equal((firstFields.Type, first.Length), (packet.Type, packet.Length));
        ReadOnlySpan<byte> rest = datagram.AsSpan(packet.Length);
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(rest, 8, out packet));
        Assert.Equal((secondFields.Type, second.Length), (packet.Type, packet.Length));
        rest = rest[packet.Length..];
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(rest, 8, out packet));
        Assert.Equal((PacketType.OneRtt, 9, third.Length), (packet.Type, packet.PacketNumberOffset, packet.Length));
    }

    [Fact]
    public void Pkt07_APacketTooShortToSampleStillSaysWhereTheNextBegins()
    {
        byte[] tooShort = Hex.Bytes("c3 00000001 01 aa 00 00 4013" + new string('0', 38));
        byte[] next = Hex.Bytes("e3 00000001 01 aa 00 4014" + new string('0', 40));
        Assert.Equal(DropReason.TooShortToSample, ProtectedPacket.TryRead([.. tooShort, .. next], 0, out ProtectedPacket packet));
        Assert.Equal(tooShort.Length, packet.Length);
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(next, 0, out packet));
        Assert.Equal(PacketType.Handshake, packet.Type);
    }

    [Theory]
    [InlineData(19)]
    [InlineData(20)]
    public void Prot05_ALongPacketNeeds20BytesFromItsPacketNumberOn(int length)
    {
        byte[] datagram = [.. Hex.Bytes("e3 00000001 01 aa 00"), (byte)length, .. new byte[length]];
        Assert.Equal(length < 20 ? DropReason.TooShortToSample : DropReason.None, ProtectedPacket.TryRead(datagram, 0, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(20)]
    public void Prot05_AShortPacketNeeds20BytesFromItsPacketNumberOn(int connectionIdLength)
    {
        byte[] datagram = [0x40, .. new byte[connectionIdLength + 20]];
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, connectionIdLength, out ProtectedPacket packet));
        Assert.Equal((1 + connectionIdLength, datagram.Length), (packet.PacketNumberOffset, packet.Length));
        Assert.Equal(DropReason.TooShortToSample, ProtectedPacket.TryRead(datagram.AsSpan(..^1), connectionIdLength, out _));
        for (int length = 0; length < 1 + connectionIdLength; length++)
        {
            Assert.Equal(DropReason.HeaderTruncated, ProtectedPacket.TryRead(datagram.AsSpan(0, length), connectionIdLength, out _));
        }
    }

    [Fact]
    public void Mig03_ASmallDatagramThatMayHoldAPathChallengeReads()
    {
        // Form, connection ID of 8, packet number of 1, PATH_CHALLENGE, two bytes of padding for the sample, tag.
        byte[] datagram = [0x40, .. new byte[8 + 1 + PathChallengeFrame.Length + 2 + 16]];
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, out ProtectedPacket packet));
        Assert.Equal(datagram.Length, packet.Length);
    }

    [Fact]
    public void Pkt02_AClearedFixedBitIsDroppedUnlessGreased()
    {
        byte[] longPacket = Long(new Random(2), out _, out _);
        byte[] shortPacket = [0x40, .. new byte[40]];
        foreach (byte[] datagram in (byte[][])[longPacket, shortPacket])
        {
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, out _));
            datagram[0] &= 0xbf;
            Assert.Equal(DropReason.FixedBitClear, ProtectedPacket.TryRead(datagram, 8, out _));
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, FixedBitRule.Ignored, out ProtectedPacket packet));
            Assert.Equal(datagram.Length, packet.Length);
        }
    }

    [Theory]
    [InlineData(20, 20, true)]
    [InlineData(21, 0, false)]
    [InlineData(0, 21, false)]
    [InlineData(255, 255, false)]
    public void Pkt03_ConnectionIdsAbove20BytesAreDroppedInVersions1And2(int destinationLength, int sourceLength, bool isFine)
    {
        foreach (string version in (string[])["00000001", "6b3343cf"])
        {
            byte[] datagram = [0xf3, .. Hex.Bytes(version), (byte)destinationLength, .. new byte[destinationLength],
                (byte)sourceLength, .. new byte[sourceLength], 0x14, .. new byte[20]];
            DropReason reason = ProtectedPacket.TryRead(datagram, 8, out _);
            Assert.Equal(isFine ? DropReason.None : DropReason.ConnectionIdTooLong, reason);

            // Enough of it still reads to build a Version Negotiation packet.
            Assert.True(InvariantHeader.TryRead(datagram, 8, out InvariantHeader header));
            Assert.Equal(destinationLength, header.DestinationConnectionId.Length);
        }
    }

    [Fact]
    public void Pkt03_AnotherVersionIsUnsupportedWhateverItsConnectionIds()
    {
        byte[] longId = [0xc0, 0xba, 0xba, 0xba, 0xba, 200, .. new byte[300]];
        byte[] clearedFixedBit = [0x80, 0x00, 0x00, 0x00, 0x02, 0, 0, .. new byte[300]];
        Assert.Equal(DropReason.UnsupportedVersion, ProtectedPacket.TryRead(longId, 8, out _));
        Assert.Equal(DropReason.UnsupportedVersion, ProtectedPacket.TryRead(clearedFixedBit, 8, out _));
    }

    [Theory]
    [InlineData("4014", 20)]
    [InlineData("4013", 19)]
    [InlineData("4015", 21)]
    [InlineData("14", 20)]
    [InlineData("80000014", 20)]
    [InlineData("c000000000000014", 20)]
    [InlineData("ffffffffffffffff", -1)]
    [InlineData("bfffffff", -1)]
    public void Pkt06_TheLengthFieldIsAnyVarIntAndIsHeldToTheDatagram(string length, int value)
    {
        byte[] datagram = Hex.Bytes("e3 00000001 01 aa 00" + length + new string('0', 40));
        DropReason expected = value switch
        {
            < 0 or > 20 => DropReason.LengthExceedsDatagram,
            < 20 => DropReason.TooShortToSample,
            _ => DropReason.None,
        };
        Assert.Equal(expected, ProtectedPacket.TryRead(datagram, 0, out ProtectedPacket packet));
        Assert.Equal(expected == DropReason.LengthExceedsDatagram ? 0 : datagram.Length - 20 + value, packet.Length);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Vn09_TheTypeBitsDifferByVersion(uint bits)
    {
        PacketType[] version1 = [PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake, PacketType.Retry];
        PacketType[] version2 = [PacketType.Retry, PacketType.Initial, PacketType.ZeroRtt, PacketType.Handshake];
        byte firstByte = (byte)(0xc0 | (bits << 4));
        Assert.Equal(version1[bits], PacketTypeExtensions.FromFirstByte(firstByte, QuicVersion.Version1));
        Assert.Equal(version2[bits], PacketTypeExtensions.FromFirstByte(firstByte, QuicVersion.Version2));
        Assert.Equal(firstByte, version1[bits].LongHeaderBits(QuicVersion.Version1));
        Assert.Equal(firstByte, version2[bits].LongHeaderBits(QuicVersion.Version2));
    }

    [Fact]
    public void Pkt15_AnInitialsTokenLengthIsHeldToTheDatagram()
    {
        foreach (string length in (string[])["30", "ffffffffffffffff"])
        {
            byte[] datagram = Hex.Bytes("c3 00000001 01 aa 00" + length + new string('0', 80));
            Assert.Equal(DropReason.HeaderTruncated, ProtectedPacket.TryRead(datagram, 0, out _));
        }
    }

    [Fact]
    public void Pkt05_ReservedBitsAreWrittenAs0AndReadAfterUnprotecting()
    {
        for (int length = 1; length <= 4; length++)
        {
            var writer = new WireWriter(new byte[64]);
            var fields = new ShortHeaderFields
            {
                DestinationConnectionId = default,
                PacketNumber = new PacketNumber(1),
                PacketNumberLength = length,
                Bits = ShortHeaderBits.Fixed | ShortHeaderBits.Spin | ShortHeaderBits.KeyPhase,
            };
            _ = ShortHeader.Write(ref writer, in fields);
            Assert.Equal(0x64 | (length - 1), writer.Written[0]);
            Assert.False(HeaderBits.HasReservedBits(writer.Written[0]));
            Assert.Equal(length, HeaderBits.PacketNumberLengthOf(writer.Written[0]));
        }

        Seeded.Run(50, random => Assert.False(HeaderBits.HasReservedBits(Long(random, out _, out _)[0])));
    }

    [Theory]
    [InlineData(0xc4, true)]
    [InlineData(0xc8, true)]
    [InlineData(0xf3, false)]
    [InlineData(0x48, true)]
    [InlineData(0x50, true)]
    [InlineData(0x67, false)]
    public void Pkt04_ReservedBitsAreTwoOtherBitsInEachForm(byte firstByte, bool hasReservedBits) =>
        Assert.Equal(hasReservedBits, HeaderBits.HasReservedBits(firstByte));

    [Fact]
    public void Pkt17_SpinBitKeyPhaseAndFixedBitAreWhatTheSenderSays()
    {
        foreach (ShortHeaderBits bits in (ShortHeaderBits[])[0, ShortHeaderBits.Spin, ShortHeaderBits.KeyPhase, ShortHeaderBits.Fixed])
        {
            byte[] buffer = new byte[32];
            var writer = new WireWriter(buffer);
            var fields = new ShortHeaderFields
            {
                DestinationConnectionId = Hex.Bytes("aabbcc"),
                PacketNumber = new PacketNumber(0x0102),
                PacketNumberLength = 2,
                Bits = bits,
            };
            Assert.Equal(4, ShortHeader.Write(ref writer, in fields));
            Assert.Equal(ShortHeader.LengthOf(in fields), writer.Position);
            Assert.Equal(Hex.Of([(byte)((int)bits | 1)]) + "aabbcc0102", Hex.Of(writer.Written));
        }
    }

    [Fact]
    public void Pkt03_WritingWhatCannotBeThrows()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteLong(PacketType.Retry, 8, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteLong(PacketType.OneRtt, 8, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteLong(PacketType.Initial, 21, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteLong(PacketType.Initial, 8, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WriteLong(PacketType.Initial, 8, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => LongHeader.FillLength(new byte[20000], new LongHeaderOffsets(10, 12), 12 + 16384));
    }

    [Fact]
    public void Pkt12_RandomDatagramsNeverThrowAndNeverReadPastTheirEnd()
    {
        Seeded.Run(20_000, random =>
        {
            byte[] datagram = random.NextBytes(random.Next(0, 120));
            if (datagram.Length > 6 && random.Next(4) > 0)
            {
                datagram[0] |= 0xc0;
                Hex.Bytes(random.Next(3) switch { 0 => "00000001", 1 => "6b3343cf", _ => "00000000" }).CopyTo(datagram, 1);
                datagram[5] = (byte)random.Next(0, 24);
            }

            DropReason reason = ProtectedPacket.TryRead(datagram, random.Next(0, 21), FixedBitRule.Ignored, out ProtectedPacket packet);
            Assert.InRange(packet.Length, reason == DropReason.None ? 1 : 0, datagram.Length);
            if (reason == DropReason.None && packet.Type.IsProtected())
            {
                Assert.InRange(packet.PacketNumberOffset, 1, packet.Length - 20);
            }

            _ = VersionNegotiationPacket.TryRead(datagram, out _);
            _ = RetryPacket.TryRead(datagram, out _);
        });
    }

    private static void WriteLong(PacketType type, int connectionIdLength, int packetNumberLength)
    {
        var writer = new WireWriter(new byte[100]);
        var fields = new LongHeaderFields
        {
            Type = type,
            Version = QuicVersion.Version1,
            DestinationConnectionId = new byte[connectionIdLength],
            SourceConnectionId = default,
            PacketNumber = new PacketNumber(0),
            PacketNumberLength = packetNumberLength,
        };
        _ = LongHeader.Write(ref writer, in fields);
    }

    private sealed record LongHeaderFieldsCopy(PacketType Type, QuicVersion Version, byte[] Destination, byte[] Source, byte[] Token);

    private static byte[] Long(Random random, out LongHeaderFieldsCopy copy, out int packetNumberOffset)
    {
        copy = new LongHeaderFieldsCopy(
            LongTypes[random.Next(3)],
            random.Next(2) == 0 ? QuicVersion.Version1 : QuicVersion.Version2,
            random.NextBytes(random.Next(21)),
            random.NextBytes(random.Next(21)),
            random.NextBytes(random.Next(100)));
        byte[] buffer = new byte[1500];
        var writer = new WireWriter(buffer);
        var fields = new LongHeaderFields
        {
            Type = copy.Type,
            Version = copy.Version,
            DestinationConnectionId = copy.Destination,
            SourceConnectionId = copy.Source,
            Token = copy.Token,
            PacketNumber = new PacketNumber(random.Next()),
            PacketNumberLength = random.Next(1, 5),
        };
        LongHeaderOffsets offsets = LongHeader.Write(ref writer, in fields);
        Assert.Equal(LongHeader.LengthOf(in fields), writer.Position);
        Assert.Equal(writer.Position, offsets.PacketNumberOffset + fields.PacketNumberLength);
        writer.WriteZeros(random.Next(20, 1000));
        LongHeader.FillLength(writer.Written, offsets, writer.Position);
        packetNumberOffset = offsets.PacketNumberOffset;
        return writer.Written.ToArray();
    }
}
