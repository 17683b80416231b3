using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Core.Wire;
using static HotQuic.Core.Frames.StreamDirection;

namespace HotQuic.Core.Tests.Streams;

/// <summary>What goes into a packet, in which order, and what becomes of it.</summary>
public class StreamTransmitTests
{
    [Fact]
    public void Frm97_EachLostFrameIsSentAgainAsItIsByThen()
    {
        var fixture = new StreamFixture(
            new StreamLimits { ConnectionWindow = 1000, MaximumConnectionWindow = 1000, UnidirectionalStreams = 1 });
        StreamId id = StreamFixture.Server(Unidirectional, 0);
        fixture.Receive(id, 0, 800, fin: true);
        fixture.Read(id, 400);
        List<SentFrame> older = fixture.Transmit();
        Assert.Equal([(FrameType.MaxData, 1400u)], Announced(older));
        fixture.Read(id, 400);
        List<SentFrame> newer = fixture.Transmit();
        Assert.Equal([(FrameType.MaxData, 1800u), (FrameType.MaxStreamsUnidirectional, 2u)], Announced(newer));

        fixture.Lose(older);
        Assert.Empty(fixture.Transmit());
        fixture.Lose(newer);
        Assert.Equal([(FrameType.MaxData, 1800u), (FrameType.MaxStreamsUnidirectional, 2u)], Announced(fixture.Transmit()));
    }

    [Fact]
    public void Frm97_BlockedSignalsAreSentOnceALimitAndAgainOnlyWhileTrue()
    {
        var fixture = new StreamFixture(peer: StreamFixture.Generous with { MaximumData = 100, BidirectionalStreams = 1 });
        StreamId id = fixture.Open();
        Assert.False(fixture.Set.TryOpen(Bidirectional, out _));
        Assert.False(fixture.Set.TryOpen(Bidirectional, out _));
        fixture.Set.Write(id, new byte[200], out _);
        List<SentFrame> sent = fixture.Transmit();
        (FrameType, ulong)[] blocked = [(FrameType.StreamsBlockedBidirectional, 1), (FrameType.DataBlocked, 100)];
        Assert.Equal(blocked, Announced(sent));
        Assert.Empty(fixture.Transmit());

        IEnumerable<SentFrame> signals = sent.Where(frame => !StreamFrameBits.IsStream(frame.Type));
        fixture.Lose(signals);
        Assert.Equal(blocked.ToHashSet(), Announced(fixture.Transmit()).ToHashSet());

        fixture.Set.OnMaxData(new MaxDataFrame(1000));
        fixture.Set.OnMaxStreams(new MaxStreamsFrame(Bidirectional, 5));
        fixture.Lose(signals);
        Assert.Empty(Announced(fixture.Transmit()));
    }

    [Fact]
    public void StreamsBlockedIsNotSaidBeforeThePeersLimitsAreKnown()
    {
        var set = new StreamSet(EndpointRole.Client, new StreamLimits(), new StreamBufferPool());
        Assert.False(set.TryOpen(Bidirectional, out _));
        Assert.False(set.HasPendingFrames);
    }

    [Fact]
    public void AFrameThatFillsThePacketHasNoLengthAndStaysInTheSendBuffer()
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Write(id, StreamFixture.Bytes(0, 3000), out _);
        var writer = new FrameWriter(new byte[1000], new SentFrame[4]);
        fixture.Set.Transmit(ref writer, default, default);
        Assert.Equal(1000, writer.Length);
        Assert.Equal(2, writer.Wire.Position);
        Assert.Equal(FrameType.Stream, writer.Logged[0].Type);
        Assert.True(writer.Tail.SequenceEqual(StreamFixture.Bytes(0, 998)));
        Assert.Equal(0, writer.Remaining);
    }

    [Fact]
    public void APacketThatSpansChunksIsFilledAllTheSame()
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Write(id, StreamFixture.Bytes(0, 9000), out _);
        List<byte> data = [];
        while (fixture.Set.HasPendingData)
        {
            Assert.Single(fixture.Transmit(1000, out byte[] payload));
            var reader = new WireReader(payload);
            Assert.True(reader.TryReadVarInt(out ulong type));
            Assert.True(StreamFrame.TryRead((FrameType)type, ref reader, out StreamFrame frame));
            Assert.True(payload.Length == 1000 || frame.EndOffset == 9000);
            data.AddRange(frame.Data);
        }

        Assert.Equal(StreamFixture.Bytes(0, 9000), data);
    }

    [Theory]
    [InlineData(995)]
    [InlineData(996)]
    [InlineData(997)]
    [InlineData(998)]
    public void DataThatAlmostFillsThePacketGoesOutInOneFrame(int length)
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Write(id, StreamFixture.Bytes(0, length), out _);
        fixture.Set.Finish(id);
        SentFrame frame = Assert.Single(fixture.Transmit(1000, out byte[] payload));
        Assert.Equal(length, (int)frame.Length);
        Assert.True(StreamFrameBits.HasFin(frame.Type));
        Assert.True(payload.Length == (length == 995 ? 999 : 1000), $"{payload.Length}");

        // What was sent reads back, PADDING included.
        var peer = new StreamFixture(role: EndpointRole.Server);
        Assert.Null(StreamPipe.Deliver(peer.Set, payload));
        Assert.Equal(new StreamRead(length, IsEnd: true), peer.Read(id));
    }

    [Fact]
    public void Frm96_NoFrameIsCutByTheEndOfThePacket()
    {
        for (int size = 1; size < 120; size++)
        {
            var fixture = new StreamFixture(new StreamLimits { ConnectionWindow = 100, UnidirectionalStreams = 1 });
            StreamId theirs = StreamFixture.Server(Unidirectional, 0);
            fixture.Receive(theirs, 0, 100, fin: true);
            fixture.Read(theirs);
            StreamId id = fixture.Open();
            fixture.Set.Reset(fixture.Open(), 1UL << 61);
            fixture.Set.StopSending(id, 1UL << 61);
            fixture.Set.Write(id, new byte[60], out _);
            fixture.Set.Finish(id);
            fixture.Transmit(size, out byte[] payload);
            var peer = new StreamFixture(role: EndpointRole.Server);
            Assert.True(peer.Set.TryOpen(Unidirectional, out _));
            Assert.Null(StreamPipe.Deliver(peer.Set, payload));
        }
    }

    [Fact]
    public void LostDataGoesBeforeNewDataOfAnyUrgency()
    {
        var fixture = new StreamFixture();
        StreamId low = fixture.Open();
        StreamId high = fixture.Open();
        fixture.Set.SetPriority(low, new StreamPriority(7, isIncremental: true));
        fixture.Set.SetPriority(high, new StreamPriority(0, isIncremental: true));
        fixture.Set.Write(low, new byte[100], out _);
        List<SentFrame> sent = fixture.Transmit();
        fixture.Set.Write(high, new byte[100], out _);
        fixture.Lose(sent);
        Assert.Equal([low.Value, high.Value], fixture.Transmit().Select(frame => frame.Id));
    }

    [Fact]
    public void IncrementalStreamsOfOneUrgencyTakeTurns()
    {
        var fixture = new StreamFixture();
        StreamId[] ids = [fixture.Open(), fixture.Open(), fixture.Open()];
        foreach (StreamId id in ids)
        {
            fixture.Set.Write(id, new byte[5000], out _);
        }

        Assert.Equal([ids[0], ids[1], ids[2], ids[0], ids[1], ids[2]], Order(fixture, 6));
    }

    [Fact]
    public void AStreamThatIsNotIncrementalKeepsItsTurnAndALowerUrgencyWaits()
    {
        var fixture = new StreamFixture();
        StreamId[] ids = [fixture.Open(), fixture.Open(), fixture.Open()];
        fixture.Set.SetPriority(ids[0], new StreamPriority(4, isIncremental: false));
        fixture.Set.SetPriority(ids[1], new StreamPriority(2, isIncremental: false));
        fixture.Set.SetPriority(ids[2], new StreamPriority(2, isIncremental: false));
        foreach (StreamId id in ids)
        {
            fixture.Set.Write(id, new byte[1900], out _);
        }

        Assert.Equal([ids[1], ids[1], ids[2], ids[2], ids[0], ids[0]], Order(fixture, 6));
    }

    [Fact]
    public void APriorityCanChangeWhileDataWaits()
    {
        var fixture = new StreamFixture();
        StreamId[] ids = [fixture.Open(), fixture.Open()];
        foreach (StreamId id in ids)
        {
            fixture.Set.Write(id, new byte[5000], out _);
        }

        fixture.Set.SetPriority(ids[1], new StreamPriority(0, isIncremental: false));
        Assert.Equal([ids[1], ids[1]], Order(fixture, 2));
        fixture.Set.SetPriority(ids[1], new StreamPriority(7, isIncremental: false));
        Assert.Equal([ids[0], ids[0]], Order(fixture, 2));
    }

    [Fact]
    public void Fc01_AStreamAtItsLimitDoesNotHoldUpOthers()
    {
        var fixture = new StreamFixture(peer: StreamFixture.Generous with { MaximumStreamDataUnidirectional = 10 });
        StreamId blocked = fixture.Open(Unidirectional);
        StreamId free = fixture.Open();
        fixture.Set.Write(blocked, new byte[50], out _);
        fixture.Set.Write(free, new byte[50], out _);
        List<SentFrame> sent = fixture.Transmit();
        Assert.Equal(60, sent.Sum(frame => (int)frame.Length));
        Assert.Equal([(FrameType.StreamDataBlocked, 10u)], Announced(sent));
        Assert.False(fixture.Set.HasPendingData || fixture.Set.HasPendingFrames);
    }

    [Fact]
    public void RememberedLimitsAreRaisedByTheRealOnes()
    {
        var set = new StreamSet(EndpointRole.Client, new StreamLimits(), new StreamBufferPool());
        set.OnPeerParameters(new PeerStreamLimits { MaximumData = 1000, BidirectionalStreams = 1, MaximumStreamDataBidirectionalRemote = 10 });
        Assert.True(set.TryOpen(Bidirectional, out StreamId id));
        set.Write(id, new byte[100], out _);
        var packet = new StreamPacket();
        Assert.True(packet.Fill(set, default, default));
        Assert.False(set.HasPendingData);
        set.OnPeerParameters(StreamFixture.Generous);
        Assert.True(set.HasPendingData);
        Assert.True(set.TryOpen(Bidirectional, out _));
    }

    private static List<(FrameType Type, ulong Limit)> Announced(IEnumerable<SentFrame> frames) =>
        [.. frames.Where(frame => !StreamFrameBits.IsStream(frame.Type)).Select(frame => (frame.Type, frame.Offset))];

    private static List<StreamId> Order(StreamFixture fixture, int packets) =>
        [.. Enumerable.Range(0, packets).Select(_ => new StreamId(fixture.Transmit(1000)[0].Id))];
}
