using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>What all versions have in common, RFC 8999 §5.</summary>
public class InvariantHeaderTests
{
    [Fact]
    public void Pkt01_ALongHeaderOfAnUnknownVersionReads()
    {
        byte[] datagram = Hex.Bytes("80 babababa 03 aabbcc 02 ddee 0102030405");
        Assert.True(InvariantHeader.TryRead(datagram, 8, out InvariantHeader header));
        Assert.True(header.IsLongHeader);
        Assert.Equal(0xbabababaU, (uint)header.Version);
        Assert.Equal(("aabbcc", "ddee", 12), (Hex.Of(header.DestinationConnectionId), Hex.Of(header.SourceConnectionId), header.Length));
    }

    [Theory]
    [InlineData(0, 255)]
    [InlineData(255, 0)]
    [InlineData(21, 20)]
    [InlineData(255, 255)]
    public void Pkt01_ConnectionIdsOfUpTo255BytesRead(int destinationLength, int sourceLength)
    {
        byte[] destination = new Random(1).NextBytes(destinationLength);
        byte[] source = new Random(2).NextBytes(sourceLength);
        byte[] datagram = [0xc0, 0x0a, 0x0a, 0x0a, 0x0a, (byte)destinationLength, .. destination, (byte)sourceLength, .. source];
        Assert.True(InvariantHeader.TryRead(datagram, 8, out InvariantHeader header));
        Assert.Equal(Hex.Of(destination), Hex.Of(header.DestinationConnectionId));
        Assert.Equal(Hex.Of(source), Hex.Of(header.SourceConnectionId));
        for (int length = 0; length < datagram.Length; length++)
        {
            Assert.False(InvariantHeader.TryRead(datagram.AsSpan(0, length), 8, out _));
        }
    }

    [Fact]
    public void Pkt01_AShortHeaderHasTheConnectionIdLengthThatWeChose()
    {
        byte[] datagram = Hex.Bytes("40 aabbccddee");
        Assert.True(InvariantHeader.TryRead(datagram, 3, out InvariantHeader header));
        Assert.False(header.IsLongHeader);
        Assert.Equal(("aabbcc", 4), (Hex.Of(header.DestinationConnectionId), header.Length));
        Assert.True(InvariantHeader.TryRead(datagram, 0, out header));
        Assert.Equal(("", 1), (Hex.Of(header.DestinationConnectionId), header.Length));
        Assert.True(InvariantHeader.TryRead(datagram, 5, out _));
        Assert.False(InvariantHeader.TryRead(datagram, 6, out _));
        Assert.False(InvariantHeader.TryRead([], 0, out _));
    }
}
