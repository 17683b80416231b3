using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using static HotQuic.Core.Frames.StreamDirection;
using static HotQuic.Core.Tests.Streams.StreamFixture;

namespace HotQuic.Core.Tests.Streams;

/// <summary>What a peer may and may not say to a set of streams.</summary>
public class StreamSetFrameTests
{
    /// <summary>The five frames that name a stream.</summary>
    public static TheoryData<uint> StreamFrameTypes() =>
    [
        (uint)FrameType.ResetStream, (uint)FrameType.StopSending, (uint)FrameType.Stream,
        (uint)FrameType.MaxStreamData, (uint)FrameType.StreamDataBlocked,
    ];

    [Theory]
    [InlineData(FrameTypeValue.ResetStream, false)]
    [InlineData(FrameTypeValue.Stream, false)]
    [InlineData(FrameTypeValue.StreamDataBlocked, false)]
    [InlineData(FrameTypeValue.StopSending, true)]
    [InlineData(FrameTypeValue.MaxStreamData, true)]
    public void Frm04_Frm05_Frm08_Frm11_Frm15_AFrameForAPartThatTheStreamLacksIsAStreamStateError(uint type, bool isPeers)
    {
        var fixture = new StreamFixture();
        StreamId id = isPeers ? Server(Unidirectional, 0) : fixture.Open(Unidirectional);
        Assert.True(IsError(Give(fixture.Set, (FrameType)type, id), TransportErrorCode.StreamStateError, (FrameType)type));
        Assert.Null(Give(fixture.Set, (FrameType)type, isPeers ? fixture.Open(Unidirectional) : Server(Unidirectional, 0)));
    }

    [Theory]
    [MemberData(nameof(StreamFrameTypes))]
    public void Frm04_Frm05_Frm08_Frm11_AFrameForAStreamThatWeDidNotOpenIsAStreamStateError(uint type)
    {
        var fixture = new StreamFixture();
        Assert.Null(Give(fixture.Set, (FrameType)type, fixture.Open()));
        TransportError? error = Give(fixture.Set, (FrameType)type, Client(Bidirectional, 1));
        Assert.True(IsError(error, TransportErrorCode.StreamStateError, (FrameType)type));
    }

    [Theory]
    [MemberData(nameof(StreamFrameTypes))]
    public void Str14_AStreamBeyondOurLimitIsAStreamLimitError(uint type)
    {
        var fixture = new StreamFixture(new StreamLimits { BidirectionalStreams = 3 });
        Assert.Null(Give(fixture.Set, (FrameType)type, Server(Bidirectional, 2)));
        TransportError? error = Give(fixture.Set, (FrameType)type, Server(Bidirectional, 3));
        Assert.True(IsError(error, TransportErrorCode.StreamLimitError, (FrameType)type));
    }

    [Theory]
    [MemberData(nameof(StreamFrameTypes))]
    public void Str02_AFrameOpensItsStreamAndAllLowerOnes(uint type)
    {
        var fixture = new StreamFixture();
        Assert.Null(Give(fixture.Set, (FrameType)type, Server(Bidirectional, 3)));
        IEnumerable<StreamId> opened = fixture.TakeEvents().Where(item => item.Kind == StreamEventKind.Opened).Select(item => item.Id);
        Assert.Equal([Server(Bidirectional, 0), Server(Bidirectional, 1), Server(Bidirectional, 2), Server(Bidirectional, 3)], opened);
        Assert.Null(Give(fixture.Set, (FrameType)type, Server(Bidirectional, 1)));
        Assert.DoesNotContain(StreamEventKind.Opened, fixture.TakeKinds());
    }

    [Theory]
    [MemberData(nameof(StreamFrameTypes))]
    public void Str05_FramesForAStreamThatHasEndedAreIgnored(uint type)
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Finish(id);
        List<SentFrame> sent = fixture.Transmit();
        fixture.Receive(id, 0, 0, fin: true);
        fixture.Acknowledge(sent);
        Assert.False(fixture.Set.TryGet(id, out _));
        fixture.TakeEvents();

        Assert.Null(Give(fixture.Set, (FrameType)type, id));
        fixture.Acknowledge(sent);
        fixture.Lose(sent);
        Assert.Empty(fixture.TakeEvents());
        Assert.False(fixture.Set.HasPendingData || fixture.Set.HasPendingFrames);
    }

    [Theory]
    [InlineData(EndpointRole.Client, Bidirectional, 0)]
    [InlineData(EndpointRole.Server, Bidirectional, 1)]
    [InlineData(EndpointRole.Client, Unidirectional, 2)]
    [InlineData(EndpointRole.Server, Unidirectional, 3)]
    internal void Str01_IdsCarryInitiatorAndDirectionAndAreUsedInOrder(EndpointRole role, StreamDirection direction, ulong first)
    {
        var fixture = new StreamFixture(role: role);
        Assert.Equal([first, first + 4, first + 8], Enumerable.Range(0, 3).Select(_ => fixture.Open(direction).Value));
    }

    [Fact]
    public void Str10_NothingThePeerDoesToOneDirectionResetsTheOther()
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[100], out _);
        List<SentFrame> sent = fixture.Transmit();
        Assert.Null(fixture.Set.OnResetStream(new ResetStreamFrame(id, 5, 0)));
        fixture.Lose(sent);
        Assert.True(StreamFrameBits.IsStream(Assert.Single(fixture.Transmit()).Type));
    }

    [Fact]
    public void Str13_TheOtherDirectionKeepsItsFlowControl()
    {
        var fixture = new StreamFixture(peer: Generous with { MaximumStreamDataBidirectionalRemote = 50 });
        StreamId id = fixture.Open();
        fixture.Receive(id, 0, 10, fin: true);
        Assert.True(fixture.Read(id).IsEnd);
        fixture.Set.Write(id, new byte[80], out _);
        Assert.Equal(50, Data(fixture.Transmit()));
        Assert.Null(fixture.Set.OnMaxStreamData(new MaxStreamDataFrame(id, 80)));
        Assert.Equal(30, Data(fixture.Transmit()));
    }

    [Fact]
    public void Str11_TheErrorReachesTheConnection()
    {
        var fixture = new StreamFixture();
        StreamId id = Server(Unidirectional, 0);
        Assert.Null(fixture.Receive(id, 0, 10, fin: true));
        Assert.True(IsError(fixture.Receive(id, 10, 1), TransportErrorCode.FinalSizeError, FrameType.Stream));
    }

    [Fact]
    public void Str12_AResetUsesTheConnectionsCreditAndReturnsIt()
    {
        var fixture = new StreamFixture(new StreamLimits { ConnectionWindow = 1000, MaximumConnectionWindow = 1000 });
        Assert.Null(fixture.Set.OnResetStream(new ResetStreamFrame(Server(Unidirectional, 0), 1, 1000)));
        Assert.True(IsError(fixture.Receive(Server(Unidirectional, 1), 0, 1), TransportErrorCode.FlowControlError, FrameType.Stream));
        SentFrame grant = Assert.Single(fixture.Transmit());
        Assert.Equal((FrameType.MaxData, 2000u), (grant.Type, grant.Offset));
        Assert.Null(fixture.Receive(Server(Unidirectional, 2), 0, 1000));
    }

    [Fact]
    public void Fc02_TheConnectionsLimitCountsAllStreams()
    {
        var fixture = new StreamFixture(new StreamLimits { ConnectionWindow = 1000, MaximumConnectionWindow = 1000 });
        Assert.Null(fixture.Receive(Server(Unidirectional, 0), 0, 600));
        Assert.Null(fixture.Receive(Server(Unidirectional, 1), 0, 400));
        Assert.Null(fixture.Receive(Server(Unidirectional, 1), 0, 400));
        Assert.True(IsError(fixture.Receive(Server(Unidirectional, 2), 0, 1), TransportErrorCode.FlowControlError, FrameType.Stream));
    }

    [Fact]
    public void Fc03_Frm98_LimitsThatDoNotRiseAreAcceptedAndIgnored()
    {
        var fixture = new StreamFixture();
        StreamId id = fixture.Open();
        Assert.Null(fixture.Set.OnMaxData(new MaxDataFrame(1)));
        Assert.Null(fixture.Set.OnMaxStreamData(new MaxStreamDataFrame(id, 1)));
        Assert.Null(fixture.Set.OnMaxStreams(new MaxStreamsFrame(Bidirectional, 1)));
        Assert.Empty(fixture.TakeEvents());
        fixture.Set.Write(id, new byte[500], out _);
        Assert.Equal(500, Data(fixture.Transmit()));
        Assert.True(fixture.Set.TryOpen(Bidirectional, out _));
    }

    [Fact]
    public void Fc06_Frm12_Frm16_MoreStreamsThanHaveIdsIsAFrameEncodingError()
    {
        var fixture = new StreamFixture();
        ulong tooMany = MaxStreamsFrame.Limit + 1;
        Assert.Null(fixture.Set.OnMaxStreams(new MaxStreamsFrame(Unidirectional, MaxStreamsFrame.Limit)));
        Assert.True(IsError(
            fixture.Set.OnMaxStreams(new MaxStreamsFrame(Unidirectional, tooMany)),
            TransportErrorCode.FrameEncodingError, FrameType.MaxStreamsUnidirectional));
        Assert.Null(fixture.Set.OnStreamsBlocked(new StreamsBlockedFrame(Bidirectional, MaxStreamsFrame.Limit)));
        Assert.True(IsError(
            fixture.Set.OnStreamsBlocked(new StreamsBlockedFrame(Bidirectional, tooMany)),
            TransportErrorCode.FrameEncodingError, FrameType.StreamsBlockedBidirectional));
    }

    [Fact]
    public void Fc04_Frm14_ABlockedConnectionGetsWhatThereIs()
    {
        var fixture = new StreamFixture(new StreamLimits { ConnectionWindow = 1000, MaximumConnectionWindow = 1000 });
        StreamId id = Server(Unidirectional, 0);
        fixture.Receive(id, 0, 1000);
        fixture.Read(id, 10);
        Assert.False(fixture.Set.HasPendingFrames);
        Assert.Null(fixture.Set.OnDataBlocked(new DataBlockedFrame(1000)));
        SentFrame grant = Assert.Single(fixture.Transmit());
        Assert.Equal((FrameType.MaxData, 1010u), (grant.Type, grant.Offset));
    }

    [Fact]
    public void Frm10_MaxDataLetsWaitingDataGo()
    {
        var fixture = new StreamFixture(peer: Generous with { MaximumData = 100 });
        StreamId id = fixture.Open();
        fixture.Set.Write(id, new byte[300], out _);
        Assert.Equal(100, Data(fixture.Transmit()));
        Assert.False(fixture.Set.HasPendingData);
        Assert.Null(fixture.Set.OnMaxData(new MaxDataFrame(250)));
        Assert.True(fixture.Set.HasPendingData);
        Assert.Equal(150, Data(fixture.Transmit()));
    }

    [Fact]
    public void Fc04_AStreamThatFinishesMakesRoomForAnother()
    {
        var fixture = new StreamFixture(new StreamLimits { UnidirectionalStreams = 2 });
        StreamId id = Server(Unidirectional, 0);
        fixture.Receive(id, 0, 10, fin: true);
        Assert.False(fixture.Set.HasPendingFrames);
        fixture.Read(id);
        SentFrame grant = Assert.Single(fixture.Transmit());
        Assert.Equal((FrameType.MaxStreamsUnidirectional, 3u), (grant.Type, grant.Offset));
        Assert.Null(fixture.Receive(Server(Unidirectional, 2), 0, 1));
    }

    private static int Data(IEnumerable<SentFrame> frames) =>
        frames.Where(frame => StreamFrameBits.IsStream(frame.Type)).Sum(frame => (int)frame.Length);

    private static TransportError? Give(StreamSet set, FrameType type, StreamId id) => type switch
    {
        FrameType.ResetStream => set.OnResetStream(new ResetStreamFrame(id, 1, 0)),
        FrameType.StopSending => set.OnStopSending(new StopSendingFrame(id, 1)),
        FrameType.Stream => set.OnStream(new StreamFrame(id, 0, default, StreamFrameOptions.None)),
        FrameType.MaxStreamData => set.OnMaxStreamData(new MaxStreamDataFrame(id, 1)),
        _ => set.OnStreamDataBlocked(new StreamDataBlockedFrame(id, 1)),
    };

    private static class FrameTypeValue
    {
        public const uint ResetStream = (uint)FrameType.ResetStream;
        public const uint StopSending = (uint)FrameType.StopSending;
        public const uint Stream = (uint)FrameType.Stream;
        public const uint MaxStreamData = (uint)FrameType.MaxStreamData;
        public const uint StreamDataBlocked = (uint)FrameType.StreamDataBlocked;
    }
}
