using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using static HotQuic.Core.Frames.StreamDirection;
using static HotQuic.Core.Streams.StreamEventKind;

namespace HotQuic.Core.Tests.Streams;

/// <summary>What an application does with streams and what it is told.</summary>
public class StreamApplicationTests
{
    [Fact]
    public void ARequestAndItsResponseTellEachThingOnce()
    {
        var buffers = new StreamBufferPool();
        (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits(), buffers);
        var packet = new StreamPacket();
        Take(client);
        Take(server);

        Assert.True(client.TryOpen(Bidirectional, out StreamId id));
        client.Write(id, StreamFixture.Bytes(0, 50), out _);
        client.Finish(id);
        StreamPipe.Settle(client, server, packet);
        Assert.Equal([Opened, Readable], Take(server));
        Assert.Equal([SendAcknowledged], Take(client));

        Assert.Equal(StreamResult.Done, server.Read(id, new byte[100], out StreamRead request));
        Assert.Equal(new StreamRead(50, IsEnd: true), request);
        server.Write(id, StreamFixture.Bytes(0, 70), out _);
        server.Finish(id);
        StreamPipe.Settle(client, server, packet);
        Assert.Equal([SendAcknowledged, Closed], Take(server));
        Assert.Equal([Readable], Take(client));
        Assert.Equal(StreamResult.Done, client.Read(id, new byte[100], out StreamRead response));
        Assert.Equal(new StreamRead(70, IsEnd: true), response);
        Assert.Equal([Closed], Take(client));
        Assert.Equal(StreamResult.NoSuchStream, client.Read(id, new byte[1], out _));
        Assert.Equal(0, buffers.Outstanding);
    }

    [Fact]
    public void AnEndThatComesAloneIsAnEvent()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 10);
        Assert.Equal(new StreamRead(10, IsEnd: false), fixture.Read(id));
        fixture.Receive(id, 10, 0, fin: true);
        Assert.Equal([Opened, Readable, ReceiveFinished, Closed], fixture.TakeKinds());
    }

    [Fact]
    public void AnEventWaitsOnceUntilItIsTaken()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 10);
        fixture.Receive(id, 10, 10);
        Assert.Equal([Opened, Readable], fixture.TakeKinds());
        fixture.Receive(id, 0, 20);
        Assert.Empty(fixture.TakeKinds());
        fixture.Receive(id, 30, 10);
        Assert.Empty(fixture.TakeKinds());
        fixture.Receive(id, 20, 10);
        Assert.Equal([Readable], fixture.TakeKinds());
    }

    [Fact]
    public void AWaitingReaderGetsTheDataAndTheEndInPlace()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 0);
        fixture.TakeEvents();
        Assert.True(fixture.Set.TryGet(id, out QuicStreamState? stream));
        byte[] memory = new byte[100];
        Assert.Equal(StreamResult.Done, fixture.Set.SetReadDestination(stream, memory));
        fixture.Receive(id, 0, 60, fin: true);
        Assert.Equal(0, fixture.Buffers.Outstanding);

        Assert.True(fixture.Set.TryTakeEvent(out StreamEvent item));
        Assert.Equal(Readable, item.Kind);
        Assert.Equal(new StreamRead(60, IsEnd: true), fixture.Set.TakeReadDestination(item.Stream!));
        Assert.Equal(StreamFixture.Bytes(0, 60), memory[..60]);
        Assert.Equal([ReceiveFinished, Closed], fixture.TakeKinds());
    }

    [Fact]
    public void PeekAndConsumeReadWithoutACopy()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 60, fin: true);
        Assert.Equal(StreamResult.Done, fixture.Set.Peek(id, out ReadOnlySpan<byte> data));
        Assert.True(data.SequenceEqual(StreamFixture.Bytes(0, 60)));
        Assert.Equal(StreamResult.Done, fixture.Set.Consume(id, 20, out StreamRead first));
        Assert.Equal(new StreamRead(20, IsEnd: false), first);
        Assert.Equal(StreamResult.Done, fixture.Set.Consume(id, 40, out StreamRead last));
        Assert.True(last.IsEnd);
    }

    [Fact]
    public void AWriterThatWasCutShortIsToldOfRoom()
    {
        var fixture = new StreamFixture(new StreamLimits { SendBufferLimit = 1000 });
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[1500], out int accepted);
        Assert.Equal(1000, accepted);
        List<SentFrame> first = fixture.Transmit(200);
        List<SentFrame> second = fixture.Transmit(200);
        fixture.Acknowledge(first);
        Assert.Empty(fixture.TakeKinds());
        fixture.Acknowledge(second);
        Assert.Equal([Writable], fixture.TakeKinds());

        fixture.Set.Write(id, new byte[1500], out accepted);
        Assert.Equal(394, accepted);
    }

    [Fact]
    public void AWriterThatIsAheadOfTheSenderIsToldOfRoomWhenHalfOfThatWasSent()
    {
        var fixture = new StreamFixture(new StreamLimits { UnsentLimit = 1000 });
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[1500], out int accepted);
        Assert.Equal(1000, accepted);
        List<SentFrame> sent = [.. fixture.Transmit(200), .. fixture.Transmit(200)];
        Assert.Empty(fixture.TakeKinds());
        sent.AddRange(fixture.Transmit(200));
        Assert.Equal([Writable], fixture.TakeKinds());

        fixture.Set.Write(id, new byte[1500], out accepted);
        Assert.Equal(sent.Sum(frame => (int)frame.Length), accepted);
    }

    [Fact]
    public void WhereThePeersWindowIsSmallAWriterMayBeFurtherAhead()
    {
        var fixture = new StreamFixture(new StreamLimits { UnsentLimit = 1000, UnsentAheadLimit = 5000 }, StreamFixture.Generous with { MaximumStreamDataBidirectionalRemote = 800 });
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[9000], out int accepted);
        Assert.Equal(5000, accepted);
        fixture.Transmit();
        fixture.Set.Write(id, new byte[9000], out accepted);
        Assert.Equal(800, accepted);

        fixture.Set.OnMaxStreamData(new MaxStreamDataFrame(id, 100_000));
        fixture.Set.Write(id, new byte[1], out accepted);
        Assert.Equal(0, accepted);
    }

    [Fact]
    public void DataThatIsSentAgainGivesNoRoom()
    {
        var fixture = new StreamFixture(new StreamLimits { SendBufferLimit = 1000, UnsentLimit = 400 });
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[400], out _);
        List<SentFrame> first = fixture.Transmit(500);
        fixture.Set.Write(id, new byte[500], out int accepted);
        Assert.Equal(400, accepted);
        fixture.Lose(first);
        fixture.Transmit(430);
        Assert.Empty(fixture.TakeKinds());
        fixture.Transmit(430);
        Assert.Empty(fixture.TakeKinds());
        fixture.Acknowledge(first);
        Assert.Equal([Writable], fixture.TakeKinds());
    }

    [Fact]
    public void AResetReachesThePeerWithItsCode()
    {
        var buffers = new StreamBufferPool();
        (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits(), buffers);
        var packet = new StreamPacket();
        Assert.True(client.TryOpen(Unidirectional, out StreamId id));
        client.Write(id, new byte[5000], out _);
        StreamPipe.Pass(client, server, packet);
        client.Reset(id, 42);
        Assert.Equal(StreamResult.SendReset, client.Write(id, new byte[1], out _));
        StreamPipe.Settle(client, server, packet);
        List<StreamEvent> events = Events(server);
        Assert.Equal(42u, events.Single(item => item.Kind == ReceiveReset).Value);
        Assert.Equal(Closed, events[^1].Kind);
        Assert.Equal(0, client.Count + server.Count + buffers.Outstanding);
    }

    [Fact]
    public void AReadOfAResetStreamSaysSo()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 10);
        fixture.Set.OnResetStream(new ResetStreamFrame(id, 9, 10));
        Assert.Equal(StreamResult.ReceiveReset, fixture.Set.Read(id, new byte[10], out _));
        Assert.True(fixture.Set.TryGet(id, out QuicStreamState? stream));
        Assert.Equal(9u, stream.Receive.ResetCode);
    }

    [Fact]
    public void Str07_StopSendingReachesTheWriterWithItsCode()
    {
        var buffers = new StreamBufferPool();
        (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits(), buffers);
        var packet = new StreamPacket();
        Take(client);
        Take(server);
        Assert.True(client.TryOpen(Unidirectional, out StreamId id));
        client.Write(id, new byte[5000], out _);
        StreamPipe.Pass(client, server, packet);
        Assert.Equal(StreamResult.Done, server.StopSending(id, 5));
        Assert.Equal(StreamResult.ReceiveStopped, server.Read(id, new byte[1], out _));
        Assert.True(StreamPipe.Pass(server, client, packet));
        Assert.Equal(StreamResult.SendStopped, client.Write(id, new byte[1], out _));
        StreamPipe.Settle(client, server, packet);
        Assert.Equal(5u, Events(client).Single(item => item.Kind == SendStopped).Value);
        Assert.Equal([Opened, Readable, Closed], Take(server));
        Assert.Equal(0, client.Count + server.Count + buffers.Outstanding);
    }

    [Fact]
    public void StreamsAvailableTellsHowManyMayBeOpened()
    {
        var fixture = new StreamFixture(peer: StreamFixture.Generous with { BidirectionalStreams = 1 });
        fixture.Open();
        Assert.False(fixture.Set.TryOpen(Bidirectional, out _));
        fixture.Set.OnMaxStreams(new MaxStreamsFrame(Bidirectional, 3));
        fixture.Set.OnMaxStreams(new MaxStreamsFrame(Bidirectional, 5));
        StreamEvent item = Assert.Single(fixture.TakeEvents());
        Assert.Equal((StreamsAvailable, Bidirectional, 4u), (item.Kind, item.Direction, item.Value));
    }

    [Fact]
    public void AStreamObjectIsUsedAgainUnderAnotherGeneration()
    {
        var fixture = new StreamFixture();
        StreamId first = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(first, 0, 1);
        Assert.True(fixture.Set.TryGet(first, out QuicStreamState? stream));
        uint generation = stream.Generation;
        stream.UserState = "mine";
        fixture.Receive(first, 1, 0, fin: true);
        fixture.Read(first);
        Assert.Equal(generation, stream.Generation);
        StreamEvent closed = fixture.TakeEvents().Single(item => item.Kind == Closed);
        Assert.Equal(("mine", generation), (closed.UserState, closed.Generation));
        Assert.Null(closed.Stream);

        Assert.Throws<ArgumentException>(() => fixture.Set.Read(stream, new byte[1], out _));
        fixture.Receive(StreamFixture.Server(Unidirectional, 1), 0, 1);
        Assert.True(fixture.Set.TryGet(StreamFixture.Server(Unidirectional, 1), out QuicStreamState? second));
        Assert.Same(stream, second);
        Assert.NotEqual(generation, second.Generation);
        Assert.Null(second.UserState);
    }

    [Fact]
    public void WrongCallsThrowAtOnce()
    {
        var fixture = new StreamFixture();
        StreamId ours = fixture.Open(Unidirectional);
        StreamId theirs = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(theirs, 0, 10);
        Assert.Throws<ArgumentException>(() => fixture.Set.Read(ours, new byte[1], out _));
        Assert.Throws<ArgumentException>(() => fixture.Set.StopSending(ours, 1));
        Assert.Throws<ArgumentException>(() => fixture.Set.Write(theirs, new byte[1], out _));
        Assert.Throws<ArgumentException>(() => fixture.Set.Reset(theirs, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Set.Reset(ours, 1UL << 62));
        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.Set.Consume(theirs, 11, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPriority(8, isIncremental: true));
        fixture.Set.Finish(ours);
        Assert.Throws<InvalidOperationException>(() => fixture.Set.Write(ours, new byte[1], out _));
    }

    [Fact]
    public void LimitsAreCheckedOnce()
    {
        var buffers = new StreamBufferPool();
        StreamLimits[] wrong =
        [
            new() { ConnectionWindow = (1UL << 30) + 1 },
            new() { MaximumStreamWindow = (1UL << 30) + 1 },
            new() { BidirectionalStreams = (1UL << 60) + 1 },
            new() { SendBufferLimit = 0 },
            new() { UnsentLimit = 0 },
        ];
        Assert.All(wrong, limits => Assert.Throws<ArgumentOutOfRangeException>(() => new StreamSet(EndpointRole.Client, limits, buffers)));
        Assert.Throws<ArgumentException>(() =>
            new StreamSet(EndpointRole.Client, new StreamLimits(), buffers, new StreamStatePool(new StreamBufferPool())));
    }

    [Fact]
    public void AfterTheConnectionClosedWhatArrivedCanBeReadAndNothingIsSent()
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[5000], out _);
        List<SentFrame> sent = fixture.Transmit();
        fixture.Receive(id, 0, 200_000);
        fixture.Read(id, 199_900);
        Assert.True(fixture.Set.HasPendingFrames);
        fixture.Set.OnConnectionClosed();

        Assert.Equal(1, fixture.Buffers.Outstanding);
        Assert.False(fixture.Set.HasPendingData || fixture.Set.HasPendingFrames);
        Assert.Empty(fixture.Transmit());
        Assert.Equal(StreamResult.ConnectionClosed, fixture.Set.Write(id, new byte[1], out _));
        Assert.False(fixture.Set.TryOpen(Bidirectional, out _));
        Assert.Null(fixture.Receive(id, 200_000, 10));
        fixture.Lose(sent);
        fixture.Acknowledge(sent);
        Assert.Equal(40, fixture.Read(id, 40).Count);
        Assert.Equal(1, fixture.Buffers.Outstanding);

        fixture.Set.Release();
        Assert.Equal(0, fixture.Buffers.Outstanding);
        Assert.Equal(0, fixture.Set.Count);
    }

    private static List<StreamEvent> Events(StreamSet set)
    {
        List<StreamEvent> events = [];
        while (set.TryTakeEvent(out StreamEvent item))
        {
            events.Add(item);
        }

        return events;
    }

    private static List<StreamEventKind> Take(StreamSet set) => [.. Events(set).Select(item => item.Kind)];
}
