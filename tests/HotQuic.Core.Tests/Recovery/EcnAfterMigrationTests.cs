using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>Marks on a path that took the place of another (RFC 9000 §9.4, §13.4.2).</summary>
public sealed class EcnAfterMigrationTests
{
    [Fact]
    public void Ecn03_LossesOnThePathBeforeSayNothingOfThisOne()
    {
        RecoveryHarness harness = RecoveryHarness.Established(100, RecoveryOptions.Default);
        for (int number = 1; number <= 20; number++)
        {
            Send(harness, number);
        }

        harness.Recovery.OnPathChanged();
        for (int number = 21; number <= 30; number++)
        {
            Send(harness, number);
        }

        Assert.Equal(EcnState.Unknown, harness.Recovery.Ecn.State);
        harness.Send(harness.Packet(31));
        harness.Milliseconds += 50;
        Assert.Null(harness.Ack([(31, 31)]));
        Assert.NotEqual(EcnState.Failed, harness.Recovery.Ecn.State);
        harness.Send(harness.Packet(32));
        Assert.Null(harness.Ack([(29, 32)], ecn: new EcnCounts(2, 0, 0)));
        Assert.Equal(EcnState.Capable, harness.Recovery.Ecn.State);
    }

    private static void Send(RecoveryHarness harness, long number) => harness.Send(harness.Packet(number) with { Ecn = EcnCodepoint.Ect0 });
}
