using System.Net;
using HotQuic.Udp.Waiting;

namespace HotQuic.Udp.Tests;

public sealed class SteeringTests
{
    private const int ConnectionIdByte = 2;
    private static readonly ShardSteering Steering = new(LongHeaderOffset: 6 + ConnectionIdByte, ShortHeaderOffset: 1 + ConnectionIdByte);

    public static TheoryData<Io, string> KindsAndAddresses => Matrix.Of([Io.Offload, Io.Sockets], ["127.0.0.1", "::1"]);

    [Theory]
    [MemberData(nameof(KindsAndAddresses))]
    public void DatagramsLandOnTheShardTheirConnectionIdNames(Io io, string address)
    {
        foreach (int shardCount in (int[])[2, 3, 8])
        {
            ExpectSteering(io, shardCount, address);
        }
    }

    [Fact]
    public void ATrainGoesWhereItsFirstSegmentLeads()
    {
        UdpSocket[] shards = UdpSocket.BindShards(new UdpSocketOptions(), 2, Steering);
        using UdpSocket client = UdpSocket.Bind(new UdpSocketOptions());
        byte[] train = [.. ShortHeader(1), .. ShortHeader(1), .. ShortHeader(1)];
        UdpAddress destination = UdpAddress.From(IPAddress.Loopback, (ushort)shards[0].LocalEndPoint.Port);
        client.Send(new SendRequest { Payload = train, SegmentSize = ShortHeader(1).Length, Remote = destination });
        using ShardWaiter waiter = ShardWaiter.Create();
        waiter.Add(shards[1]);
        Assert.Equal(train, Peers.Receive(shards[1], waiter, new ReceiveBatch(), train.Length).SelectMany(part => part.Payload));
        Array.ForEach(shards, shard => shard.Dispose());
    }

    [Fact]
    public void WhatIsTooShortToNameAShardGoesToTheFirst()
    {
        UdpSocket[] shards = UdpSocket.BindShards(new UdpSocketOptions(), 3, Steering);
        using UdpSocket client = UdpSocket.Bind(new UdpSocketOptions());
        UdpAddress destination = UdpAddress.From(IPAddress.Loopback, (ushort)shards[0].LocalEndPoint.Port);
        byte[][] datagrams = [[0x40], [0x41, 1, 1], [0xc0, 1, 1, 1, 1, 1, 1, 1]];
        foreach (byte[] datagram in datagrams)
        {
            Assert.Equal(0, Steering.ShardOf(datagram, 3));
            client.Send(new SendRequest { Payload = datagram, SegmentSize = datagram.Length, Remote = destination });
        }

        using ShardWaiter waiter = ShardWaiter.Create();
        waiter.Add(shards[0]);
        Assert.Equal(12, Peers.Receive(shards[0], waiter, new ReceiveBatch(), 12).Sum(part => part.Payload.Length));
        Array.ForEach(shards, shard => shard.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void ThereAreFromOneToTwoHundredFiftySixShards(int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpSocket.BindShards(new UdpSocketOptions(), count, Steering));

    [Fact]
    public void ASteeringByteIsNotBeforeTheStart()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpSocket.BindShards(new UdpSocketOptions(), 2, new ShardSteering(-1, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpSocket.BindShards(new UdpSocketOptions(), 2, new ShardSteering(1, -1)));
    }

    private static void ExpectSteering(Io io, int shardCount, string address)
    {
        UdpSocket[] shards = UdpSocket.BindShards(new UdpSocketOptions { Io = (UdpIo)io }, shardCount, Steering);
        Assert.Equal(shardCount, shards.Length);
        Assert.All(shards, shard => Assert.True(shard.Capabilities.Steering && shard.Capabilities.ReusePort));
        UdpAddress destination = UdpAddress.From(IPAddress.Parse(address), (ushort)shards[0].LocalEndPoint.Port);
        using UdpSocket client = UdpSocket.Bind(new UdpSocketOptions());
        int[] expected = new int[shardCount];
        for (int i = 0; i < 256; i++)
        {
            foreach (byte[] datagram in (byte[][])[LongHeader((byte)i), ShortHeader((byte)i)])
            {
                Assert.Equal(i % shardCount, Steering.ShardOf(datagram, shardCount));
                expected[i % shardCount] += datagram.Length;
                client.Send(new SendRequest { Payload = datagram, SegmentSize = datagram.Length, Remote = destination });
            }
        }

        for (int shard = 0; shard < shardCount; shard++)
        {
            using ShardWaiter waiter = ShardWaiter.Create();
            waiter.Add(shards[shard]);
            foreach (Received train in Peers.Receive(shards[shard], waiter, new ReceiveBatch(), expected[shard]))
            {
                Assert.All(train.Payload.Chunk(train.SegmentSize), datagram => Assert.Equal(shard, Steering.ShardOf(datagram, shardCount)));
            }
        }

        Array.ForEach(shards, shard => shard.Dispose());
    }

    private static byte[] LongHeader(byte steering) => [0xc3, 0, 0, 0, 1, 8, 0xaa, 0xbb, steering, 0xcc, 1, 2, 3, 4, 5, 6];

    private static byte[] ShortHeader(byte steering) => [0x43, 0xaa, 0xbb, steering, 0xcc, 1, 2, 3, 4, 5, 6, 7];
}
