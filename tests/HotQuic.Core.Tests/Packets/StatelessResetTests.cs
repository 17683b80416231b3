using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>Stateless resets and their tokens, RFC 9000 §10.3; connection IDs by value, §5.1.</summary>
public class StatelessResetTests
{
    private static readonly StatelessResetToken Token = StatelessResetToken.Read(Hex.Bytes("000102030405060708090a0b0c0d0e0f"));

    [Fact]
    public void Rst01_AResetLooksLikeAShortHeaderAndEndsInItsToken()
    {
        Seeded.Run(200, random =>
        {
            byte[] reset = new byte[random.Next(StatelessReset.MinLength, 100)];
            StatelessReset.Write(reset, Token, new SeededRandomSource(random.Next()));
            Assert.Equal(0x40, reset[0] & 0xc0);
            Assert.Equal("000102030405060708090a0b0c0d0e0f", Hex.Of(reset.AsSpan(^16..)));
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(reset, 0, out ProtectedPacket packet));
            Assert.Equal(PacketType.OneRtt, packet.Type);
        });
    }

    [Fact]
    public void Rst01_TheBytesBeforeTheTokenAreRandom()
    {
        byte[] one = new byte[40];
        byte[] two = new byte[40];
        StatelessReset.Write(one, Token, new SeededRandomSource(1));
        StatelessReset.Write(two, Token, new SeededRandomSource(2));
        Assert.NotEqual(Hex.Of(one.AsSpan(0, 24)), Hex.Of(two.AsSpan(0, 24)));
        Assert.Throws<ArgumentOutOfRangeException>(() => StatelessReset.Write(new byte[20], Token, new SeededRandomSource(1)));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(21, 0)]
    [InlineData(22, 21)]
    [InlineData(43, 42)]
    [InlineData(44, 42)]
    [InlineData(1200, 42)]
    public void Rst02_AResetIsShorterThanWhatItAnswers(int triggerLength, int expected) =>
        Assert.Equal(expected, StatelessReset.LengthFor(triggerLength));

    [Fact]
    public void Rst03_TheLast16BytesOfAnyDatagramLongEnoughMayBeAToken()
    {
        byte[] reset = new byte[StatelessReset.MinLength];
        StatelessReset.Write(reset, Token, new SeededRandomSource(1));
        reset[0] = 0xc0;
        Assert.True(StatelessReset.TryReadToken(reset, out ReadOnlySpan<byte> token));
        Assert.True(Token.FixedTimeEquals(token));
        Assert.False(StatelessReset.TryReadToken(reset.AsSpan(1), out _));
        Assert.False(StatelessReset.TryReadToken([], out _));
    }

    [Fact]
    public void Rst04_ATokenThatDiffersInOneBitIsAnother()
    {
        for (int bit = 0; bit < 128; bit++)
        {
            byte[] candidate = Hex.Bytes("000102030405060708090a0b0c0d0e0f");
            Assert.True(Token.FixedTimeEquals(candidate));
            candidate[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Token.FixedTimeEquals(candidate));
        }
    }

    [Fact]
    public void Cid07_RandomConnectionIdsHaveTheirLengthAndDiffer()
    {
        var random = new SeededRandomSource(1);
        var seen = new HashSet<string>();
        for (int i = 0; i < 1000; i++)
        {
            var id = ConnectionId.Random(random, 8);
            Assert.Equal(8, id.Length);
            Assert.True(seen.Add(id.ToString()));
        }

        Assert.True(ConnectionId.Random(random, 0).IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => ConnectionId.Random(random, 21));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConnectionId.Random(random, -1));
    }

    [Fact]
    public void Cid07_ConnectionIdsAreEqualByLengthAndBytes()
    {
        var id = new ConnectionId(Hex.Bytes("aabb"));
        Assert.Equal(new ConnectionId(Hex.Bytes("aabb")), id);
        Assert.Equal(new ConnectionId(Hex.Bytes("aabb")).GetHashCode(), id.GetHashCode());
        Assert.NotEqual(new ConnectionId(Hex.Bytes("aabb00")), id);
        Assert.NotEqual(new ConnectionId(Hex.Bytes("aabc")), id);
        Assert.True(id.Matches(Hex.Bytes("aabb")));
        Assert.False(id.Matches(Hex.Bytes("aabb00")));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConnectionId(new byte[21]));
    }
}
