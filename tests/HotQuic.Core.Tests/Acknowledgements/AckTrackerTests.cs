using HotQuic.Core.Acknowledgements;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Acknowledgements;

/// <summary>RFC 9000 §13.2, §19.3.</summary>
public class AckTrackerTests
{
    private readonly byte[] _payload = new byte[1200];
    private readonly SentFrame[] _log = new SentFrame[8];

    private static AckTracker New(PacketNumberSpace space = PacketNumberSpace.Application) => new(space, new AckPolicy());

    private static Instant At(double milliseconds) => new((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    private static void Receive(
        AckTracker tracker, long number, double at = 0, bool isAckEliciting = true, EcnCodepoint ecn = EcnCodepoint.NotEct) =>
        tracker.OnPacketReceived(new ReceivedPacketInfo(new PacketNumber(number), isAckEliciting, ecn, At(at)));

    /// <summary>The frame that the tracker writes, as text: "largest-smallest ..." and the delay field and counts.</summary>
    private string? Write(AckTracker tracker, double at = 0, int exponent = 3, int room = 1200)
    {
        var writer = new FrameWriter(_payload.AsSpan(0, room), _log);
        if (!tracker.TryWrite(ref writer, At(at), exponent))
        {
            Assert.True(writer.IsEmpty);
            return null;
        }

        SentFrame logged = Assert.Single(writer.Logged.ToArray());
        Assert.False(writer.IsAckEliciting);
        var reader = new WireReader(writer.Wire.Written);
        Assert.True(reader.TryReadVarInt(out ulong type));
        Assert.Equal((FrameType)type, logged.Type);
        Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
        Assert.True(reader.IsEmpty);
        Assert.Equal((ulong)frame.LargestAcknowledged.Value, logged.Offset);
        var text = new List<string>();
        foreach (AckRange range in frame.Ranges)
        {
            text.Add(range.Largest == range.Smallest ? $"{range.Largest}" : $"{range.Largest}-{range.Smallest}");
        }

        return string.Join(' ', text) + (frame.AckDelay > 0 ? $" delay {frame.AckDelay}" : "")
            + (frame.EcnCounts is { } counts ? $" ecn {counts.Ect0} {counts.Ect1} {counts.Ce}" : "");
    }

    [Fact]
    public void Ack01_NothingIsAcknowledgedThatWasNotHandedInAsProcessed()
    {
        AckTracker tracker = New();
        Assert.Equal(AckUrgency.None, tracker.UrgencyAt(At(0)));
        Assert.Null(Write(tracker));
        Assert.False(tracker.IsDuplicate(new PacketNumber(0)));
        Assert.True(tracker.LargestReceived.IsNone);
        Receive(tracker, 0);
        Assert.Equal("0", Write(tracker));
    }

    [Fact]
    public void Ack02_InitialAndHandshakePacketsAreAcknowledgedAtOnce()
    {
        foreach (PacketNumberSpace space in new[] { PacketNumberSpace.Initial, PacketNumberSpace.Handshake })
        {
            AckTracker tracker = New(space);
            Receive(tracker, 0, at: 7);
            Assert.Equal(AckUrgency.Now, tracker.UrgencyAt(At(7)));
            Assert.Equal(At(7), tracker.Deadline);
        }
    }

    [Fact]
    public void Ack02_ApplicationPacketsWithinMaxAckDelay()
    {
        AckTracker tracker = New();
        Receive(tracker, 0, at: 7);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(7)));
        Assert.Equal(At(32), tracker.Deadline);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(31.9)));
        Assert.Equal(AckUrgency.Now, tracker.UrgencyAt(At(32)));
        Write(tracker);
        Assert.Equal(Instant.Never, tracker.Deadline);
    }

    [Fact]
    public void Ack02_TheFirstPacketThatWaitsSetsTheDeadline()
    {
        AckTracker tracker = New();
        tracker.Policy = new AckPolicy { AckElicitingThreshold = 10, MaxAckDelay = TimeSpan.FromMilliseconds(5) };
        Receive(tracker, 0, at: 1);
        Receive(tracker, 1, at: 4);
        Assert.Equal(At(6), tracker.Deadline);
    }

    [Fact]
    public void Ack03_OneAckOnlyPacketPerAckElicitingPacket()
    {
        AckTracker tracker = New(PacketNumberSpace.Handshake);
        Receive(tracker, 0);
        Assert.NotNull(Write(tracker));
        Assert.Equal(AckUrgency.None, tracker.UrgencyAt(At(1000)));
        Assert.Null(Write(tracker));

        // A duplicate changes nothing.
        Receive(tracker, 0);
        Assert.Null(Write(tracker));
    }

    [Fact]
    public void Ack03_NoneInReplyToPacketsThatElicitNoneEvenWithGaps()
    {
        foreach (PacketNumberSpace space in Enum.GetValues<PacketNumberSpace>())
        {
            AckTracker tracker = New(space);
            Receive(tracker, 0, isAckEliciting: false);
            Receive(tracker, 9, isAckEliciting: false, ecn: EcnCodepoint.Ce);
            Receive(tracker, 4, isAckEliciting: false);
            Assert.Equal(AckUrgency.None, tracker.UrgencyAt(At(1000)));
            Assert.Equal(Instant.Never, tracker.Deadline);
            Assert.Null(Write(tracker));

            // They are acknowledged with the next one that elicits it.
            Receive(tracker, 10);
            Assert.Equal("10-9 4 0 ecn 0 0 1", Write(tracker));
        }
    }

    [Fact]
    public void Ack04_EverySecondAckElicitingPacketAtOnce()
    {
        AckTracker tracker = New();
        Receive(tracker, 0);
        Receive(tracker, 1, isAckEliciting: false);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));
        Receive(tracker, 2);
        Assert.Equal(AckUrgency.Now, tracker.UrgencyAt(At(0)));
        Assert.Equal("2-0", Write(tracker));
        Receive(tracker, 3);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));
    }

    [Fact]
    public void Ack04_ThresholdCanBeRaisedForBulk()
    {
        AckTracker tracker = New();
        tracker.Policy = new AckPolicy { AckElicitingThreshold = 10 };
        for (int i = 0; i < 9; i++)
        {
            Receive(tracker, i);
            Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));
        }

        Receive(tracker, 9);
        Assert.Equal(AckUrgency.Now, tracker.UrgencyAt(At(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => tracker.Policy = new AckPolicy { AckElicitingThreshold = 0 });
    }

    [Theory]
    [InlineData(new long[] { 0, 1, 2 }, 3, false)]
    [InlineData(new long[] { 0, 1, 2 }, 4, true)] // 3 is missing
    [InlineData(new long[] { 0, 1, 5 }, 3, true)] // below one that came before it
    [InlineData(new long[] { 0, 1, 5 }, 6, false)] // the gap was told of already
    [InlineData(new long[] { }, 1, true)] // 0 is missing
    [InlineData(new long[] { }, 0, false)]
    public void Ack04_ReorderingAndGapsAtOnce(long[] before, long number, bool isImmediate)
    {
        AckTracker tracker = New();
        tracker.Policy = new AckPolicy { AckElicitingThreshold = 100 };
        foreach (long earlier in before)
        {
            Receive(tracker, earlier);
        }

        Write(tracker);
        Receive(tracker, number, at: 3);
        Assert.Equal(isImmediate ? AckUrgency.Now : AckUrgency.Piggyback, tracker.UrgencyAt(At(3)));
        Assert.Equal(isImmediate ? At(3) : At(28), tracker.Deadline);
    }

    [Fact]
    public void Ack04_PacketsThatElicitNothingFillGaps()
    {
        AckTracker tracker = New();
        Receive(tracker, 0);
        Write(tracker);
        Receive(tracker, 1, isAckEliciting: false);
        Receive(tracker, 2);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));

        // Below a packet that elicited nothing, but above all that did: no reordering in the sense of the RFC.
        Write(tracker);
        Receive(tracker, 4, isAckEliciting: false);
        Receive(tracker, 3);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));
    }

    [Fact]
    public void Ack04_CeMarkAtOnce()
    {
        AckTracker tracker = New();
        Receive(tracker, 0, ecn: EcnCodepoint.Ect0);
        Assert.Equal(AckUrgency.Piggyback, tracker.UrgencyAt(At(0)));
        Write(tracker);
        Receive(tracker, 1, ecn: EcnCodepoint.Ce);
        Assert.Equal(AckUrgency.Now, tracker.UrgencyAt(At(0)));
    }

    [Fact]
    public void Ack05_SpacesAreTrackedApart()
    {
        AckTracker initial = New(PacketNumberSpace.Initial);
        AckTracker application = New();
        Receive(initial, 3);
        Assert.False(application.IsDuplicate(new PacketNumber(3)));
        Assert.Null(Write(application));
        Assert.Equal("3", Write(initial));
    }

    [Fact]
    public void Ack06_DelayCountsFromTheLargestPacketInUnitsOfTheExponent()
    {
        AckTracker tracker = New();
        Receive(tracker, 1, at: 10);
        Receive(tracker, 0, at: 12);
        Assert.Equal("1-0 delay 1250", Write(tracker, at: 20, exponent: 3)); // 10,000 us / 8
        Receive(tracker, 2, at: 30);
        Assert.Equal("2-0 delay 5000", Write(tracker, at: 40, exponent: 1));
    }

    [Fact]
    public void Ack07_LargestReceivedIsKeptForGood()
    {
        AckTracker tracker = New();
        Receive(tracker, 5);
        Receive(tracker, 3);
        Assert.Equal(5, tracker.LargestReceived.Value);
        tracker.OnAckAcknowledged(new PacketNumber(5));
        Assert.Equal(5, tracker.LargestReceived.Value);
        Assert.True(tracker.IsDuplicate(new PacketNumber(5)));
    }

    [Fact]
    public void Ack07_AcknowledgedRangesAreNotToldAgainAndStayDuplicates()
    {
        AckTracker tracker = New();
        foreach (int number in new[] { 0, 1, 4, 5, 6, 9 })
        {
            Receive(tracker, number);
        }

        Assert.Equal("9 6-4 1-0", Write(tracker));
        tracker.OnAckAcknowledged(new PacketNumber(5));
        Receive(tracker, 10);
        Assert.Equal("10-9 6", Write(tracker));
        for (int number = 0; number <= 6; number++)
        {
            Assert.True(tracker.IsDuplicate(new PacketNumber(number)));
        }

        Assert.False(tracker.IsDuplicate(new PacketNumber(7)));
    }

    [Fact]
    public void Ack07_EveryFrameShowsTheLargestEvenAfterItWasAcknowledged()
    {
        AckTracker tracker = New();
        Receive(tracker, 8);
        Receive(tracker, 6);
        Write(tracker);
        tracker.OnAckAcknowledged(new PacketNumber(6));
        Receive(tracker, 7);
        Assert.Equal("8-7", Write(tracker));
        tracker.OnAckAcknowledged(new PacketNumber(8));
        Receive(tracker, 9);
        Assert.Equal("9-8", Write(tracker));
    }

    [Fact]
    public void Ack07_RangesAreBoundedAndWhatIsForgottenStaysDuplicate()
    {
        AckTracker tracker = New();
        for (int i = 0; i < 1000; i++)
        {
            Receive(tracker, 2 * i);
        }

        // 64 ranges are left: 1998, 1996, ... 1872; everything below counts as received.
        Assert.True(tracker.IsDuplicate(new PacketNumber(1870)));
        Assert.True(tracker.IsDuplicate(new PacketNumber(1869)));
        Assert.False(tracker.IsDuplicate(new PacketNumber(1871)));
        Assert.True(tracker.IsDuplicate(new PacketNumber(1872)));
        Assert.Equal(64, Write(tracker)!.Split(' ').Length);

        // A number that is the oldest of all when there is no room is not told apart either.
        Receive(tracker, 1871);
        Assert.True(tracker.IsDuplicate(new PacketNumber(1871)));
    }

    [Fact]
    public void Ack07_FrameTakesTheNewestRangesThatFit()
    {
        AckTracker tracker = New();
        for (int i = 0; i < 20; i++)
        {
            Receive(tracker, 2 * i);
        }

        Assert.Null(Write(tracker, room: 4));
        Assert.Equal("38 36 34", Write(tracker, room: 5 + 4));
    }

    [Fact]
    public void Ack08_PingIsAskedForSometimesOnly()
    {
        AckTracker tracker = New();
        int pings = 0;
        for (int i = 0; i < 6400; i++)
        {
            Receive(tracker, i);
            if (tracker.IsPingDue)
            {
                pings++;
                tracker.OnPingSent();
            }

            Assert.NotNull(Write(tracker));
        }

        Assert.Equal(99, pings);

        // Not at all while our ACK frames are acknowledged anyway.
        for (int i = 6400; i < 7000; i++)
        {
            Receive(tracker, i);
            Write(tracker);
            tracker.OnAckAcknowledged(new PacketNumber(i));
            Assert.False(tracker.IsPingDue);
        }
    }

    [Fact]
    public void Ack09_EcnCountsAreReportedOnceAnyMarkWasSeen()
    {
        AckTracker tracker = New();
        Receive(tracker, 0);
        Assert.Equal("0", Write(tracker));
        Receive(tracker, 1, ecn: EcnCodepoint.Ect0);
        Receive(tracker, 2, ecn: EcnCodepoint.Ect0);
        Receive(tracker, 3, ecn: EcnCodepoint.Ect1);
        Receive(tracker, 4, ecn: EcnCodepoint.Ce);
        Receive(tracker, 4, ecn: EcnCodepoint.Ce); // a duplicate is not counted
        Assert.Equal("4-0 ecn 2 1 1", Write(tracker));
        Receive(tracker, 5);
        Assert.Equal("5-0 ecn 2 1 1", Write(tracker));
    }

    [Fact]
    public void Ack10_GapAndLengthFieldsAreOneLessThanTheCount()
    {
        AckTracker tracker = New();
        foreach (int number in new[] { 0, 1, 2, 5, 6, 10 })
        {
            Receive(tracker, number);
        }

        var writer = new FrameWriter(_payload, _log);
        Assert.True(tracker.TryWrite(ref writer, At(0), 3));

        // type, largest 10, delay 0, two more ranges, first range 0; gap 2 (three missing: 7 to 9), length 1 (5, 6); gap 1 (3, 4), length 2
        Assert.Equal([0x02, 10, 0, 2, 0, 2, 1, 1, 2], writer.Wire.Written.ToArray());
    }

    [Fact]
    public void Ack03_RandomTrafficAgreesWithAPlainSet()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            AckTracker tracker = New();
            var received = new HashSet<long>();
            long floor = -1;
            for (int step = 0; step < 300; step++)
            {
                long number = Math.Max(0, step + random.Next(-6, 4));
                bool isDuplicate = tracker.IsDuplicate(new PacketNumber(number));
                Assert.True(isDuplicate == (number <= floor || received.Contains(number)), $"seed {seed}, step {step}");
                if (!isDuplicate)
                {
                    received.Add(number);
                    Receive(tracker, number, isAckEliciting: random.Next(3) > 0);
                }

                if (random.Next(20) == 0 && tracker.LargestReceived.Value > 0)
                {
                    long acknowledged = random.NextInt64(tracker.LargestReceived.Value + 1);
                    tracker.OnAckAcknowledged(new PacketNumber(acknowledged));
                    floor = Math.Max(floor, Math.Min(acknowledged, tracker.LargestReceived.Value - 1));
                }

                if (tracker.UrgencyAt(At(0)) != AckUrgency.None)
                {
                    string expected = Ranges(received, floor);
                    Assert.True(Write(tracker) == expected, $"seed {seed}, step {step}");
                }
            }
        }

        static string Ranges(HashSet<long> received, long floor)
        {
            var text = new List<string>();
            long largest = received.Max();
            for (long number = largest; number > floor; number--)
            {
                if (!received.Contains(number))
                {
                    continue;
                }

                long top = number;
                while (number - 1 > floor && received.Contains(number - 1))
                {
                    number--;
                }

                text.Add(top == number ? $"{top}" : $"{top}-{number}");
            }

            return string.Join(' ', text);
        }
    }
}
