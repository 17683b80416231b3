using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>RFC 9000 §13.4.2.</summary>
public class EcnValidatorTests
{
    private const PacketNumberSpace Space = PacketNumberSpace.Application;

    private static EcnValidator AfterSending(int marked)
    {
        var ecn = new EcnValidator(isEnabled: true);
        for (int i = 0; i < marked; i++)
        {
            ecn.OnPacketSent(Space, ecn.CodepointToSend);
        }

        return ecn;
    }

    private static bool Ack(EcnValidator ecn, EcnCounts? counts, int newlyEct0, int newlyEct1 = 0) =>
        ecn.OnAckReceived(Space, new EcnReport(counts, newlyEct0, newlyEct1, RaisesLargestAcknowledged: true));

    [Fact]
    public void TestingMarksTenPacketsThenWaitsForTheAnswer()
    {
        EcnValidator ecn = AfterSending(9);
        Assert.Equal((EcnState.Testing, EcnCodepoint.Ect0), (ecn.State, ecn.CodepointToSend));
        ecn.OnPacketSent(Space, ecn.CodepointToSend);
        Assert.Equal((EcnState.Unknown, EcnCodepoint.NotEct), (ecn.State, ecn.CodepointToSend));
        Ack(ecn, new EcnCounts(4, 0, 0), 4);
        Assert.Equal((EcnState.Capable, EcnCodepoint.Ect0), (ecn.State, ecn.CodepointToSend));
    }

    [Fact]
    public void Ecn01_MarkedPacketsAcknowledgedWithoutCountsFail()
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, null, 1);
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn01_UnmarkedPacketsNeedNoCounts()
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, null, 0);
        Assert.Equal(EcnState.Testing, ecn.State);
    }

    [Theory]
    [InlineData(2, 0, 0, true)]
    [InlineData(1, 0, 1, true)]
    [InlineData(0, 0, 2, true)]
    [InlineData(3, 0, 0, true)] // an ACK frame before this one was lost
    [InlineData(1, 0, 0, false)]
    [InlineData(0, 0, 1, false)]
    [InlineData(0, 0, 0, false)]
    [InlineData(2, 1, 0, false)] // ECT(1) was never sent
    [InlineData(4, 0, 0, false)] // more than was sent
    [InlineData(2, 0, 2, false)] // four marks for three marked packets
    public void Ecn01_CountsMustCoverWhatIsNewlyAcknowledgedAndNotExceedWhatWasSent(ulong ect0, ulong ect1, ulong ce, bool isValid)
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, new EcnCounts(ect0, ect1, ce), newlyEct0: 2);
        Assert.Equal(isValid, ecn.State != EcnState.Failed);
    }

    [Fact]
    public void Ecn01_SameRuleForEct1()
    {
        var ecn = new EcnValidator(isEnabled: true);
        ecn.OnPacketSent(Space, EcnCodepoint.Ect1);
        ecn.OnPacketSent(Space, EcnCodepoint.Ect1);
        Ack(ecn, new EcnCounts(0, 1, 0), 0, newlyEct1: 1);
        Assert.NotEqual(EcnState.Failed, ecn.State);
        Ack(ecn, new EcnCounts(0, 1, 0), 0, newlyEct1: 1);
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn01_CountsThatShrinkFail()
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, new EcnCounts(2, 0, 0), 2);
        Ack(ecn, new EcnCounts(1, 0, 1), 0);
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn01_SpacesCountApart()
    {
        var ecn = new EcnValidator(isEnabled: true);
        ecn.OnPacketSent(PacketNumberSpace.Initial, EcnCodepoint.Ect0);
        ecn.OnPacketSent(PacketNumberSpace.Handshake, EcnCodepoint.Ect0);
        ecn.OnAckReceived(PacketNumberSpace.Initial, new EcnReport(new EcnCounts(1, 0, 0), 1, 0, true));
        Assert.NotEqual(EcnState.Failed, ecn.State);
        ecn.OnAckReceived(PacketNumberSpace.Handshake, new EcnReport(new EcnCounts(2, 0, 0), 1, 0, true));
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn02_AckThatDoesNotRaiseTheLargestNeverFails()
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, new EcnCounts(2, 0, 0), 2);
        ecn.OnAckReceived(Space, new EcnReport(new EcnCounts(1, 0, 0), 1, 0, RaisesLargestAcknowledged: false));
        ecn.OnAckReceived(Space, new EcnReport(null, 1, 0, RaisesLargestAcknowledged: false));
        Assert.NotEqual(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn03_FailureStopsMarkingAlsoMidConnection()
    {
        EcnValidator ecn = AfterSending(10);
        Ack(ecn, new EcnCounts(10, 0, 0), 10);
        Assert.Equal(EcnState.Capable, ecn.State);
        for (int i = 0; i < 5; i++)
        {
            ecn.OnPacketSent(Space, ecn.CodepointToSend);
        }

        Ack(ecn, new EcnCounts(12, 0, 0), 5);
        Assert.Equal((EcnState.Failed, EcnCodepoint.NotEct), (ecn.State, ecn.CodepointToSend));

        // What comes later changes nothing, and reports no congestion.
        Assert.False(Ack(ecn, new EcnCounts(12, 0, 3), 0));
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn03_AllMarkedPacketsLostIsFailure()
    {
        EcnValidator ecn = AfterSending(10);
        for (int i = 0; i < 9; i++)
        {
            ecn.OnPacketLost();
        }

        Assert.Equal(EcnState.Unknown, ecn.State);
        ecn.OnPacketLost();
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn03_PathThatMarksEveryPacketIsFailure()
    {
        EcnValidator ecn = AfterSending(10);
        Ack(ecn, new EcnCounts(0, 0, 4), 4);
        Assert.Equal(EcnState.Unknown, ecn.State);
        Ack(ecn, new EcnCounts(0, 0, 10), 6);
        Assert.Equal(EcnState.Failed, ecn.State);
    }

    [Fact]
    public void Ecn03_NewPathIsTestedAfresh()
    {
        EcnValidator ecn = AfterSending(3);
        Ack(ecn, null, 1);
        ecn.OnPathChanged(isEnabled: true);
        Assert.Equal((EcnState.Testing, EcnCodepoint.Ect0), (ecn.State, ecn.CodepointToSend));
    }

    [Fact]
    public void Ecn04_MoreCeMarksAreReportedOnce()
    {
        EcnValidator ecn = AfterSending(10);
        Assert.False(Ack(ecn, new EcnCounts(3, 0, 0), 3));
        Assert.True(Ack(ecn, new EcnCounts(4, 0, 2), 3));
        Assert.False(Ack(ecn, new EcnCounts(5, 0, 2), 1));
    }

    [Fact]
    public void Ecn04_ValidatedCeMarksAreACongestionEvent()
    {
        var harness = new RecoveryHarness(options: RecoveryOptions.Default);
        harness.Recovery.OnHandshakeConfirmed(harness.Now);
        for (int i = 0; i < 4; i++)
        {
            harness.Send(harness.Packet(i) with { Ecn = harness.Recovery.Ecn.CodepointToSend });
        }

        long window = harness.Recovery.Congestion.CongestionWindow;
        harness.Milliseconds += 20;
        harness.Ack([(0, 1)], ecn: new EcnCounts(1, 0, 1));
        Assert.Equal(1, harness.Recovery.Statistics.EcnCongestionEvents);
        Assert.Equal(window / 2, harness.Recovery.Congestion.CongestionWindow);

        // Sent before the recovery period: no second reduction.
        harness.Ack([(0, 3)], ecn: new EcnCounts(2, 0, 2));
        Assert.Equal(1, harness.Recovery.Statistics.CongestionEvents);
        Assert.Equal(window / 2, harness.Recovery.Congestion.CongestionWindow);
    }
}
