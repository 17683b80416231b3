using HotQuic.Core.Endpoints;
using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>What an endpoint that is one of several on a port leaves to the others.</summary>
public sealed class ShardRouteTests
{
    private const int Shards = 4;
    private const int Own = 1;

    [Fact]
    public void WhatLeadsToAnotherShardIsLeftToItUnchanged()
    {
        Pair pair = Create((_, _) => true);
        byte[][] datagrams = [Packet(0x43, 7), Packet(0xe3, 7), Packet(0xc3, 7), Packet(0xc3, 7, version: 0x1a2a3a4a)];
        foreach (byte[] datagram in datagrams)
        {
            byte[] before = [.. datagram];
            DatagramResult result = pair.Deliver(EndpointRole.Client, datagram);
            Assert.Equal((DatagramOutcome.Elsewhere, 7 % Shards), (result.Outcome, result.Shard));
            Assert.Equal(before, datagram);
        }

        Assert.Equal(0, pair.ServerHost.Endpoint.Statistics.StatelessResetsSent);
    }

    [Theory]
    [InlineData(0x43, true)]
    [InlineData(0xe3, true)]
    [InlineData(0xc3, false)]
    [InlineData(0xd3, false)]
    public void WhereArrivalsAreNotSteeredAFirstPacketStaysWhereItLanded(byte firstByte, bool isLeft)
    {
        Pair pair = Create((_, mayBegin) => !mayBegin);
        Assert.Equal(isLeft, pair.DeliverToServer(Packet(firstByte, 7), pair.ClientHost.Address).Outcome == DatagramOutcome.Elsewhere);
    }

    [Fact]
    public void WhatLeadsHereOrToAShardThatIsNotOnThePortIsAnsweredHere()
    {
        Pair pair = Create((shard, _) => shard == 2);
        Assert.Equal(StatelessAnswer.Reset, pair.DeliverToServer(Packet(0x43, Own), pair.ClientHost.Address).Answer);
        Assert.Equal(StatelessAnswer.Reset, pair.DeliverToServer(Packet(0x43, 3), pair.ClientHost.Address).Answer);
        Assert.Equal(DatagramOutcome.Elsewhere, pair.DeliverToServer(Packet(0x43, 2), pair.ClientHost.Address).Outcome);
    }

    /// <summary>A client's own choice of ID may lead anywhere: it is looked for here first.</summary>
    [Fact]
    public void AConnectionIsFoundByItsIdBeforeTheRouteIsLookedAt()
    {
        bool wasElsewhere = false;
        for (ulong seed = 1; !wasElsewhere; seed++)
        {
            Pair pair = Create((_, mayBegin) => !mayBegin, seed);
            pair.Connect();
            wasElsewhere = pair.InitialKeyId.Span[0] % Shards != Own;
            Assert.True(pair.Network.RunUntil(() => pair.Client.Handshake.IsConfirmed, TimeSpan.FromSeconds(5)));
        }
    }

    [Fact]
    public void APacketThatIsQuotedLeadsToItsSender()
    {
        Pair pair = Create((_, _) => false);
        pair.Connect();
        byte[] initial = pair.Wire[0].Bytes;
        Assert.Same(pair.Client, pair.ClientHost.Endpoint.FindBySource(initial.AsSpan(0, 64)));
        Assert.Null(pair.ClientHost.Endpoint.FindBySource(initial.AsSpan(0, 12)));
        Assert.Null(pair.ServerHost.Endpoint.FindBySource(initial));
        Assert.Null(pair.ClientHost.Endpoint.FindByDestination(initial));
    }

    private static Pair Create(Func<int, bool, bool> sharing, ulong seed = 1)
    {
        var pair = new Pair(seed, options => options with { Route = new ShardRoute(Own, Shards) });
        pair.ServerHost.Sharing = sharing;
        return pair;
    }

    private static byte[] Packet(byte firstByte, byte steering, uint version = 1)
    {
        byte[] bytes = new byte[1200];
        bytes.AsSpan().Fill(steering);
        bytes[0] = firstByte;
        if (HeaderBits.IsLong(firstByte))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), version);
            bytes[5] = 8;
            bytes[14] = 0;
        }

        return bytes;
    }
}
