using HotQuic.Core.CongestionControl;
using static HotQuic.Core.Tests.CongestionControl.Batches;

namespace HotQuic.Core.Tests.CongestionControl;

/// <summary>RFC 9406.</summary>
public class HyStartTests
{
    [Theory]
    [InlineData(40, 44.9, false)] // threshold: an eighth of the round before, 5 ms
    [InlineData(40, 45, true)]
    [InlineData(10, 13.9, false)] // at least 4 ms
    [InlineData(10, 14, true)]
    [InlineData(400, 415.9, false)] // at most 16 ms
    [InlineData(400, 416, true)]
    public void Cc10_DelayIncreaseBeginsTheConservativePhase(double firstRtt, double secondRtt, bool leaves)
    {
        var cubic = new Cubic(CongestionOptions.Default);
        double now = Round(cubic, 1000, firstRtt);
        long before = cubic.CongestionWindow;
        Round(cubic, now, secondRtt);
        double growth = (double)(cubic.CongestionWindow - before) / before;

        // Eight samples of ten are slow start's, and where the rise was seen the last two grow by a quarter.
        Assert.Equal(leaves ? 0.8 + (0.2 / 4) : 1.0, growth, 2);
        Assert.True(cubic.IsInSlowStart);
    }

    [Fact]
    public void Cc10_FewerThanEightSamplesDecideNothing()
    {
        var cubic = new Cubic(CongestionOptions.Default);
        double now = 1000;
        for (int round = 0; round < 6; round++)
        {
            long before = cubic.CongestionWindow;
            now = Round(cubic, now, 40 + (30 * round), samples: 7);
            Assert.Equal(1.0, (double)(cubic.CongestionWindow - before) / before, 2);
        }
    }

    [Fact]
    public void Cc10_FiveConservativeRoundsEndSlowStartAtTheWindowReached()
    {
        var cubic = new Cubic(CongestionOptions.Default);
        double now = Round(cubic, 1000, 40);
        now = Round(cubic, now, 60);
        for (int round = 2; round <= 5; round++)
        {
            Assert.True(cubic.IsInSlowStart);
            now = Round(cubic, now, 60);
        }

        long window = cubic.CongestionWindow;
        Round(cubic, now, 60);
        Assert.False(cubic.IsInSlowStart);
        Assert.Equal(window, cubic.SlowStartThreshold);
        Assert.InRange(cubic.CongestionWindow, window, window + (2 * Mds));
    }

    [Fact]
    public void Cc10_RttThatFallsAgainResumesSlowStart()
    {
        var cubic = new Cubic(CongestionOptions.Default);
        double now = Round(cubic, 1000, 40);
        now = Round(cubic, now, 60);
        now = Round(cubic, now, 40);
        for (int round = 0; round < 8; round++)
        {
            long before = cubic.CongestionWindow;
            now = Round(cubic, now, 40);
            Assert.Equal(1.0, (double)(cubic.CongestionWindow - before) / before, 2);
        }

        Assert.Equal(long.MaxValue, cubic.SlowStartThreshold);
    }

    [Fact]
    public void Cc03_LossEndsSlowStartAtOnce()
    {
        var cubic = new Cubic(CongestionOptions.Default);
        double now = Round(cubic, 1000, 40);
        Lose(cubic, now, now + 1);
        Assert.False(cubic.IsInSlowStart);
    }

    /// <summary>One round: a window acknowledged in equal batches, all sent after the round before ended.</summary>
    private static double Round(Cubic cubic, double startMs, double rttMs, int samples = 10)
    {
        long share = cubic.CongestionWindow / samples;
        for (int i = 0; i < samples; i++)
        {
            double now = startMs + rttMs + (i * 0.01);
            cubic.OnAcknowledged(Batch(cubic, now, rttMs, share) with
            {
                // Only the first is sent after the round before ended: it is what ends it.
                EarliestSentAt = At(startMs + (i * 0.01)),
                LatestSentAt = At(startMs + (i * 0.01)),
            });
        }

        return startMs + rttMs + 1;
    }
}
