using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>Version Negotiation packets, RFC 9000 §6 and §17.2.1.</summary>
public class VersionNegotiationPacketTests
{
    private static readonly QuicVersion[] Ours = [QuicVersion.Version1, QuicVersion.Version2];

    [Theory]
    [InlineData(8, 8)]
    [InlineData(255, 0)]
    [InlineData(0, 255)]
    public void Vn02_TheConnectionIdsComeBackInEachOthersPlace(int destinationLength, int sourceLength)
    {
        byte[] destination = new Random(1).NextBytes(destinationLength);
        byte[] source = new Random(2).NextBytes(sourceLength);
        byte[] answer = Answer([0xc0, 0xba, 0xba, 0xba, 0xba, (byte)destinationLength, .. destination, (byte)sourceLength, .. source], 3);

        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(answer, 8, out ProtectedPacket packet));
        Assert.Equal((PacketType.VersionNegotiation, answer.Length), (packet.Type, packet.Length));
        Assert.True(VersionNegotiationPacket.TryRead(answer, out VersionNegotiationPacket negotiation));
        Assert.Equal(Hex.Of(source), Hex.Of(negotiation.DestinationConnectionId));
        Assert.Equal(Hex.Of(destination), Hex.Of(negotiation.SourceConnectionId));
        Assert.Equal("00000000", Hex.Of(answer.AsSpan(1, 4)));
        Assert.Equal(0xc0, answer[0] & 0xc0);
    }

    [Fact]
    public void Vn07_OneReservedVersionIsListedWithOursAndIsNotTheOneTried()
    {
        Seeded.Run(300, random =>
        {
            // The client tries a reserved version itself.
            byte[] tried = Hex.Bytes($"{(random.Next() & 0x70707070) | 0x0a0a0a0a:x8}");
            int seed = random.Next(20);
            byte[] answer = Answer([0xc0, .. tried, 0, 0], seed);
            Assert.True(VersionNegotiationPacket.TryRead(answer, out VersionNegotiationPacket negotiation));
            Assert.Equal(3, negotiation.VersionCount);
            Assert.Equal((QuicVersion.Version1, QuicVersion.Version2), (negotiation[0], negotiation[1]));
            Assert.True(negotiation[2].IsReserved());
            Assert.False(negotiation.Lists((QuicVersion)Convert.ToUInt32(Hex.Of(tried), 16)));

            // Had it tried just the one that we drew, we list another.
            byte[] drawn = answer[^4..];
            Assert.True(VersionNegotiationPacket.TryRead(Answer([0xc0, .. drawn, 0, 0], seed), out negotiation));
            Assert.False(negotiation.Lists((QuicVersion)Convert.ToUInt32(Hex.Of(drawn), 16)));
            Assert.True(negotiation[2].IsReserved());
        });
    }

    [Fact]
    public void Vn07_ReservedAndUnknownVersionsInAListAreSkipped()
    {
        byte[] packet = Hex.Bytes("80 00000000 00 00 0a0a0a0a ff00001d 6b3343cf 1a2a3a4a 00000001");
        Assert.True(VersionNegotiationPacket.TryRead(packet, out VersionNegotiationPacket negotiation));
        Assert.True(negotiation.TrySelect(Ours, out QuicVersion version));
        Assert.Equal(QuicVersion.Version1, version);
        Assert.True(negotiation.TrySelect([QuicVersion.Version2, QuicVersion.Version1], out version));
        Assert.Equal(QuicVersion.Version2, version);

        Assert.True(VersionNegotiationPacket.TryRead(Hex.Bytes("80 00000000 00 00 0a0a0a0a ff00001d"), out negotiation));
        Assert.False(negotiation.TrySelect(Ours, out _));
    }

    [Fact]
    public void Vn05_WhetherTheVersionTriedIsListedCanBeAsked()
    {
        byte[] packet = Hex.Bytes("80 00000000 00 00 0a0a0a0a 00000001");
        Assert.True(VersionNegotiationPacket.TryRead(packet, out VersionNegotiationPacket negotiation));
        Assert.True(negotiation.Lists(QuicVersion.Version1));
        Assert.False(negotiation.Lists(QuicVersion.Version2));
    }

    [Fact]
    public void Vn02_AListThatIsEmptyOrEndsInsideAVersionIsRefused()
    {
        byte[] packet = Hex.Bytes("80 00000000 02 aabb 01 cc 00000001 6b3343cf");
        for (int length = 0; length <= packet.Length; length++)
        {
            bool isWhole = length is 14 or 18;
            Assert.Equal(isWhole, VersionNegotiationPacket.TryRead(packet.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Vn03_OtherPacketsAreNotVersionNegotiation()
    {
        Assert.False(VersionNegotiationPacket.TryRead(Hex.Bytes("c0 00000001 00 00 00000001"), out _));
        Assert.False(VersionNegotiationPacket.TryRead(Hex.Bytes("40 00000000 00 00 00000001"), out _));
    }

    private static byte[] Answer(byte[] trigger, int seed)
    {
        Assert.True(InvariantHeader.TryRead(trigger, 8, out InvariantHeader header));
        byte[] answer = new byte[VersionNegotiationPacket.LengthFor(in header, Ours.Length)];
        Assert.Equal(answer.Length, VersionNegotiationPacket.Write(answer, in header, Ours, new SeededRandomSource(seed)));
        return answer;
    }
}
