using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Tests;

public sealed class RoundTripTests
{
    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void ADatagramArrivesAndItsAnswerGoesBack(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        byte[] question = Peers.Pattern(1200);
        Assert.Equal(new SendResult(SendStatus.Sent, 1200), peers.Send(question, 1200));

        Received received = Assert.Single(peers.Receive(1200));
        Assert.Equal(question, received.Payload);
        Assert.Equal(1200, received.SegmentSize);
        Assert.Equal(peers.AddressOf(peers.Sender), received.Remote);

        byte[] answer = Peers.Pattern(77, seed: 2);
        peers.Receiver.Send(new SendRequest { Payload = answer, SegmentSize = 77, Remote = received.Remote });
        peers.Waiter.Add(peers.Sender);
        Assert.Equal(answer, Assert.Single(Peers.Receive(peers.Sender, peers.Waiter, new ReceiveBatch(), 77)).Payload);
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void TrainsOfOneToSixtySegmentsArriveAsEqualBytes(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        foreach (int segments in (int[])[1, 2, 3, 10, 31, 54, 60])
        {
            foreach (int last in (int[])[1000, 1, 555])
            {
                byte[] train = Peers.Pattern(((segments - 1) * 1000) + last, seed: segments);
                Assert.Equal(new SendResult(SendStatus.Sent, train.Length), peers.Send(train, 1000));
                List<Received> received = peers.Receive(train.Length);
                Assert.Equal(train, received.SelectMany(part => part.Payload));
                Assert.All(received.SkipLast(1), part => Assert.Equal(1000, part.SegmentSize));
                Assert.All(received, part => Assert.InRange(part.SegmentSize, 1, 1000));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Peers.AllWithTrains), MemberType = typeof(Peers))]
    public void AReceiverWithoutOffloadSeesEachSegmentOfATrain(Io io, Route route)
    {
        using var peers = new Peers(io, route, receiver: options => options with { SegmentationOffload = false });
        byte[] train = Peers.Pattern(5300);
        peers.Send(train, 1000);
        List<Received> received = peers.Receive(train.Length);
        Assert.Equal([1000, 1000, 1000, 1000, 1000, 300], received.Select(part => part.Payload.Length));
        Assert.Equal(train, received.SelectMany(part => part.Payload));
    }

    [Theory]
    [InlineData(Io.Offload, true)]
    [InlineData(Io.Offload, false)]
    [InlineData(Io.Sockets, true)]
    [InlineData(Io.Sockets, false)]
    public void ATrainOfMoreSegmentsThanACallTakesGoesInSeveral(Io io, bool offload)
    {
        using var peers = new Peers(io, Route.IPv4, sender: options => options with { SegmentationOffload = offload });
        byte[] train = Peers.Pattern(333);
        Assert.Equal(new SendResult(SendStatus.Sent, 333), peers.Send(train, 1));
        List<Received> received = peers.Receive(333);
        Assert.Equal(train, received.SelectMany(part => part.Payload));
        Assert.All(received, part => Assert.Equal(1, part.SegmentSize));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ATrainOfMoreBytesThanAMessageHoldsGoesInSeveral(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        byte[] train = Peers.Pattern(150_000);
        Assert.Equal(new SendResult(SendStatus.Sent, train.Length), peers.Send(train, 1400));
        Assert.Equal(train, peers.Receive(train.Length).SelectMany(part => part.Payload));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void TheLargestDatagramArrivesWhole(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        byte[] datagram = Peers.Pattern(65507);
        Assert.Equal(SendStatus.Sent, peers.Send(datagram, datagram.Length).Status);
        Assert.Equal(datagram, Assert.Single(peers.Receive(datagram.Length)).Payload);
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void AnEmptyDatagramIsATrainWithoutSegments(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        using var foreign = new Socket(peers.Loopback.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        foreign.SendTo([], peers.Destination.ToIPEndPoint());
        foreign.SendTo([1], peers.Destination.ToIPEndPoint());
        List<Received> received = peers.Receive(1);
        Assert.Equal([0, 1], received.Select(part => part.Payload.Length));
        Assert.Equal(1, received[0].SegmentSize);
    }

    [Fact]
    public void ATrainGivesItsSegments()
    {
        using var peers = new Peers(Io.Offload, Route.IPv4);
        peers.Send(Peers.Pattern(2500), 1000);
        var batch = new ReceiveBatch();
        while (peers.Receiver.Receive(batch) == 0)
        {
            peers.Waiter.Wait(TestTime.Limit);
        }

        ReceivedTrain train = batch[0];
        Assert.Equal(3, train.SegmentCount);
        Assert.Equal(1000, train.Segment(1).Length);
        Assert.Equal(500, train.Segment(2).Length);
        Assert.True(train.Payload[2000..].SequenceEqual(train.Segment(2)));
        train.Payload[0] ^= 0xff;
        Assert.Equal(train.Payload[0], batch[0].Payload[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch[batch.Count].SegmentSize);
    }

    [Theory]
    [MemberData(nameof(Peers.All), MemberType = typeof(Peers))]
    public void NothingThereIsZero(Io io, Route route)
    {
        using var peers = new Peers(io, route);
        var batch = new ReceiveBatch(1);
        Assert.Equal(0, peers.Receiver.Receive(batch));
        Assert.Equal(0, batch.Count);
        Assert.False(peers.Receiver.TryReadError(out _));
        foreach (ReceivedTrain train in batch)
        {
            Assert.Fail("An empty batch has no trains: " + train.Remote);
        }
    }

    [Fact]
    public void ABatchHoldsFromOneToSixtyFourMessages()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReceiveBatch(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReceiveBatch(65));
        Assert.Equal(3, new ReceiveBatch(3).Capacity);
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ManyMoreDatagramsThanABatchOrARingHoldsAllArriveInOrder(Io io)
    {
        using var peers = new Peers(io, Route.DualModeByIPv6);
        for (int i = 0; i < 200; i++)
        {
            peers.Sender.Send(new SendRequest { Payload = [(byte)i, (byte)(i >> 8)], SegmentSize = 2, Remote = peers.Destination });
        }

        byte[] all = [.. peers.Receive(400).SelectMany(part => part.Payload)];
        Assert.Equal(Enumerable.Range(0, 200), all.Chunk(2).Select(pair => pair[0] | (pair[1] << 8)));
    }

    [Theory]
    [InlineData(Io.Offload)]
    [InlineData(Io.Sockets)]
    [InlineData(Io.Datagrams)]
    public void ARequestThatMakesNoSenseThrows(Io io)
    {
        using var peers = new Peers(io, Route.IPv4);
        UdpAddress there = peers.Destination;
        UdpSocket socket = peers.Sender;
        Assert.Throws<ArgumentException>(() => socket.Send(new SendRequest { Payload = [], SegmentSize = 1, Remote = there }));
        Assert.Throws<ArgumentException>(() => socket.Send(new SendRequest { Payload = [1], SegmentSize = 0, Remote = there }));
        Assert.Throws<ArgumentException>(() => socket.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = default }));
        UdpAddress inet6 = UdpAddress.From(IPAddress.IPv6Loopback, there.Port);
        Assert.Throws<ArgumentException>(() => socket.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = inet6 }));
        Assert.Throws<ArgumentException>(() => socket.Send(new SendRequest { Payload = [1], SegmentSize = 1, Remote = there, Local = inet6 }));
    }
}
