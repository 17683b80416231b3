using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Time;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>Tokens for later connections (RFC 9000 §8.1.3, §8.1.4).</summary>
public sealed class NewTokenTests
{
    [Fact]
    public void Retry13_Amp02_Frm07_ATokenOfAnEarlierConnectionProvesTheAddressWithoutARetry()
    {
        (Pair pair, byte[] token) = WithToken();

        pair.ClientHost.Token = token;
        pair.ServerHost.Admission = AdmissionVerdict.Retry;
        int before = pair.Wire.Count;
        pair.Connect();
        pair.Pass(15);

        Assert.True(pair.Server.Path.IsValidated);
        pair.Pass(500);
        Assert.True(pair.Client.Handshake.IsConfirmed);
        foreach (SimulatedDatagram datagram in pair.Wire.Skip(before).Where(d => pair.IsFromClient(d) && (d.Bytes[0] & 0xf0) == 0xc0))
        {
            Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram.Bytes, 8, out ProtectedPacket initial));
            Assert.Equal(token, initial.Token.ToArray());
        }
    }

    [Fact]
    public void Retry13_ARetryReplacesTheTokenAndItsOwnIsNotKept()
    {
        (Pair pair, byte[] token) = WithToken();
        pair.ClientHost.Token = new byte[] { 1, 2, 3 };
        pair.ServerHost.Admission = AdmissionVerdict.Retry;
        pair.Connect();
        pair.Pass(500);
        Assert.True(pair.Client.Handshake.IsConfirmed);
        Assert.NotEqual(token, pair.Client.Attempt.Token);
        Assert.True(pair.Client.NewToken.IsEmpty);
    }

    [Fact]
    public void Retry11_AnInvalidNewTokenIsAsGoodAsNone()
    {
        (Pair pair, byte[] token) = WithToken();
        token[^1] ^= 1;
        pair.ClientHost.Token = token;
        pair.Connect();
        pair.Pass(15);
        Assert.False(pair.Server.Path.IsValidated);
        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Retry10_Retry12_ATokenIsBoundToItsAddressAndItsTime()
    {
        using var tokens = new TokenProtector(new TokenOptions(), new SeededRandom(1), new byte[32]);
        PathAddress own = Address(2, 4433);
        byte[] token = Write(tokens, TokenKind.NewToken, own, default);

        Assert.Equal(TokenVerdict.Valid, tokens.Read(token, own, default, out _));
        Assert.Equal(TokenVerdict.Valid, tokens.Read(token, Address(2, 999), default, out _));
        Assert.Equal(TokenVerdict.NotAToken, tokens.Read(token, Address(3, 4433), default, out _));
        Assert.Equal(TokenVerdict.NotAToken, tokens.Read(token, own, default(Instant) + TimeSpan.FromDays(3), out _));
    }

    [Fact]
    public void Retry10_TheTwoKindsAreToldApartAndEachBitIsProtected()
    {
        using var tokens = new TokenProtector(new TokenOptions(), new SeededRandom(1), new byte[32]);
        PathAddress own = Address(2, 4433);
        byte[] retry = Write(tokens, TokenKind.Retry, own, default);
        Assert.Equal(TokenVerdict.Valid, tokens.Read(retry, own, default, out TokenContent content));
        Assert.Equal(TokenKind.Retry, content.Kind);
        Assert.Equal(TokenVerdict.InvalidRetry, tokens.Read(retry, Address(2, 999), default, out _));
        Assert.Equal(TokenVerdict.InvalidRetry, tokens.Read(retry, own, default(Instant) + TimeSpan.FromMinutes(2), out _));
        byte[] posing = [(byte)TokenKind.NewToken, .. retry[1..]];
        Assert.Equal(TokenVerdict.NotAToken, tokens.Read(posing, own, default, out _));
        for (int i = 0; i < retry.Length; i++)
        {
            byte[] bent = [.. retry];
            bent[i] ^= 0x10;
            Assert.NotEqual(TokenVerdict.Valid, tokens.Read(bent, own, default, out _));
        }
    }

    /// <summary>L27: the members of a fleet share a secret, and have clocks of their own.</summary>
    [Theory]
    [InlineData(-40, false)]
    [InlineData(-1, true)]
    [InlineData(40, true)]
    [InlineData(70, false)]
    public void L27_ARetryTokenOfAMemberWhoseClockDiffersALittleIsValid(int secondsLater, bool isValid)
    {
        using var maker = new TokenProtector(new TokenOptions(), new SeededRandom(1), new byte[32]);
        using var reader = new TokenProtector(new TokenOptions(), new SeededRandom(2), new byte[32]);
        var beginningOfPeriod = new Instant(10 * new TokenOptions().RetryPeriod.Ticks);
        byte[] token = Write(maker, TokenKind.Retry, Address(2, 4433), beginningOfPeriod);
        TokenVerdict expected = isValid ? TokenVerdict.Valid : TokenVerdict.InvalidRetry;
        Assert.Equal(expected, reader.Read(token, Address(2, 4433), beginningOfPeriod + TimeSpan.FromSeconds(secondsLater), out _));
    }

    [Fact]
    public void Retry12_TokensOfOneMomentAndAddressDifferAndHideWhatTheyHold()
    {
        using var tokens = new TokenProtector(new TokenOptions(), new SeededRandom(1), new byte[32]);
        byte[][] made = [.. Enumerable.Range(0, 100).Select(_ => Write(tokens, TokenKind.NewToken, Address(2, 4433), default))];
        Assert.Equal(100, made.Select(Convert.ToHexString).Distinct().Count());
        Assert.All(made, token => Assert.DoesNotContain("7F000002", Convert.ToHexString(token), StringComparison.Ordinal));
    }

    [Fact]
    public void Retry10_AnotherSecretReadsNothing()
    {
        using var tokens = new TokenProtector(new TokenOptions(), new SeededRandom(1), new byte[32]);
        byte[] otherSecret = new byte[32];
        otherSecret[3] = 1;
        using var other = new TokenProtector(new TokenOptions(), new SeededRandom(2), otherSecret);
        Assert.Equal(TokenVerdict.NotAToken, other.Read(Write(tokens, TokenKind.NewToken, Address(2, 1), default), Address(2, 1), default, out _));
    }

    [Fact]
    public void Frm07_Frm97_TheNewestTokenIsSentAgainWhenLostWhateverBecameOfAnOlderOne()
    {
        Pair pair = Pair.Connected();
        pair.Server.OfferToken([1]);
        pair.ServerHost.Turn(pair.Server);
        pair.Filter = _ => false;
        pair.Server.OfferToken([2, 2]);
        pair.ServerHost.Turn(pair.Server);
        pair.Filter = null;
        pair.Pass(3000);
        Assert.Equal([2, 2], pair.Client.NewToken.ToArray());
        Assert.True(pair.ServerLog.Sent.Count(packet => packet.Frames.Any(frame => frame.Type == FrameType.NewToken && frame.Bytes.Length == 4)) >= 2);
    }

    [Fact]
    public void Frm07_TokensThatNoInitialCouldCarryAreNeitherOfferedNorKept()
    {
        Pair pair = Pair.Connected();
        Assert.Throws<ArgumentException>(() => pair.Server.OfferToken([]));
        Assert.Throws<ArgumentException>(() => pair.Server.OfferToken(new byte[ConnectionAttempt.MaxTokenLength + 1]));
        Assert.Throws<InvalidOperationException>(() => pair.Client.OfferToken([1]));
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, [.. PacketForge.Frame(7, 900), .. new byte[900]]);
        Assert.True(pair.Client.NewToken.IsEmpty);
        Assert.Null(pair.Client.Termination);
    }

    private static (Pair Pair, byte[] Token) WithToken()
    {
        Pair pair = Pair.Connected();
        byte[] token = new byte[TokenProtector.MaxLength];
        token = token[..pair.ServerHost.Endpoint.WriteNewToken(token, pair.ClientHost.Address, pair.Network.Now)];
        pair.Server.OfferToken(token);
        pair.ServerHost.Turn(pair.Server);
        pair.Pass(30);
        Assert.Equal(token, pair.Client.NewToken.ToArray());
        return (pair, token);
    }

    private static byte[] Write(TokenProtector tokens, TokenKind kind, PathAddress address, Instant at)
    {
        byte[] token = new byte[TokenProtector.MaxLength];
        var content = new TokenContent(kind, new ConnectionId([1, 2, 3, 4, 5, 6, 7, 8]), new ConnectionId([8, 7, 6, 5, 4, 3, 2, 1]));
        return token[..tokens.Write(token, content, address, at)];
    }

    private static PathAddress Address(byte last, int port) => PathAddress.From(new IPEndPoint(new IPAddress([127, 0, 0, last]), port));
}
