using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using static HotQuic.Core.Tests.Recovery.RecoveryHarness;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>RFC 9002 §5.</summary>
public class RttEstimatorTests
{
    private static RttEstimator New() => new(Ms(333), Ms(1));

    [Fact]
    public void Loss01_SampleOnlyWhereTheLargestAcknowledgedIsNewlyAcknowledged()
    {
        var harness = new RecoveryHarness();
        harness.Send(0);
        harness.Send(1);
        harness.Milliseconds += 50;
        harness.Ack([(1, 1)]);
        Assert.Equal(Ms(50), harness.Recovery.Rtt.Latest);

        harness.Milliseconds += 30;
        harness.Ack([(0, 1)]);
        Assert.Equal(Ms(50), harness.Recovery.Rtt.Latest);
    }

    [Fact]
    public void Loss01_NoSampleWhereNothingAckElicitingIsNewlyAcknowledged()
    {
        var harness = new RecoveryHarness();
        harness.SendAckOnly(0);
        harness.Milliseconds += 50;
        harness.Ack([(0, 0)]);
        Assert.False(harness.Recovery.Rtt.HasSample);

        // The largest is an ACK-only packet, but an ack-eliciting one is newly acknowledged with it.
        harness.Send(1);
        harness.SendAckOnly(2);
        harness.Milliseconds += 40;
        harness.Ack([(0, 2)]);
        Assert.Equal(Ms(40), harness.Recovery.Rtt.Latest);
    }

    [Fact]
    public void Loss02_MinimumIsOfSamplesWithoutAckDelay()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(100), Ms(0), At(1));
        rtt.OnSample(Ms(90), Ms(80), At(2));
        Assert.Equal(Ms(90), rtt.Min);
        rtt.OnSample(Ms(200), Ms(0), At(3));
        Assert.Equal(Ms(90), rtt.Min);
    }

    [Fact]
    public void Loss02_MinimumStartsAnewAfterPersistentCongestion()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(10), Ms(0), At(1));
        rtt.OnSample(Ms(80), Ms(0), At(2));
        rtt.OnPersistentCongestion();
        Assert.Equal(Ms(80), rtt.Min);
    }

    [Fact]
    public void Loss03_FirstSampleSetsSmoothedAndHalfOfItAsVariation()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(80), Ms(30), At(1));
        Assert.Equal((Ms(80), Ms(40), Ms(80)), (rtt.Smoothed, rtt.Variation, rtt.Min));
        Assert.Equal(At(1), rtt.FirstSampleAt);
    }

    [Fact]
    public void Loss03_LaterSamplesWeighAnEighthAndAQuarter()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(80), Ms(0), At(1));
        rtt.OnSample(Ms(160), Ms(0), At(2));

        // rttvar = 3/4 * 40 + 1/4 * |80 - 160| = 50; srtt = 7/8 * 80 + 1/8 * 160 = 90
        Assert.Equal((Ms(90), Ms(50)), (rtt.Smoothed, rtt.Variation));
    }

    [Fact]
    public void Loss04_AckDelayIsTakenOffUnlessBelowTheMinimum()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(80), Ms(0), At(1));
        rtt.OnSample(Ms(112), Ms(24), At(2));

        // adjusted 88: srtt = (7*80 + 88)/8 = 81
        Assert.Equal(Ms(81), rtt.Smoothed);

        // 100 - 24 = 76 is below the minimum of 80: not believed. srtt = (7*81 + 100)/8 = 83.375
        rtt.OnSample(Ms(100), Ms(24), At(3));
        Assert.Equal(Ms(83.375), rtt.Smoothed);

        // Exactly the minimum is allowed: 104 - 24 = 80.
        rtt.OnSample(Ms(104), Ms(24), At(4));
        Assert.Equal(Ms(((7 * 83.375) + 80) / 8), rtt.Smoothed);
    }

    [Fact]
    public void Loss04_AckDelayIsCappedByThePeersLimitOnceConfirmedAndNotBefore()
    {
        Assert.Equal(Ms(((7 * 50) + 60) / 8.0), SmoothedAfterDelayOf40(isConfirmed: false));
        Assert.Equal(Ms(((7 * 50) + 75) / 8.0), SmoothedAfterDelayOf40(isConfirmed: true));

        static TimeSpan SmoothedAfterDelayOf40(bool isConfirmed)
        {
            var harness = new RecoveryHarness();
            harness.Recovery.PeerMaxAckDelay = Ms(25);
            harness.Send(0);
            harness.Milliseconds += 50;
            harness.Ack([(0, 0)]);
            if (isConfirmed)
            {
                harness.Recovery.OnHandshakeConfirmed(harness.Now);
            }

            harness.Send(1);
            harness.Milliseconds += 100;
            harness.Ack([(0, 1)], ackDelayMilliseconds: 40);
            return harness.Recovery.Rtt.Smoothed;
        }
    }

    [Fact]
    public void Loss04_AckDelayOfInitialPacketsIsIgnored()
    {
        var harness = new RecoveryHarness();
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Milliseconds += 40;
        harness.Ack([(0, 0)], PacketNumberSpace.Initial);
        harness.Send(1, PacketNumberSpace.Initial);
        harness.Milliseconds += 120;
        harness.Ack([(0, 1)], PacketNumberSpace.Initial, ackDelayMilliseconds: 60);
        Assert.Equal(Ms(((7 * 40) + 120) / 8.0), harness.Recovery.Rtt.Smoothed);
    }

    [Fact]
    public void Loss04_AbsurdAckDelayIsHarmless()
    {
        RttEstimator rtt = New();
        rtt.OnSample(Ms(80), Ms(0), At(1));
        rtt.OnSample(Ms(80), TimeSpan.MaxValue, At(2));
        Assert.Equal(Ms(80), rtt.Smoothed);
    }

    [Fact]
    public void Loss03_RttOfMicrosecondsKeepsItsPrecision()
    {
        RttEstimator rtt = New();
        rtt.OnSample(TimeSpan.FromMicroseconds(50), TimeSpan.Zero, At(1));
        rtt.OnSample(TimeSpan.FromMicroseconds(58), TimeSpan.Zero, At(2));
        Assert.Equal(TimeSpan.FromMicroseconds(51), rtt.Smoothed);
        rtt.OnSample(TimeSpan.Zero, TimeSpan.Zero, At(3));
        Assert.Equal(TimeSpan.FromTicks(1), rtt.Min);
    }
}
