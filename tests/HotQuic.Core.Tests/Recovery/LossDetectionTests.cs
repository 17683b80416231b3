using HotQuic.Core.CongestionControl;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using static HotQuic.Core.Tests.Recovery.RecoveryHarness;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>RFC 9002 §6.1, §6.4.</summary>
public class LossDetectionTests
{
    [Fact]
    public void Loss05_PacketThresholdIsThree()
    {
        RecoveryHarness harness = Established(100);
        for (int i = 1; i <= 5; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 10;
        harness.Ack([(5, 5), (0, 0)]);

        // 5 - 3 = 2: packets 1 and 2 are lost, 3 and 4 not yet.
        Assert.Equal([1, 2], harness.LostNumbers);
        Assert.Equal([1UL, 2UL], harness.LostFrames);
        Assert.All(harness.LostPackets, packet => Assert.Equal(PacketFate.LostByPacketThreshold, packet.Fate));
    }

    [Fact]
    public void Loss05_TimeThresholdIsNineEighthsOfTheLargerRtt()
    {
        RecoveryHarness harness = Established(80);
        harness.Send(1);
        harness.Milliseconds += 1;
        harness.Send(2);
        harness.Milliseconds += 79;
        harness.Ack([(2, 2)]);
        Assert.Empty(harness.LostPackets);

        // latest 79; srtt = (7*80 + 79)/8 = 79.875, the larger of the two: 9/8 of it after packet 1 was sent.
        Assert.Equal(1080 + (79.875 * 9 / 8), harness.DeadlineMilliseconds(), 3);
        harness.Milliseconds = harness.DeadlineMilliseconds() - 0.001;
        Assert.Equal(TimeoutKind.None, harness.Timeout().Kind);
        harness.Milliseconds = harness.DeadlineMilliseconds() + 0.001;
        Assert.Equal(new TimeoutResult(TimeoutKind.PacketsLost, PacketNumberSpace.Application, 0), harness.Timeout());
        Assert.Equal(PacketFate.LostByTimeThreshold, Assert.Single(harness.LostPackets).Fate);
        Assert.Equal(0, harness.Recovery.BytesInFlight);
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
    }

    [Fact]
    public void Loss05_TimeThresholdIsAtLeastTheGranularity()
    {
        RecoveryHarness harness = Established(0.1);
        harness.Send(1);
        harness.Send(2);
        harness.Milliseconds += 0.1;
        harness.Ack([(2, 2), (0, 0)]);
        Assert.Equal(1000.1 + 1, harness.DeadlineMilliseconds(), 3);
    }

    [Fact]
    public void Loss05_NumbersNeverSentAreNoPacketsThatOvertook()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(1);
        harness.Send(2);
        harness.Send(4); // 3 is left out
        harness.Milliseconds += 1;
        harness.Ack([(4, 4)]);
        Assert.Empty(harness.LostPackets);

        harness.Send(5);
        harness.Milliseconds += 1;
        harness.Ack([(4, 5)]);
        Assert.Equal([1], harness.LostNumbers);
    }

    [Fact]
    public void Loss06_OnlyPacketsBelowAnAcknowledgedOneAreLost()
    {
        RecoveryHarness harness = Established(10);
        for (int i = 1; i <= 9; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 10;
        harness.Ack([(4, 4)]);
        harness.Milliseconds += 100_000;
        harness.Timeout();
        Assert.Equal([1, 2, 3], harness.LostNumbers);
        Assert.Equal(5 * PacketSize, harness.Recovery.BytesInFlight);
    }

    [Fact]
    public void Loss07_LossBeforeTheFirstAcknowledgedHandshakePacketIsNoCongestion()
    {
        var harness = new RecoveryHarness();
        for (int i = 0; i <= 9; i++)
        {
            harness.Send(i, PacketNumberSpace.Handshake);
        }

        harness.Milliseconds += 10;
        harness.Ack([(5, 5)], PacketNumberSpace.Handshake);
        Assert.Equal([0, 1, 2], harness.LostNumbers);
        Assert.Equal(0, harness.Recovery.Statistics.CongestionEvents);
        Assert.Equal(long.MaxValue, harness.Recovery.Congestion.SlowStartThreshold);

        // What was sent after the first acknowledged one counts.
        harness.Ack([(9, 9), (5, 5)], PacketNumberSpace.Handshake);
        Assert.Equal([0, 1, 2, 3, 4, 6], harness.LostNumbers);
        Assert.Equal(1, harness.Recovery.Statistics.CongestionEvents);
    }

    [Fact]
    public void Loss08_DiscardedSpaceLeavesNothingInFlightAndNoTimer()
    {
        var harness = new RecoveryHarness();
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Send(1, PacketNumberSpace.Initial);
        harness.Send(0, PacketNumberSpace.Handshake);
        harness.Milliseconds += 20;
        harness.Ack([(1, 1)], PacketNumberSpace.Initial);
        double lossTimer = harness.DeadlineMilliseconds();

        harness.Recovery.DiscardSpace(PacketNumberSpace.Initial, harness.Now);
        Assert.Equal(PacketSize, harness.Recovery.BytesInFlight);
        Assert.NotEqual(lossTimer, harness.DeadlineMilliseconds());
        Assert.Empty(harness.LostFrames);

        // What still arrives for it is ignored.
        Assert.Null(harness.Ack([(7, 7)], PacketNumberSpace.Initial));
        Assert.Throws<InvalidOperationException>(() => harness.Send(2, PacketNumberSpace.Initial));
        harness.Recovery.DiscardSpace(PacketNumberSpace.Handshake, harness.Now);
        Assert.Equal(0, harness.Recovery.BytesInFlight);
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Recovery.DiscardSpace(PacketNumberSpace.Application, harness.Now));
    }

    [Fact]
    public void AckOfAPacketThatWasNotSentIsAProtocolViolation()
    {
        var harness = new RecoveryHarness();
        harness.Send(0);
        harness.Send(1);
        Assert.Equal(TransportErrorCode.ProtocolViolation, harness.Ack([(2, 2)])!.Code);
        Assert.Equal(TransportErrorCode.ProtocolViolation, harness.Ack([(0, 0)], PacketNumberSpace.Initial)!.Code);
        Assert.Null(harness.Ack([(0, 1)]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AckOfANumberThatWasLeftOutIsAProtocolViolation(bool isStillInWindow)
    {
        var harness = new RecoveryHarness();
        harness.Send(0);
        harness.Send(2);
        harness.Send(3);
        if (!isStillInWindow)
        {
            Assert.Null(harness.Ack([(2, 3), (0, 0)]));
        }

        Assert.Equal(TransportErrorCode.ProtocolViolation, harness.Ack([(0, 3)])!.Code);
    }

    [Fact]
    public void EarlierLeftOutNumbersAreCaughtWhileTheyAreInTheWindow()
    {
        var harness = new RecoveryHarness();
        harness.Send(0);
        harness.Send(2);
        harness.Send(4);
        Assert.NotNull(harness.Ack([(0, 2)]));
    }

    [Fact]
    public void SpuriousLossIsCountedOnceAndBringsNoSecondCallForItsFrames()
    {
        RecoveryHarness harness = Established(100);
        for (int i = 1; i <= 5; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 5;
        harness.Ack([(4, 5), (0, 0)]);
        Assert.Equal([1, 2], harness.LostNumbers);
        harness.Ack([(2, 5)]);
        harness.Ack([(2, 5)]);
        Assert.Equal(1, harness.Recovery.Statistics.SpuriousLosses);
        Assert.Equal([4UL, 5UL, 3UL], harness.AcknowledgedFrames);
        Assert.Equal(0, harness.Recovery.BytesInFlight);
    }

    [Fact]
    public void CongestionIsUndoneOnceEveryLossBehindItWasRefuted()
    {
        RecoveryHarness harness = Established(100, congestion: new Cubic(CongestionOptions.Default));
        long window = harness.Recovery.Congestion.CongestionWindow;
        for (int i = 1; i <= 6; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 100;
        harness.Ack([(5, 5)]);
        Assert.Equal([1, 2], harness.LostNumbers);
        long reduced = harness.Recovery.Congestion.CongestionWindow;
        Assert.Equal((long)(window * 0.7), reduced);
        harness.Ack([(5, 5), (2, 2)]);
        Assert.Equal(reduced, harness.Recovery.Congestion.CongestionWindow);
        harness.Ack([(5, 5), (1, 2)]);
        Assert.Equal(window, harness.Recovery.Congestion.CongestionWindow);
        Assert.Equal(2, harness.Recovery.Statistics.SpuriousLosses);
    }

    [Fact]
    public void LostMtuProbeIsReportedButIsNoCongestion()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(harness.Packet(1) with { IsMtuProbe = true, Size = 1400 });
        for (int i = 2; i <= 4; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 10;
        harness.Ack([(2, 4)]);
        Assert.True(Assert.Single(harness.LostPackets).IsMtuProbe);
        Assert.Equal(0, harness.Recovery.Statistics.CongestionEvents);
        Assert.Equal(0, harness.Recovery.BytesInFlight);
    }

    [Fact]
    public void RetryGivesBackInitialAndZeroRttFramesWithoutCongestion()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Send(0);
        harness.Recovery.OnRetry(harness.Now, harness);
        Assert.Equal([0UL, 0UL], harness.LostFrames);
        Assert.All(harness.LostPackets, packet => Assert.Equal(PacketFate.Withdrawn, packet.Fate));
        Assert.Equal(0, harness.Recovery.BytesInFlight);
        Assert.Equal(0, harness.Recovery.Statistics.CongestionEvents);

        // Numbers go on, and what was sent before Retry cannot be acknowledged any more.
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Send(0, PacketNumberSpace.Initial));
        harness.Send(1, PacketNumberSpace.Initial);
        Assert.Null(harness.Ack([(0, 1)], PacketNumberSpace.Initial));
        Assert.Equal([1UL], harness.AcknowledgedFrames);
    }

    [Fact]
    public void PacketsThatNobodyAcknowledgesAreForgottenSoThatMemoryStaysBounded()
    {
        RecoveryHarness harness = Established(10);
        for (int i = 1; i <= 100_000; i++)
        {
            harness.SendAckOnly(i);
        }

        Assert.Equal(0, harness.Recovery.BytesInFlight);
        Assert.True(harness.Recovery.Packets(PacketNumberSpace.Application).Capacity <= 64);
        Assert.Empty(harness.LostPackets);

        // One that is in flight is not forgotten, whatever comes behind it.
        harness.Send(100_001);
        for (int i = 100_002; i <= 100_500; i++)
        {
            harness.SendAckOnly(i);
        }

        Assert.Null(harness.Ack([(100_001, 100_500)]));
        Assert.Contains(100_001UL, harness.AcknowledgedFrames);
        Assert.Equal(0, harness.Recovery.BytesInFlight);
    }

    [Fact]
    public void AckRangeSeenBeforeIsCrossedInOneStep()
    {
        RecoveryHarness harness = Established(10_000);
        SentPackets packets = harness.Recovery.Packets(PacketNumberSpace.Application);
        harness.Send(1);
        harness.Send(2);
        harness.Send(3);
        for (int i = 4; i <= 2000; i++)
        {
            harness.Send(i);
            harness.Ack([(3, i)]);
        }

        // Packet 1 is lost by then, packet 2 too; 3 and up are settled, nothing is left.
        Assert.True(packets.IsEmpty);
        Assert.Equal(1998, harness.AcknowledgedFrames.Count);
        Assert.Equal([1, 2], harness.LostNumbers);

        // A hole that is not lost yet: everything above it stays, as one run.
        harness.Send(2001);
        harness.Send(2002);
        harness.Send(2003);
        harness.Ack([(2002, 2002), (3, 2000)]);
        harness.Ack([(2002, 2003), (3, 2000)]);
        Assert.Equal(2, packets.At(2003).AcknowledgedRun);
        Assert.Equal(2001, packets.Oldest.Value);
    }

    [Fact]
    public void CallerSendsNumbersInRisingOrder()
    {
        var harness = new RecoveryHarness();
        harness.Send(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Send(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => harness.Send(5000));
    }

    [Fact]
    public void MemoryOfABurstIsGivenBackOnceNothingIsOutstanding()
    {
        RecoveryHarness harness = Established(10);
        for (int i = 1; i <= 1000; i++)
        {
            harness.Send(i);
        }

        harness.Recovery.Trim();
        harness.Ack([(1, 1000)]);
        Assert.Equal(1000, harness.AcknowledgedFrames.Count);
        Assert.True(harness.Recovery.Packets(PacketNumberSpace.Application).Capacity >= 1000);
        harness.Recovery.Trim();
        Assert.Equal(0, harness.Recovery.Packets(PacketNumberSpace.Application).Capacity);
        harness.Send(1001);
        Assert.Null(harness.Ack([(1001, 1001)]));
    }
}
