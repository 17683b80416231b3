using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using static HotQuic.Core.Tests.Recovery.RecoveryHarness;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>RFC 9002 §6.2.</summary>
public class ProbeTimeoutTests
{
    [Fact]
    public void Pto01_IsSmoothedRttPlusFourVariationsPlusMaxAckDelayAndDoubles()
    {
        RecoveryHarness harness = Established(100);
        harness.Recovery.PeerMaxAckDelay = Ms(20);
        harness.Send(1);
        double sent = harness.Milliseconds;

        // 100 + 4 * 50 + 20
        Assert.Equal(Ms(320), harness.Recovery.Pto(PacketNumberSpace.Application));
        Assert.Equal(Ms(300), harness.Recovery.Pto(PacketNumberSpace.Handshake));
        Assert.Equal(sent + 320, harness.DeadlineMilliseconds());
        harness.Milliseconds = sent + 320;
        Assert.Equal(TimeoutKind.ProbesWanted, harness.Timeout().Kind);
        Assert.Equal(sent + 640, harness.DeadlineMilliseconds());
    }

    [Fact]
    public void Pto01_VariationCountsForAtLeastTheGranularity()
    {
        RecoveryHarness harness = Established(0.1);
        Assert.Equal(Ms(0.1 + 1 + 25), harness.Recovery.Pto(PacketNumberSpace.Application));
    }

    [Fact]
    public void Pto02_FirstTimeoutIs999Milliseconds()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
        harness.Send(0, PacketNumberSpace.Initial);
        Assert.Equal(1000 + 999, harness.DeadlineMilliseconds());
    }

    [Fact]
    public void Pto02_RttOfAnEarlierConnectionMayServe()
    {
        var harness = new RecoveryHarness(EndpointRole.Client, RecoveryOptions.Default with { InitialRtt = Ms(20) });
        harness.Send(0, PacketNumberSpace.Initial);
        Assert.Equal(1000 + 60, harness.DeadlineMilliseconds());
    }

    [Fact]
    public void Pto03_NoneForApplicationDataBeforeTheHandshakeIsConfirmed()
    {
        var harness = new RecoveryHarness(EndpointRole.Server);
        harness.Send(0);
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
        harness.Recovery.OnHandshakeConfirmed(harness.Now);
        Assert.Equal(1000 + 999 + 25, harness.DeadlineMilliseconds());
    }

    [Fact]
    public void Pto04_NoneWhileATimeThresholdTimerIsArmed()
    {
        RecoveryHarness harness = Established(10);
        harness.Send(1);
        harness.Send(2);
        harness.Milliseconds += 10;
        harness.Ack([(2, 2)]);
        Assert.Equal(1010 + (10 * 9 / 8.0), harness.DeadlineMilliseconds(), 3);
        harness.Milliseconds += 1000;
        Assert.Equal(TimeoutKind.PacketsLost, harness.Timeout().Kind);
        Assert.Equal(0, harness.Recovery.PtoCount);
    }

    [Fact]
    public void Pto05_TheEarlierOfInitialAndHandshakeCounts()
    {
        var harness = new RecoveryHarness(EndpointRole.Server);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Milliseconds += 5;
        harness.Send(0, PacketNumberSpace.Handshake);
        Assert.Equal(1000 + 999, harness.DeadlineMilliseconds());
        harness.Milliseconds += 1000;
        Assert.Equal(PacketNumberSpace.Initial, harness.Timeout().Space);

        harness.Send(1, PacketNumberSpace.Initial);
        Assert.Equal(1005 + (2 * 999), harness.DeadlineMilliseconds());
        harness.Milliseconds += 1000;
        Assert.Equal(PacketNumberSpace.Handshake, harness.Timeout().Space);
    }

    [Fact]
    public void Pto06_ExpiryDoublesTheBackoffForAllSpacesAndLosesNothing()
    {
        var harness = new RecoveryHarness(EndpointRole.Server);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Send(0, PacketNumberSpace.Handshake);
        for (int expiries = 1; expiries <= 3; expiries++)
        {
            harness.Milliseconds = harness.DeadlineMilliseconds();
            Assert.Equal(TimeoutKind.ProbesWanted, harness.Timeout().Kind);
            Assert.Equal(expiries, harness.Recovery.PtoCount);
            Assert.Equal(1000 + (999 << expiries), harness.DeadlineMilliseconds());
        }

        Assert.Empty(harness.LostPackets);
        Assert.Equal(2 * PacketSize, harness.Recovery.BytesInFlight);
        Assert.Equal(3, harness.Recovery.Statistics.ProbeTimeouts);
    }

    [Fact]
    public void Pto06_BackoffNeverOverflows()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(1);
        for (int i = 0; i < 100; i++)
        {
            harness.Milliseconds = Math.Max(harness.DeadlineMilliseconds(), harness.Milliseconds);
            harness.Timeout();
        }

        Assert.True(harness.Recovery.Deadline > At(0));
    }

    [Fact]
    public void Pto07_NewAcknowledgmentResetsTheBackoff()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(1);
        harness.Milliseconds = harness.DeadlineMilliseconds();
        harness.Timeout();
        Assert.Equal(1, harness.Recovery.PtoCount);
        harness.Ack([(0, 0)]);
        Assert.Equal(1, harness.Recovery.PtoCount);
        harness.Ack([(0, 1)]);
        Assert.Equal(0, harness.Recovery.PtoCount);
    }

    [Fact]
    public void Pto07_ClientKeepsTheBackoffOnInitialAcknowledgments()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Milliseconds = harness.DeadlineMilliseconds();
        harness.Timeout();
        harness.Send(1, PacketNumberSpace.Initial);
        harness.Ack([(0, 1)], PacketNumberSpace.Initial);
        Assert.Equal(1, harness.Recovery.PtoCount);

        harness.Send(0, PacketNumberSpace.Handshake);
        harness.Ack([(0, 0)], PacketNumberSpace.Handshake);
        Assert.Equal(0, harness.Recovery.PtoCount);
    }

    [Fact]
    public void Pto08_DiscardedKeysRestartTheTimer()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Milliseconds = harness.DeadlineMilliseconds();
        harness.Timeout();
        harness.Recovery.OnHandshakeKeysAvailable();
        harness.Milliseconds += 10;
        harness.Recovery.DiscardSpace(PacketNumberSpace.Initial, harness.Now);
        Assert.Equal(0, harness.Recovery.PtoCount);
        Assert.Equal(harness.Milliseconds + 999, harness.DeadlineMilliseconds());
        harness.Milliseconds = harness.DeadlineMilliseconds();
        Assert.Equal(PacketNumberSpace.Handshake, harness.Timeout().Space);
    }

    [Fact]
    public void Pto09_OneOrTwoProbesInTheSpaceThatTimedOut()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(1);
        harness.Milliseconds = harness.DeadlineMilliseconds();
        Assert.Equal(new TimeoutResult(TimeoutKind.ProbesWanted, PacketNumberSpace.Application, 1), harness.Timeout());
        harness.Send(2);
        harness.Milliseconds = harness.DeadlineMilliseconds();
        Assert.Equal(2, harness.Timeout().Probes);
    }

    [Fact]
    public void Pto09_OldDataIsGivenBackOldestFirstAndOnlyOnce()
    {
        RecoveryHarness harness = Established(100);
        harness.Send(1);
        harness.SendAckOnly(2);
        harness.Send(3);
        Assert.True(harness.Recovery.TryMarkOldestForProbe(PacketNumberSpace.Application, harness));
        Assert.True(harness.Recovery.TryMarkOldestForProbe(PacketNumberSpace.Application, harness));
        Assert.False(harness.Recovery.TryMarkOldestForProbe(PacketNumberSpace.Application, harness));
        Assert.Equal([1UL, 3UL], harness.LostFrames);
        Assert.Empty(harness.LostPackets);
        Assert.Equal(2 * PacketSize, harness.Recovery.BytesInFlight);

        // The packet can still be acknowledged, or lost, without its frames being lost twice.
        for (int i = 4; i <= 8; i++)
        {
            harness.Send(i);
        }

        harness.Milliseconds += 10;
        harness.Ack([(4, 8), (1, 1)]);
        Assert.Contains(1UL, harness.AcknowledgedFrames);
        Assert.Equal([2, 3], harness.LostNumbers);
        Assert.Equal([1UL, 3UL, 2UL], harness.LostFrames);
    }

    [Fact]
    public void Pto10_ProbesGoBeyondTheWindowAndCountInFlight()
    {
        RecoveryHarness harness = Established(100);
        int number = 1;
        while (harness.Recovery.SendAllowance >= PacketSize)
        {
            harness.Send(number++);
        }

        long before = harness.Recovery.BytesInFlight;
        harness.Milliseconds = harness.DeadlineMilliseconds();
        harness.Timeout();
        harness.Send(number);
        Assert.Equal(before + PacketSize, harness.Recovery.BytesInFlight);
        Assert.True(harness.Recovery.SendAllowance < 0);
    }

    [Fact]
    public void Pto11_ClientStaysArmedWithNothingInFlightUntilItsAddressIsKnownValidated()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Milliseconds += 40;
        harness.Ack([(0, 0)], PacketNumberSpace.Initial);
        Assert.Equal(0, harness.Recovery.BytesInFlight);

        // 40 + 4 * 20, from the acknowledgment on
        Assert.Equal(harness.Milliseconds + 120, harness.DeadlineMilliseconds());
        harness.Milliseconds = harness.DeadlineMilliseconds();
        Assert.Equal(new TimeoutResult(TimeoutKind.ProbesWanted, PacketNumberSpace.Initial, 1), harness.Timeout());
        Assert.Equal(harness.Milliseconds + 240, harness.DeadlineMilliseconds());

        harness.Recovery.OnHandshakeKeysAvailable();
        harness.Milliseconds = harness.DeadlineMilliseconds();
        Assert.Equal(PacketNumberSpace.Handshake, harness.Timeout().Space);

        harness.Send(0, PacketNumberSpace.Handshake);
        harness.Ack([(0, 0)], PacketNumberSpace.Handshake);
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
    }

    [Fact]
    public void Pto11_ClientWithOnlyZeroRttInFlightStaysArmed()
    {
        var harness = new RecoveryHarness(EndpointRole.Client);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Send(0);
        harness.Milliseconds += 40;
        harness.Ack([(0, 0)], PacketNumberSpace.Initial);
        Assert.Equal(harness.Milliseconds + 120, harness.DeadlineMilliseconds());
    }

    [Fact]
    public void Pto11_ServerAtItsAmplificationLimitArmsNothing()
    {
        var harness = new RecoveryHarness(EndpointRole.Server);
        harness.Send(0, PacketNumberSpace.Initial);
        harness.Recovery.IsAmplificationLimited = true;
        Assert.Equal(Instant.Never, harness.Recovery.Deadline);
        harness.Milliseconds += 5000;
        Assert.Equal(TimeoutKind.None, harness.Timeout().Kind);

        // A datagram lifts the limit: the timer then lies in the past and fires at once (RFC 9002 §6.2.2.1).
        harness.Recovery.IsAmplificationLimited = false;
        Assert.Equal(1999, harness.DeadlineMilliseconds());
        Assert.Equal(TimeoutKind.ProbesWanted, harness.Timeout().Kind);
    }
}
