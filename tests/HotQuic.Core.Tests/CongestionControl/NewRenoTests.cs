using HotQuic.Core.CongestionControl;
using static HotQuic.Core.Tests.CongestionControl.Batches;

namespace HotQuic.Core.Tests.CongestionControl;

/// <summary>RFC 9002 §7.</summary>
public class NewRenoTests
{
    [Theory]
    [InlineData(1200, 12000)]
    [InlineData(1452, 14520)]
    [InlineData(1472, 14720)]
    [InlineData(1500, 14720)]
    [InlineData(9000, 18000)]
    public void Cc02_InitialWindowIsTenDatagramsWithinItsCap(int maxDatagramSize, long window)
    {
        CongestionOptions options = CongestionOptions.Default with { MaxDatagramSize = maxDatagramSize };
        Assert.Equal(window, new NewReno(options).CongestionWindow);
        Assert.Equal(window, new Cubic(options).CongestionWindow);
    }

    [Fact]
    public void Cc02_InitialWindowFollowsTheDatagramSizeUntilItIsTouched()
    {
        var reno = new NewReno(CongestionOptions.Default);
        reno.OnMtuChanged(1452);
        Assert.Equal(14520, reno.CongestionWindow);
        reno.OnMtuChanged(1200);
        Assert.Equal(12000, reno.CongestionWindow);
        reno.OnAcknowledged(Batch(reno, 100, 50));
        reno.OnMtuChanged(1452);
        Assert.Equal(13200, reno.CongestionWindow);
    }

    [Fact]
    public void Cc02_MinimumWindowIsTwoDatagrams()
    {
        var reno = new NewReno(CongestionOptions.Default);
        for (int i = 1; i < 10; i++)
        {
            Assert.True(Lose(reno, 1000 * i, (1000 * i) + 100));
        }

        Assert.Equal(2 * Mds, reno.CongestionWindow);
    }

    [Fact]
    public void Cc03_SlowStartGrowsByWhatIsAcknowledgedAndEndsWithALoss()
    {
        var reno = new NewReno(CongestionOptions.Default);
        Assert.True(reno.IsInSlowStart);
        reno.OnAcknowledged(Batch(reno, 100, 50, bytes: 5000));
        Assert.Equal(17000, reno.CongestionWindow);
        Lose(reno, 110, 120);
        Assert.False(reno.IsInSlowStart);
        Assert.Equal((8500, 8500), (reno.CongestionWindow, reno.SlowStartThreshold));
    }

    [Fact]
    public void Cc03_CeMarksEndSlowStartLikeALoss()
    {
        var reno = new NewReno(CongestionOptions.Default);
        reno.OnCongestionEvent(new CongestionEvent(At(10), At(20), IsEcn: true));
        Assert.Equal((6000, false), (reno.CongestionWindow, reno.IsInSlowStart));
    }

    [Fact]
    public void Cc04_OneReductionARecoveryPeriodWhichEndsWithAPacketSentDuringIt()
    {
        var reno = new NewReno(CongestionOptions.Default);
        Assert.True(Lose(reno, 90, 100));
        Assert.Equal(6000, reno.CongestionWindow);

        // Sent before the period began: covered by it, for losses and for growth.
        Assert.False(Lose(reno, 100, 110));
        reno.OnAcknowledged(Batch(reno, 140, 50, bytes: 6000));
        Assert.Equal(6000, reno.CongestionWindow);

        // Sent during it: grows again, and a loss begins a new one.
        reno.OnAcknowledged(Batch(reno, 160, 50, bytes: 6000));
        Assert.Equal(7200, reno.CongestionWindow);
        Assert.True(Lose(reno, 111, 170));
        Assert.Equal(3600, reno.CongestionWindow);
    }

    [Fact]
    public void Cc05_OneDatagramForEachWindowThatIsAcknowledged()
    {
        var reno = new NewReno(CongestionOptions.Default);
        Lose(reno, 0, 10);
        for (int i = 0; i < 4; i++)
        {
            reno.OnAcknowledged(Batch(reno, 100, 50, bytes: 1200));
            Assert.Equal(6000, reno.CongestionWindow);
        }

        reno.OnAcknowledged(Batch(reno, 100, 50, bytes: 1200));
        Assert.Equal(7200, reno.CongestionWindow);
        reno.OnAcknowledged(Batch(reno, 100, 50, bytes: 7199));
        Assert.Equal(7200, reno.CongestionWindow);
        reno.OnAcknowledged(Batch(reno, 100, 50, bytes: 1));
        Assert.Equal(8400, reno.CongestionWindow);
    }

    [Fact]
    public void Cc06_PersistentCongestionLeavesTheMinimumAndSlowStartUpToTheThreshold()
    {
        var reno = new NewReno(CongestionOptions.Default);
        Lose(reno, 0, 10);
        reno.OnPersistentCongestion();
        Assert.Equal((2 * Mds, 6000L, true), (reno.CongestionWindow, reno.SlowStartThreshold, reno.IsInSlowStart));
        reno.OnAcknowledged(Batch(reno, 11, 5, bytes: 2400));
        Assert.Equal(4800, reno.CongestionWindow);
        reno.OnAcknowledged(Batch(reno, 30, 5, bytes: 4800));
        Assert.Equal(6000, reno.CongestionWindow);
    }

    [Theory]
    [InlineData(5999, false)]
    [InlineData(6000, true)]
    public void Cc07_SlowStartGrowsForAnApplicationLimitedSenderOnlyWithHalfTheWindowInFlight(long inFlight, bool grows)
    {
        var reno = new NewReno(CongestionOptions.Default);
        reno.OnAcknowledged(Batch(reno, 100, 50) with { IsApplicationLimited = true, BytesInFlightBefore = inFlight });
        Assert.Equal(grows, reno.CongestionWindow > 12000);
    }

    [Theory]
    [InlineData(2399, false)]
    [InlineData(2400, true)]
    public void Cc07_AvoidanceGrowsForAnApplicationLimitedSenderOnlyWithAFullWindow(long inFlight, bool grows)
    {
        var reno = new NewReno(CongestionOptions.Default);
        Lose(reno, 0, 10);
        reno.OnAcknowledged(Batch(reno, 100, 50, 6000) with { IsApplicationLimited = true, BytesInFlightBefore = inFlight });
        Assert.Equal(grows, reno.CongestionWindow > 6000);
    }

    [Theory]
    [InlineData(false, 5999, false)]
    [InlineData(false, 6000, true)]
    [InlineData(true, 5999, false)]
    [InlineData(true, 6000, true)]
    public void Cc07_NothingGrowsWhileProcessorOrFlowControlKeepHalfTheWindowEmpty(bool isInAvoidance, long inFlight, bool grows)
    {
        var reno = new NewReno(CongestionOptions.Default);
        if (isInAvoidance)
        {
            reno.OnAcknowledged(Batch(reno, 5, 1, bytes: 12000));
            Lose(reno, 6, 10);
        }

        Assert.Equal(12000, reno.CongestionWindow);
        reno.OnAcknowledged(Batch(reno, 100, 50, 12000) with { BytesInFlightBefore = inFlight });
        Assert.Equal(grows, reno.CongestionWindow > 12000);
    }

    [Fact]
    public void Cc10_WindowNeverPassesItsMaximum()
    {
        var reno = new NewReno(CongestionOptions.Default with { MaximumWindow = 1 << 20 });
        for (int i = 0; i < 30; i++)
        {
            reno.OnAcknowledged(Batch(reno, 100 + i, 0.05, reno.CongestionWindow));
        }

        Assert.Equal(1 << 20, reno.CongestionWindow);
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        CongestionOptions options = CongestionOptions.Default with { MaxDatagramSize = 1199 };
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new NewReno(options));
        Assert.Equal("MaxDatagramSize", exception.ParamName);
    }
}
