using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using static HotQuic.Core.Streams.SendStreamState;

namespace HotQuic.Core.Tests.Streams;

public class SendStreamTests
{
    private static readonly StreamId Id = new(EndpointRole.Client, StreamDirection.Bidirectional, 0);

    private static readonly SendStreamState[] States = Enum.GetValues<SendStreamState>();

    /// <summary>RFC 9000 §3.1: where each event leads from each state; what is not listed changes nothing.</summary>
    private static readonly Dictionary<(SendStreamState From, string Event), SendStreamState> Transitions = new()
    {
        [(Ready, "Reset")] = ResetSent,
        [(Ready, "StopSending")] = ResetSent,
        [(Ready, "TransmitData")] = Send,
        [(Ready, "TransmitFin")] = DataSent,
        [(Ready, "TransmitBlocked")] = Send,
        [(Send, "Reset")] = ResetSent,
        [(Send, "StopSending")] = ResetSent,
        [(Send, "TransmitFin")] = DataSent,
        [(DataSent, "Reset")] = ResetSent,
        [(DataSent, "StopSendingThenLoss")] = ResetSent,
        [(DataSent, "DataAcknowledged")] = DataRecvd,
        [(ResetSent, "ResetAcknowledged")] = ResetRecvd,

        // Two events in one.
        [(Ready, "StopSendingThenLoss")] = ResetSent,
        [(Send, "StopSendingThenLoss")] = ResetSent,
    };

    private static readonly Dictionary<string, Action<Subject>> Events = new()
    {
        ["Finish"] = subject => subject.Stream.Finish(),
        ["Reset"] = subject => subject.Stream.Reset(9),
        ["StopSending"] = subject => subject.Stream.OnStopSending(8),
        ["StopSendingThenLoss"] = subject =>
        {
            subject.Stream.OnStopSending(8);
            subject.LoseAll();
        },
        ["MaxStreamData"] = subject => subject.Stream.OnMaxStreamData(5000),
        ["DataAcknowledged"] = subject => subject.AcknowledgeAll(),
        ["DataLost"] = subject => subject.LoseAll(),
        ["ResetAcknowledged"] = subject => subject.Stream.OnResetAcknowledged(),
        ["ResetLost"] = subject => subject.Stream.OnResetLost(),
        ["BlockedLost"] = subject => subject.Stream.OnBlockedLost(1000),
        ["TransmitData"] = subject =>
        {
            subject.WriteIfAllowed(10);
            subject.Transmit();
        },
        ["TransmitFin"] = subject =>
        {
            subject.Stream.Finish();
            subject.Transmit();
        },
        ["TransmitBlocked"] = subject =>
        {
            subject.Connection = new SendFlowController(0);
            subject.WriteIfAllowed(2000);
            subject.Stream.OnBlockedLost(1000);
            subject.BlockedOnly = true;
            subject.Transmit();
        },
    };

    public static TheoryData<string, string> EveryStateAndEvent()
    {
        var data = new TheoryData<string, string>();
        foreach (SendStreamState state in States)
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
    public void Str05_EachEventInEachStateLeadsWhereTheRfcSays(string from, string name)
    {
        SendStreamState state = Enum.Parse<SendStreamState>(from);
        Subject subject = Reach(state, limit: name == "TransmitBlocked" && state == Ready ? 0u : 1000u);
        Events[name](subject);
        Assert.Equal(Transitions.GetValueOrDefault((state, name), state), subject.Stream.State);
    }

    [Theory]
    [MemberData(nameof(EveryStateAndEvent))]
    public void Str05_NothingIsSentFromATerminalStateAndNoDataAfterAReset(string from, string name)
    {
        Subject subject = Reach(Enum.Parse<SendStreamState>(from));
        Events[name](subject);
        SendStreamState state = subject.Stream.State;
        subject.Sent.Clear();
        subject.Transmit();
        FrameType[] allowed = state switch
        {
            NoStream or DataRecvd or ResetRecvd => [],
            ResetSent => [FrameType.ResetStream],
            _ => [FrameType.Stream, FrameType.StreamDataBlocked],
        };
        Assert.All(subject.Sent, frame => Assert.Contains(StreamFrameBits.IsStream(frame.Type) ? FrameType.Stream : frame.Type, allowed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Str07_StopSendingInReadyOrSendIsAnsweredWithItsCode(bool isSending)
    {
        Subject subject = Reach(isSending ? Send : Ready);
        subject.WriteIfAllowed(50);
        Assert.True(subject.Stream.OnStopSending(77));
        subject.Sent.Clear();
        subject.Transmit();
        SentFrame reset = Assert.Single(subject.Sent);
        Assert.Equal(FrameType.ResetStream, reset.Type);
        Assert.Equal(77u, subject.Stream.ResetCode);
        Assert.Equal(isSending ? 10u : 0u, subject.Stream.FinalSize);
        Assert.False(subject.Stream.OnStopSending(78), "a repeated request is no news");
    }

    [Fact]
    public void Str07_InDataSentTheResetWaitsForALoss()
    {
        Subject subject = Reach(DataSent);
        Assert.True(subject.Stream.OnStopSending(77));
        Assert.False(subject.Stream.HasControlFrames);
        subject.LoseAll();
        Assert.Equal(77u, subject.Stream.ResetCode);
        subject.Sent.Clear();
        subject.Transmit();
        Assert.Equal(FrameType.ResetStream, Assert.Single(subject.Sent).Type);
        Assert.Equal(10u, subject.Stream.FinalSize);
    }

    [Fact]
    public void Str07_InDataSentNoResetIsNeededIfEverythingArrives()
    {
        Subject subject = Reach(DataSent);
        subject.Stream.OnStopSending(77);
        subject.AcknowledgeAll();
        Assert.Equal(DataRecvd, subject.Stream.State);
    }

    [Fact]
    public void Str07_ALossBeforeStopSendingIsAnsweredWithAResetToo()
    {
        Subject subject = Reach(DataSent);
        subject.LoseAll();
        subject.Stream.OnStopSending(77);
        Assert.Equal(ResetSent, subject.Stream.State);
    }

    [Fact]
    public void Str09_AResetThatIsSentAgainSaysTheSame()
    {
        Subject subject = Reach(Send);
        subject.Stream.Reset(5);
        byte[] first = subject.Transmit();
        subject.Stream.Reset(6);
        subject.Stream.OnStopSending(7);
        subject.Stream.OnResetLost();
        Assert.Equal(first, subject.Transmit());
    }

    [Fact]
    public void Fc01_NoMoreIsSentThanTheStreamsLimitAndTheBlockIsSaidOnce()
    {
        var subject = new Subject(limit: 100);
        subject.WriteIfAllowed(300);
        subject.Transmit();
        Assert.Equal(100, subject.DataSent);
        Assert.Equal(100u, subject.Sent.Single(frame => frame.Type == FrameType.StreamDataBlocked).Offset);
        Assert.Equal(SendReadiness.Idle, subject.Stream.Readiness);

        subject.Stream.OnMaxStreamData(150);
        subject.Transmit();
        Assert.Equal(150, subject.DataSent);
        Assert.Equal([100u, 150u], subject.Sent.Where(frame => frame.Type == FrameType.StreamDataBlocked).Select(frame => frame.Offset));
    }

    [Fact]
    public void Fc01_RetransmissionsCountOnce()
    {
        var subject = new Subject(limit: 100) { Connection = new SendFlowController(100) };
        subject.WriteIfAllowed(100);
        subject.Transmit();
        subject.LoseAll();
        subject.Transmit();
        Assert.Equal(200, subject.DataSent);
        Assert.Equal(100u, subject.Connection.Used);
    }

    [Fact]
    public void Frm97_ABlockedSignalIsSentAgainOnlyWhileItIsTrue()
    {
        var subject = new Subject(limit: 100);
        subject.WriteIfAllowed(300);
        subject.Transmit();
        subject.Stream.OnBlockedLost(100);
        Assert.True(subject.Stream.HasControlFrames);
        subject.Stream.OnMaxStreamData(1000);
        Assert.False(subject.Stream.HasControlFrames);
        subject.Stream.OnBlockedLost(100);
        Assert.False(subject.Stream.HasControlFrames);
    }

    [Fact]
    public void AFinAloneNeedsNoCredit()
    {
        var subject = new Subject(limit: 10) { Connection = new SendFlowController(10) };
        subject.WriteIfAllowed(10);
        subject.Transmit();
        subject.Stream.Finish();
        Assert.Equal(SendReadiness.WithoutCredit, subject.Stream.Readiness);
        subject.Transmit();
        Assert.Equal(DataSent, subject.Stream.State);
    }

    private static Subject Reach(SendStreamState state, ulong limit = 1000)
    {
        var subject = new Subject(state == NoStream ? null : limit);
        if (state is NoStream or Ready)
        {
            return subject;
        }

        subject.WriteIfAllowed(10);
        subject.Transmit();
        if (state is DataSent or DataRecvd)
        {
            subject.Stream.Finish();
            subject.Transmit();
        }

        if (state is ResetSent or ResetRecvd)
        {
            subject.Stream.Reset(1);
        }

        if (state == DataRecvd)
        {
            subject.AcknowledgeAll();
        }

        if (state == ResetRecvd)
        {
            subject.Stream.OnResetAcknowledged();
        }

        Assert.Equal(state, subject.Stream.State);
        return subject;
    }

    private sealed class Subject
    {
        public Subject(ulong? limit)
        {
            if (limit is { } value)
            {
                Stream.Open(value);
            }
        }

        public SendStream Stream { get; } = new(new StreamBufferPool());

        public List<SentFrame> Sent { get; } = [];

        public SendFlowController Connection = new(100_000);

        public bool BlockedOnly { get; set; }

        public int DataSent => Sent.Where(frame => StreamFrameBits.IsStream(frame.Type)).Sum(frame => (int)frame.Length);

        public void WriteIfAllowed(int count)
        {
            if (Stream.State is Ready or Send && !Stream.IsFinished)
            {
                Assert.Equal(count, Stream.Write(new byte[count], new StreamLimits()));
            }
        }

        /// <summary>Sends all there is, one packet a pass.</summary>
        public byte[] Transmit()
        {
            byte[] all = [];
            while (true)
            {
                byte[] payload = new byte[200];
                var writer = new FrameWriter(payload, new SentFrame[8]);
                Stream.TryWriteControl(ref writer, Id);
                if (!BlockedOnly && Stream.Readiness != SendReadiness.Idle)
                {
                    Stream.TryWriteData(ref writer, Id, ref Connection);
                }

                if (writer.IsEmpty)
                {
                    return all;
                }

                writer.Tail.CopyTo(payload.AsSpan(writer.Wire.Position));
                all = [.. all, .. payload[..writer.Length]];
                Sent.AddRange(writer.Logged);
            }
        }

        public void AcknowledgeAll()
        {
            foreach (SentFrame frame in Sent.Where(frame => StreamFrameBits.IsStream(frame.Type)))
            {
                Stream.OnDataAcknowledged(frame);
            }
        }

        public void LoseAll()
        {
            foreach (SentFrame frame in Sent.Where(frame => StreamFrameBits.IsStream(frame.Type)).ToList())
            {
                Stream.OnDataLost(frame);
            }
        }
    }
}
