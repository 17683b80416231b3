using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>A peer that goes on sending and never acknowledges anything.</summary>
public sealed class SilentPeerTests
{
    private static readonly byte[] Ping = [1];

    /// <summary>Acknowledgments of what it sends are remembered until it acknowledges something: only so many of them.</summary>
    [Fact]
    public void Ack08_WhatIsRememberedOfAcknowledgmentsThatNobodyAcknowledgesIsBounded()
    {
        Pair pair = Pair.Connected();
        pair.Filter = _ => false;
        Assert.True(pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id));
        pair.Server.Streams.Write(id, new byte[100], out _);
        pair.ServerHost.Turn(pair.Server);
        pair.Pass(2000);
        for (int i = 0; i < 40_000; i++)
        {
            pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping);
        }

        Assert.Null(pair.Server.Termination);
        SentPackets packets = pair.Server.Recovery.Packets(PacketNumberSpace.Application);
        Assert.True(packets.Next.Value > 20_000);
        Assert.InRange(packets.Capacity, 1, 8192);

        // Nothing is lost by that: what was given up is sent again.
        pair.Filter = null;
        pair.Pass(20_000);
        byte[] buffer = new byte[200];
        Assert.Equal(StreamResult.Done, pair.Client.Streams.Read(id, buffer, out StreamRead read));
        Assert.Equal(100, read.Count);
    }

    /// <summary>RFC 9000 §17.1: a number that the peer cannot find for want of acknowledgments is not sent, and no exception comes of it.</summary>
    [Fact]
    public void Pn02_WhereNoNumberIsAcknowledgedForTooLongTheConnectionEnds()
    {
        Pair pair = Pair.Connected();
        PacketSpace space = pair.Server.Space(PacketNumberSpace.Application)!;
        var far = new PacketNumber(pair.Server.Recovery.LargestAcknowledged(PacketNumberSpace.Application).Value + (1L << 31) + 1);
        typeof(PacketSpace).GetProperty(nameof(PacketSpace.NextNumber))!.SetValue(space, far);
        pair.Server.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        pair.ServerHost.Turn(pair.Server);
        Assert.Equal(TerminationKind.PacketNumbersExhausted, pair.Server.Termination!.Value.Kind);
    }
}
