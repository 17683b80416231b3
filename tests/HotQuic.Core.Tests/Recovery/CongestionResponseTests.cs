using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using static HotQuic.Core.Tests.Recovery.RecoveryHarness;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>What loss recovery makes of losses for the window (RFC 9002 §7).</summary>
public class CongestionResponseTests
{
    [Fact]
    public void Cc01_WindowClosesBeforeItWouldBeExceeded()
    {
        RecoveryHarness harness = Established(50);
        int number = 1;
        while (harness.Recovery.Constraint == TransmitConstraint.None)
        {
            harness.Send(number++);
            Assert.True(harness.Recovery.BytesInFlight <= harness.Recovery.Congestion.CongestionWindow);
        }

        Assert.True(harness.Recovery.SendAllowance < PacketSize);
        harness.Milliseconds += 50;
        harness.Ack([(1, 1)]);
        Assert.Equal(TransmitConstraint.None, harness.Recovery.Constraint);
    }

    [Fact]
    public void Cc01_OnePacketMayGoOnEnteringRecovery()
    {
        RecoveryHarness harness = Established(50);
        int number = 1;
        while (harness.Recovery.Constraint == TransmitConstraint.None)
        {
            harness.Send(number++);
        }

        harness.Milliseconds += 50;
        harness.Ack([(4, 4)]);
        Assert.Equal([1], harness.LostNumbers);
        Assert.True(harness.Recovery.BytesInFlight > harness.Recovery.Congestion.CongestionWindow);
        Assert.Equal(TransmitConstraint.None, harness.Recovery.Constraint);
        harness.Send(number);
        Assert.Equal(TransmitConstraint.CongestionLimited, harness.Recovery.Constraint);
    }

    [Fact]
    public void Cc04_LossesOfOneFlightReduceOnce()
    {
        RecoveryHarness harness = Established(50);
        for (int i = 1; i <= 9; i++)
        {
            harness.Send(i);
        }

        long window = harness.Recovery.Congestion.CongestionWindow;
        harness.Milliseconds += 50;
        harness.Ack([(5, 5)]);
        harness.Milliseconds += 1;
        harness.Ack([(9, 9)]);
        Assert.Equal([1, 2, 3, 4, 6], harness.LostNumbers);
        Assert.Equal(window / 2, harness.Recovery.Congestion.CongestionWindow);
        Assert.Equal(1, harness.Recovery.Statistics.CongestionEvents);
    }

    /// <summary>The example of RFC 9002 §7.6.3, where 2 * 3 s is the duration and packets 2 to 8 span 7 s.</summary>
    [Theory]
    [InlineData(8, true)]
    [InlineData(6.9, false)]
    public void Cc06_PersistentCongestionFromTheExampleOfTheRfc(double sentLastAt, bool isPersistent)
    {
        RecoveryHarness harness = AtSecondZero();
        SendAt(harness, 1, 0.2);
        AckAt(harness, 1, 0.4);
        SendAt(harness, 2, 1);
        foreach ((int number, double at) in new[] { (3, 2.0), (4, 3.0), (5, 4.0), (6, 5.0), (7, 6.0) })
        {
            SendAt(harness, number, at);
        }

        SendAt(harness, 8, sentLastAt);
        SendAt(harness, 9, 12);
        AckAt(harness, 9, 12.2);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8], harness.LostNumbers);

        // rttvar fell from 100 to 75 to 56.25 ms: a probe timeout is 200 + 225 + 1575 ms.
        Assert.Equal(Ms(2000), harness.Recovery.Pto(PacketNumberSpace.Application));
        Assert.Equal(isPersistent ? 1 : 0, harness.Recovery.Statistics.PersistentCongestions);

        // Two datagrams, and one more since packet 9 is acknowledged in slow start.
        Assert.Equal(isPersistent, harness.Recovery.Congestion.CongestionWindow == 3 * PacketSize);
        Assert.Equal(isPersistent, harness.Recovery.Congestion.IsInSlowStart);
    }

    [Fact]
    public void Cc06_AnAcknowledgedPacketInBetweenBreaksTheRun()
    {
        RecoveryHarness harness = AtSecondZero();
        for (int number = 1; number <= 8; number++)
        {
            SendAt(harness, number, number);
        }

        SendAt(harness, 9, 12);
        harness.Milliseconds = Seconds(12.2);
        harness.Ack([(9, 9), (5, 5)]);
        Assert.Equal([1, 2, 3, 4, 6, 7, 8], harness.LostNumbers);
        Assert.Equal(0, harness.Recovery.Statistics.PersistentCongestions);
    }

    [Fact]
    public void Cc06_PacketsThatElicitNothingDoNotEstablishIt()
    {
        RecoveryHarness harness = AtSecondZero();
        harness.Milliseconds = Seconds(1);
        harness.Send(harness.Packet(1) with { IsAckEliciting = false });
        SendAt(harness, 2, 4);
        harness.Milliseconds = Seconds(11);
        harness.Send(harness.Packet(3) with { IsAckEliciting = false });
        SendAt(harness, 9, 12);
        AckAt(harness, 9, 12.2);
        Assert.Equal([1, 2, 3], harness.LostNumbers);
        Assert.Equal(0, harness.Recovery.Statistics.PersistentCongestions);
    }

    [Fact]
    public void Cc06_NothingSentBeforeTheFirstRttSampleCounts()
    {
        var harness = new RecoveryHarness();
        harness.Recovery.OnHandshakeConfirmed(harness.Now);
        harness.Milliseconds = Seconds(1);
        harness.Send(0);
        for (int i = 1; i <= 5; i++)
        {
            SendAt(harness, i, 100);
        }

        AckAt(harness, 5, 100.05);
        Assert.Equal([0, 1, 2], harness.LostNumbers);
        Assert.Equal(0, harness.Recovery.Statistics.PersistentCongestions);
    }

    [Fact]
    public void Cc06_AcknowledgmentInAnotherSpaceBreaksTheRun()
    {
        Assert.Equal(0, PersistentCongestionsWith(acknowledgedInHandshake: true));
        Assert.Equal(1, PersistentCongestionsWith(acknowledgedInHandshake: false));

        static long PersistentCongestionsWith(bool acknowledgedInHandshake)
        {
            var harness = new RecoveryHarness();
            harness.Send(0);
            harness.Milliseconds += 10;
            harness.Ack([(0, 0)]);
            harness.Milliseconds = Seconds(2);
            harness.Send(1);
            harness.Milliseconds = Seconds(4);
            harness.Send(0, PacketNumberSpace.Handshake);
            if (acknowledgedInHandshake)
            {
                harness.Milliseconds += 10;
                harness.Ack([(0, 0)], PacketNumberSpace.Handshake);
            }

            harness.Milliseconds = Seconds(8);
            harness.Send(2);
            harness.Send(3);
            harness.Send(4);
            harness.Send(5);
            harness.Milliseconds += 10;
            harness.Ack([(5, 5)]);
            return harness.Recovery.Statistics.PersistentCongestions;
        }
    }

    [Fact]
    public void Cc07_WindowGrowsOnlyWhileItIsInUse()
    {
        RecoveryHarness harness = Established(50);
        long window = harness.Recovery.Congestion.CongestionWindow;
        for (int i = 1; i <= 20; i++)
        {
            harness.Recovery.OnApplicationLimited();
            harness.Send(i);
            harness.Milliseconds += 50;
            harness.Ack([(i, i)]);
        }

        Assert.Equal(window, harness.Recovery.Congestion.CongestionWindow);

        // The application comes back with a full window.
        int number = 21;
        while (harness.Recovery.Constraint == TransmitConstraint.None)
        {
            harness.Send(number++);
        }

        harness.Milliseconds += 50;
        harness.Ack([(21, number - 1)]);
        Assert.Equal(window + ((number - 21) * PacketSize), harness.Recovery.Congestion.CongestionWindow);
    }

    [Fact]
    public void Cc09_AckOnlyPacketsAreNotInFlightAndTheirLossIsNoCongestion()
    {
        RecoveryHarness harness = Established(50);
        for (int i = 1; i <= 5; i++)
        {
            harness.SendAckOnly(i);
        }

        Assert.Equal(0, harness.Recovery.BytesInFlight);
        harness.Send(6);
        harness.Milliseconds += 50;
        harness.Ack([(6, 6)]);
        Assert.Equal([1, 2, 3], harness.LostNumbers);
        Assert.Equal(0, harness.Recovery.Statistics.CongestionEvents);
    }

    [Fact]
    public void ControllerCanBeReplacedAndLearnsTheDatagramSize()
    {
        RecoveryHarness harness = Established(50);
        harness.Recovery.OnMtuChanged(1452, harness.Now);
        var cubic = new Cubic(CongestionOptions.Default);
        harness.Recovery.ReplaceOptions(RecoveryOptions.Default, cubic, harness.Now);
        Assert.Same(cubic, harness.Recovery.Congestion);
        Assert.Equal(14520, cubic.CongestionWindow);
    }

    [Fact]
    public void DeliveryRateIsMeasured()
    {
        RecoveryHarness harness = Established(50);
        for (int i = 1; i <= 8; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 100;
        harness.Ack([(1, 8)]);
        Assert.Equal(8 * PacketSize / 0.1, harness.Recovery.Statistics.DeliveryRate, 3);
    }

    private static double Seconds(double seconds) => seconds * 1000;

    /// <summary>One RTT sample of 200 ms, and a max_ack_delay that makes probe timeouts about 2 s.</summary>
    private static RecoveryHarness AtSecondZero()
    {
        var harness = new RecoveryHarness();
        harness.Recovery.OnHandshakeConfirmed(harness.Now);
        harness.Milliseconds = Seconds(0) - 200;
        harness.Send(0);
        harness.Milliseconds = Seconds(0);
        harness.Ack([(0, 0)]);
        harness.Recovery.PeerMaxAckDelay = Ms(1575);
        return harness;
    }

    private static void SendAt(RecoveryHarness harness, long number, double seconds)
    {
        harness.Milliseconds = Seconds(seconds);
        harness.Send(number);
    }

    private static void AckAt(RecoveryHarness harness, long number, double seconds)
    {
        harness.Milliseconds = Seconds(seconds);
        harness.Ack([(number, number)]);
    }
}
