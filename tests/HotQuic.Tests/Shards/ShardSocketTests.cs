using System.Net;
using HotQuic.Connections;
using HotQuic.Core.Connections;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Shards;
using HotQuic.Udp;

namespace HotQuic.Tests.Shards;

/// <summary>A socket without room: what it did not take is kept and goes first, each datagram once.</summary>
public sealed class ShardSocketTests : IDisposable
{
    private const int SegmentSize = 1200;

    private readonly ScriptedSocket _udp = new();
    private readonly ShardSocket _socket;
    private readonly byte[] _buffer = new byte[Shard.SendBufferSize];

    public ShardSocketTests()
    {
        _socket = new ShardSocket(_udp, port: null);
    }

    public void Dispose() => _udp.Dispose();

    [Fact]
    public void TheRestOfATrainIsKeptUntilAllOfItFoundRoom()
    {
        List<byte[]> datagrams = Fill(length: (4 * SegmentSize) + 500, seed: 1);
        _udp.Room = 2;
        Assert.False(Send(datagrams, out _));
        Assert.True(_socket.IsBlocked);
        Assert.Equal(2, _udp.Taken.Count);

        // The buffer is the shard's, and the next train is made in it.
        Array.Clear(_buffer);

        Assert.False(_socket.TryUnblock());
        Assert.True(_socket.IsBlocked);
        _udp.Room = 1;
        Assert.False(_socket.TryUnblock());
        Assert.True(_socket.IsBlocked);
        Assert.Equal(3, _udp.Taken.Count);
        _udp.Room = 10;
        Assert.True(_socket.TryUnblock());
        Assert.False(_socket.IsBlocked);
        AssertTaken(datagrams);

        // Nothing is left to go twice.
        Assert.True(_socket.TryUnblock());
        Assert.Equal(datagrams.Count, _udp.Taken.Count);
    }

    [Fact]
    public void AShortTrainIsKeptAfterALongOneWithoutAByteOfThat()
    {
        List<byte[]> first = Fill(length: 20 * SegmentSize, seed: 1);
        Assert.False(Send(first, out _));
        _udp.Room = first.Count;
        Assert.True(_socket.TryUnblock());

        List<byte[]> second = Fill(length: SegmentSize + 1, seed: 2);
        _udp.Room = 1;
        Assert.False(Send(second, out _));
        _udp.Room = 10;
        Assert.True(_socket.TryUnblock());
        AssertTaken([.. first, .. second]);
    }

    [Theory]
    [InlineData((int)UdpErrorKind.NoBuffers)]
    [InlineData((int)UdpErrorKind.NetworkUnreachable)]
    public void WhatIsRefusedIsLostAndHoldsNobodyUp(int kind)
    {
        List<byte[]> datagrams = Fill(length: 3 * SegmentSize, seed: 1);
        _udp.Room = 1;
        Assert.False(Send(datagrams, out UdpErrorKind refusal));
        Assert.Equal(UdpErrorKind.None, refusal);

        _udp.Room = 10;
        _udp.Refusal = (UdpErrorKind)kind;
        Assert.True(_socket.TryUnblock());
        Assert.False(_socket.IsBlocked);
        AssertTaken(datagrams[..1]);

        Assert.True(Send(datagrams, out refusal));
        Assert.Equal((UdpErrorKind)kind, refusal);
        Assert.False(_socket.IsBlocked);
    }

    [Fact]
    public void ThoseThatWaitForRoomComeBackInTheirOrder()
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = 1 });
        ConnectionDriver[] drivers = [.. Enumerable.Range(0, 5).Select(_ => new ConnectionDriver(engine.Shards[0]))];
        foreach (ConnectionDriver driver in drivers)
        {
            _socket.Park(driver);
        }

        foreach (ConnectionDriver driver in drivers)
        {
            Assert.True(_socket.TryTakeParked(out ConnectionDriver parked));
            Assert.Same(driver, parked);
        }

        Assert.False(_socket.TryTakeParked(out _));
    }

    private List<byte[]> Fill(int length, int seed)
    {
        new Random(seed).NextBytes(_buffer.AsSpan(0, length));
        return [.. _buffer.Take(length).Chunk(SegmentSize)];
    }

    private bool Send(List<byte[]> datagrams, out UdpErrorKind refusal)
    {
        int length = datagrams.Sum(datagram => datagram.Length);
        var train = new Train(length, SegmentSize, PathAddress.From(new IPEndPoint(IPAddress.Loopback, 9)), default, EcnCodepoint.Ect0);
        return _socket.Send(_buffer.AsSpan(0, length), train, out refusal);
    }

    /// <summary>Exactly these, in this order, each to where its train goes.</summary>
    private void AssertTaken(List<byte[]> datagrams)
    {
        Assert.Equal(datagrams, _udp.Taken.Select(taken => taken.Bytes));
        Assert.All(_udp.Taken, taken => Assert.Equal((UdpAddress.From(IPAddress.Loopback, 9), IpEcn.Ect0), (taken.Remote, taken.Ecn)));
    }
}
