using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>Resets of connections that nobody remembers (RFC 9000 §10.3), sent and received.</summary>
public sealed class StatelessResetTests
{
    [Theory]
    [InlineData(22)]
    [InlineData(40)]
    [InlineData(1200)]
    public void Rst01_Rst02_APacketForNobodyIsAnsweredWithSomethingShorter(int length)
    {
        var pair = new Pair();
        DatagramResult result = pair.DeliverToServer(ShortPacket(length), pair.ClientHost.Address);
        Assert.Equal(DatagramOutcome.Answered, result.Outcome);
        byte[] reset = Assert.Single(pair.Wire).Bytes;
        Assert.InRange(reset.Length, 21, length - 1);
        Assert.Equal(0x40, reset[0] & 0xc0);
    }

    [Fact]
    public void Rst02_ASmallTriggerGetsNoAnswer()
    {
        var pair = new Pair();
        Assert.Equal(DatagramOutcome.Dropped, pair.DeliverToServer(ShortPacket(21), pair.ClientHost.Address).Outcome);
        Assert.Empty(pair.Wire);
    }

    [Fact]
    public void Rst02_AnswersAreLimitedInRate()
    {
        var pair = new Pair(1, options => options with { ResponseBurst = 5, ResponsesPerSecond = 1 }) { Filter = _ => false };
        for (int i = 0; i < 50; i++)
        {
            pair.DeliverToServer(ShortPacket(100, to: (byte)i), pair.ClientHost.Address);
        }

        Assert.Equal(5, pair.Wire.Count);
        pair.Pass(2100);
        pair.DeliverToServer(ShortPacket(100), pair.ClientHost.Address);
        Assert.Equal(6, pair.Wire.Count);
    }

    [Fact]
    public void Rst03_Rst05_AServerThatLostItsStateEndsTheConnectionByResetWithoutAnAnswer()
    {
        // A server of the same secrets that knows no connection.
        Pair pair = Pair.Connected();
        var amnesiac = new Pair(1);
        pair.Filter = _ => false;
        pair.Client.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        pair.ClientHost.Turn(pair.Client);
        amnesiac.DeliverToServer([.. pair.Wire[^1].Bytes, .. new byte[30]], pair.ClientHost.Address);
        byte[] reset = Assert.Single(amnesiac.Wire).Bytes;
        int sent = pair.Wire.Count;

        pair.Deliver(EndpointRole.Server, reset);

        Assert.Equal(TerminationKind.StatelessReset, pair.Client.Termination!.Value.Kind);
        Assert.Equal(CloseState.Draining, pair.Client.Closer.State);
        pair.Pass(5000);
        Assert.Equal(sent, pair.Wire.Count);
        Assert.True(pair.Client.IsDrained);
    }

    [Theory]
    [InlineData(0x40, false)]
    [InlineData(0x40, true)]
    [InlineData(0xc0, false)]
    [InlineData(0x00, false)]
    public void Rst03_AnyHeaderMayComeBeforeTheToken(byte firstByte, bool isToKnownId)
    {
        Pair pair = Pair.Connected();
        byte[] reset = ResetFor(pair, firstByte);
        if (isToKnownId)
        {
            pair.Client.LocalHandshakeId.Span.CopyTo(reset.AsSpan(1));
        }

        pair.Deliver(EndpointRole.Server, reset);

        Assert.Equal(TerminationKind.StatelessReset, pair.Client.Termination!.Value.Kind);
    }

    [Fact]
    public void Rst04_TokensOfIdsThatWereNotUsedOrAreRetiredResetNothing()
    {
        Pair pair = Pair.Connected();

        // Issued, never used.
        byte[] unused = [.. PacketForge.NewConnectionId(4, 1, [3, 3, 3, 3, 3, 3, 3, 3], tokenFill: 0x33)];
        byte[] old = ResetFor(pair, 0x40);
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, unused);
        byte[] reset = new byte[60];
        reset[0] = 0x40;
        reset.AsSpan(44).Fill(0x33);
        byte[] toKnownId = [.. reset];
        pair.Client.LocalHandshakeId.Span.CopyTo(toKnownId.AsSpan(1));
        pair.Deliver(EndpointRole.Server, reset);
        pair.Deliver(EndpointRole.Server, toKnownId);
        Assert.Null(pair.Client.Termination);

        // Retired by the same frame.
        pair.Client.LocalHandshakeId.Span.CopyTo(old.AsSpan(1));
        pair.Deliver(EndpointRole.Server, old);
        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Rst04_OneWrongBitResetsNothing()
    {
        Pair pair = Pair.Connected();
        for (int i = 1; i <= 16; i++)
        {
            byte[] reset = ResetFor(pair, 0x40);
            reset[^i] ^= 0x01;
            pair.Deliver(EndpointRole.Server, reset);
        }

        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Rst06_EachIdHasItsOwnTokenThatOnlyTheKeyTells()
    {
        var generator = new ConnectionIdGenerator(new SeededRandom(1), ShardRoute.Single);
        byte[] otherSecret = new byte[32];
        otherSecret[0] = 1;
        var first = new StatelessResetKey(new byte[32]);
        var second = new StatelessResetKey(otherSecret);
        ConnectionId[] ids = [.. Enumerable.Range(0, 200).Select(_ => generator.Next())];
        Assert.Equal(200, ids.Select(id => first.TokenOf(id.Span)).Distinct().Count());
        Assert.All(ids, id => Assert.NotEqual(first.TokenOf(id.Span), second.TokenOf(id.Span)));
        Assert.All(ids, id => Assert.Equal(first.TokenOf(id.Span), first.TokenOf(id.Span)));
    }

    [Fact]
    public void Rst07_AConnectionThatIsStillKnownIsClosedAndNotReset()
    {
        Pair pair = Pair.Connected();
        pair.Server.Close(1, string.Empty, pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [1]);
        Assert.Equal(0, pair.ServerHost.Endpoint.Statistics.StatelessResetsSent);
    }

    private static byte[] ResetFor(Pair pair, byte firstByte)
    {
        byte[] reset = new byte[60];
        reset.AsSpan().Fill(0x5a);
        reset[0] = firstByte;
        if ((firstByte & 0x80) != 0)
        {
            reset[5] = 8;
            reset[14] = 8;
        }

        pair.Client.Handshake.PeerParameters!.StatelessResetToken!.Value.Write(reset.AsSpan(44));
        return reset;
    }

    private static byte[] ShortPacket(int length, byte to = 0x11)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(to);
        bytes[0] = 0x41;
        return bytes;
    }
}
