using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using static HotQuic.Core.Streams.ReceiveStreamState;

namespace HotQuic.Core.Tests.Streams;

public class ReceiveStreamTests
{
    private static readonly StreamId Id = new(EndpointRole.Server, StreamDirection.Bidirectional, 0);

    private static readonly ReceiveStreamState[] States = Enum.GetValues<ReceiveStreamState>();

    /// <summary>RFC 9000 §3.2: where each event leads from each state; what is not listed changes nothing. The stream has 20 bytes.</summary>
    private static readonly Dictionary<(ReceiveStreamState From, string Event), ReceiveStreamState> Transitions = new()
    {
        [(Recv, "AllDataAndFin")] = DataRecvd,
        [(Recv, "FinAlone")] = SizeKnown,
        [(Recv, "Reset")] = ResetRecvd,
        [(Recv, "StopThenReset")] = ResetRead,
        [(Recv, "StopThenAll")] = DataRead,
        [(SizeKnown, "AllData")] = DataRecvd,
        [(SizeKnown, "AllDataAndFin")] = DataRecvd,
        [(SizeKnown, "Reset")] = ResetRecvd,
        [(SizeKnown, "StopThenReset")] = ResetRead,
        [(SizeKnown, "StopThenAll")] = DataRead,
        [(DataRecvd, "ReadAll")] = DataRead,
        [(DataRecvd, "Stop")] = DataRead,
        [(DataRecvd, "StopThenReset")] = DataRead,
        [(DataRecvd, "StopThenAll")] = DataRead,
        [(ResetRecvd, "ResetRead")] = ResetRead,
        [(ResetRecvd, "Stop")] = ResetRead,
        [(ResetRecvd, "StopThenReset")] = ResetRead,
        [(ResetRecvd, "StopThenAll")] = ResetRead,
    };

    private static readonly Dictionary<string, Action<Subject>> Events = new()
    {
        ["AllData"] = subject => subject.Receive(0, 20),
        ["AllDataAndFin"] = subject => subject.Receive(0, 20, fin: true),
        ["FinAlone"] = subject => subject.Receive(20, 0, fin: true),
        ["Reset"] = subject => subject.Reset(20),
        ["ReadAll"] = subject => subject.ReadAll(),
        ["Stop"] = subject => subject.Stop(),
        ["StopThenReset"] = subject =>
        {
            subject.Stop();
            subject.Reset(20);
        },
        ["StopThenAll"] = subject =>
        {
            subject.Stop();
            subject.Receive(0, 20, fin: true);
        },
        ["ResetRead"] = subject => subject.Stream.OnResetRead(),
        ["StopLost"] = subject => subject.Stream.OnStopLost(),
        ["LimitLost"] = subject => subject.Stream.OnLimitLost(1000),
        ["PeerBlocked"] = subject => subject.Stream.OnPeerBlocked(1000),
    };

    public static TheoryData<string, string> EveryStateAndEvent()
    {
        var data = new TheoryData<string, string>();
        foreach (ReceiveStreamState state in States.Where(state => state != NoStream))
        {
            foreach (string name in Events.Keys)
            {
                data.Add(state.ToString(), name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryStateAndEvent))]
    public void Str06_EachEventInEachStateLeadsWhereTheRfcSays(string from, string name)
    {
        ReceiveStreamState state = Enum.Parse<ReceiveStreamState>(from);
        Subject subject = Reach(state);
        Events[name](subject);
        Assert.Equal(Transitions.GetValueOrDefault((state, name), state), subject.Stream.State);
    }

    [Theory]
    [MemberData(nameof(EveryStateAndEvent))]
    public void Str08_StopSendingAndCreditAreSentOnlyWhereTheyAreOfUse(string from, string name)
    {
        ReceiveStreamState state = Enum.Parse<ReceiveStreamState>(from);
        Subject subject = Reach(state);
        Events[name](subject);
        List<FrameType> sent = subject.Transmit();
        Assert.True(subject.Stream.State is Recv or SizeKnown || !sent.Contains(FrameType.StopSending));
        Assert.True((subject.Stream.State == Recv && !subject.Stream.IsStopped) || !sent.Contains(FrameType.MaxStreamData));
    }

    [Fact]
    public void Str08_StopSendingIsSentAgainUntilTheStreamEnds()
    {
        Subject subject = Reach(Recv);
        subject.Stop();
        Assert.Equal([FrameType.StopSending], subject.Transmit());
        Assert.Empty(subject.Transmit());
        subject.Stream.OnStopLost();
        Assert.Equal([FrameType.StopSending], subject.Transmit());
        subject.Reset(20);
        subject.Stream.OnStopLost();
        Assert.Empty(subject.Transmit());
    }

    [Fact]
    public void Str08_DataThatIsDroppedGivesTheConnectionsCreditBack()
    {
        Subject subject = Reach(Recv);
        subject.Stop();
        subject.Receive(10, 50);
        Assert.Equal(60u, subject.Connection.Received);
        Assert.Equal(60u, subject.Connection.Consumed);
    }

    [Theory]
    [InlineData(20, true, 21, true)]
    [InlineData(20, true, 19, true)]
    [InlineData(20, true, 21, false)]
    [InlineData(20, false, 19, true)]
    public void Str11_FinalSizeNeverChangesAndNothingLiesPastIt(int firstEnd, bool firstFin, int secondEnd, bool secondFin)
    {
        var subject = new Subject();
        Assert.Null(subject.Receive(0, firstEnd, firstFin));
        TransportError? error = subject.Receive(0, secondEnd, secondFin);
        Assert.True(StreamFixture.IsError(error, TransportErrorCode.FinalSizeError, FrameType.Stream));
    }

    [Theory]
    [InlineData(true, 19)]
    [InlineData(true, 21)]
    [InlineData(false, 19)]
    public void Str11_AResetObeysTheFinalSizeToo(bool isFinKnown, ulong finalSize)
    {
        var subject = new Subject();
        Assert.Null(subject.Receive(5, 15, isFinKnown));
        Assert.True(StreamFixture.IsError(subject.Reset(finalSize), TransportErrorCode.FinalSizeError, FrameType.ResetStream));
    }

    [Fact]
    public void Str11_DataPastTheFinalSizeIsAnErrorInLaterStatesToo()
    {
        foreach (ReceiveStreamState state in new[] { DataRecvd, DataRead, ResetRecvd, ResetRead })
        {
            TransportError? error = Reach(state).Receive(20, 1);
            Assert.True(StreamFixture.IsError(error, TransportErrorCode.FinalSizeError, FrameType.Stream), state.ToString());
        }
    }

    [Fact]
    public void Str12_AFinalSizeCountsInFullAgainstTheConnection()
    {
        var subject = new Subject();
        subject.Receive(0, 10);
        Assert.Null(subject.Reset(500));
        Assert.Equal(500u, subject.Connection.Received);
        Assert.Equal(500u, subject.Connection.Consumed);

        var another = new Subject { Connection = new ReceiveFlowController(400, 400) };
        Assert.True(StreamFixture.IsError(another.Reset(500), TransportErrorCode.FlowControlError, FrameType.ResetStream));
    }

    [Theory]
    [InlineData(1000, 100_000, 1001, false)]
    [InlineData(1000, 100_000, 1000, true)]
    [InlineData(1000, 500, 501, false)]
    [InlineData(1000, 500, 500, true)]
    public void Fc02_MoreThanALimitAllowsIsAFlowControlError(ulong streamWindow, ulong connectionWindow, int end, bool isAllowed)
    {
        var subject = new Subject(streamWindow) { Connection = new ReceiveFlowController(connectionWindow, connectionWindow) };
        TransportError? error = subject.Receive((ulong)end - 1, 1);
        Assert.Equal(isAllowed, error is null);
        Assert.True(isAllowed || StreamFixture.IsError(error, TransportErrorCode.FlowControlError, FrameType.Stream));
    }

    [Fact]
    public void Fc05_DataPastTheLargestOffsetIsAFrameEncodingError()
    {
        var subject = new Subject();
        TransportError? error = subject.Receive((1UL << 62) - 1, 1);
        Assert.True(StreamFixture.IsError(error, TransportErrorCode.FrameEncodingError, FrameType.Stream));
    }

    [Fact]
    public void Fc04_CreditIsGrantedWhenAQuarterOfTheWindowWasConsumed()
    {
        var subject = new Subject();
        subject.Receive(0, 1000);
        subject.Read(249);
        Assert.False(subject.Stream.HasControlFrames);
        subject.Read(1);
        Assert.Equal([FrameType.MaxStreamData], subject.Transmit());
        Assert.Equal(1250u, subject.LastLimit);
        Assert.Null(subject.Receive(1000, 250));
    }

    [Fact]
    public void Fc04_ABlockedPeerGetsWhatThereIs()
    {
        var subject = new Subject();
        subject.Receive(0, 1000);
        subject.Read(1);
        subject.Stream.OnPeerBlocked(999);
        Assert.False(subject.Stream.HasControlFrames, "an older limit is not what blocks");
        subject.Stream.OnPeerBlocked(1000);
        Assert.Equal([FrameType.MaxStreamData], subject.Transmit());
        Assert.Equal(1001u, subject.LastLimit);
    }

    [Fact]
    public void Frm97_OnlyTheNewestLimitIsSentAgain()
    {
        var subject = new Subject();
        subject.Receive(0, 1000);
        subject.Read(250);
        subject.Transmit();
        subject.Read(250);
        subject.Transmit();
        subject.Stream.OnLimitLost(1250);
        Assert.Empty(subject.Transmit());
        subject.Read(100);
        subject.Stream.OnLimitLost(1500);
        Assert.Equal([FrameType.MaxStreamData], subject.Transmit());
        Assert.Equal(1600u, subject.LastLimit);
    }

    private static Subject Reach(ReceiveStreamState state)
    {
        var subject = new Subject();
        subject.Receive(0, 10);
        switch (state)
        {
            case SizeKnown:
                subject.Receive(15, 5, fin: true);
                break;
            case DataRecvd or DataRead:
                subject.Receive(0, 20, fin: true);
                break;
            case ResetRecvd or ResetRead:
                subject.Reset(20);
                break;
        }

        if (state == DataRead)
        {
            subject.ReadAll();
        }

        if (state == ResetRead)
        {
            subject.Stream.OnResetRead();
        }

        Assert.Equal(state, subject.Stream.State);
        return subject;
    }

    private sealed class Subject
    {
        public Subject(ulong window = 1000) => Stream.Open(window, window);

        public ReceiveStream Stream { get; } = new(new StreamBufferPool());

        public ReceiveFlowController Connection = new(100_000, 100_000);

        public ulong LastLimit { get; private set; }

        public TransportError? Receive(ulong offset, int length, bool fin = false) => Stream.OnData(
            new StreamFrame(Id, offset, new byte[length], fin ? StreamFrameOptions.Fin : StreamFrameOptions.None), ref Connection);

        public TransportError? Reset(ulong finalSize) => Stream.OnReset(new ResetStreamFrame(Id, 3, finalSize), ref Connection);

        public void Read(int count) => Assert.Equal(count, Stream.Read(new byte[count], ref Connection));

        public void ReadAll() => Stream.Read(new byte[10_000], ref Connection);

        public void Stop() => Stream.Stop(4, ref Connection);

        public List<FrameType> Transmit()
        {
            var writer = new FrameWriter(new byte[200], new SentFrame[8]);
            Assert.True(Stream.TryWriteControl(ref writer, Id, new Instant(1), TimeSpan.Zero));
            Assert.False(Stream.HasControlFrames);
            List<FrameType> types = [];
            foreach (SentFrame frame in writer.Logged)
            {
                types.Add(frame.Type);
                LastLimit = frame.Type == FrameType.MaxStreamData ? frame.Offset : LastLimit;
            }

            return types;
        }
    }
}
