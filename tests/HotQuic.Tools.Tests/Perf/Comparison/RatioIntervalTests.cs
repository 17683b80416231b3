using HotQuic.Tools.Perf.Comparison;

namespace HotQuic.Tools.Tests.Perf.Comparison;

public sealed class RatioIntervalTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(5, 0.9375)]
    [InlineData(6, 0.96875)]
    [InlineData(10, 0.951171875)]
    public void TheConfidenceIsThatOfTheSignedRanks(int pairs, double confidence)
    {
        RatioInterval interval = RatioInterval.Of([.. Enumerable.Range(1, pairs).Select(pair => (double)pair)]);

        Assert.Equal(confidence, interval.Confidence, 12);
    }

    [Fact]
    public void FewestPairsAreThoseThatCarryWhatIsWanted()
    {
        double[] ratios = [.. Enumerable.Repeat(1.0, RatioInterval.FewestPairs)];

        Assert.True(RatioInterval.Of(ratios).Confidence >= RatioInterval.Wanted);
        Assert.True(RatioInterval.Of(ratios[1..]).Confidence < RatioInterval.Wanted);
    }

    [Fact]
    public void OfSixPairsTheIntervalReachesFromTheSmallestToTheLargest()
    {
        RatioInterval interval = RatioInterval.Of([1.1, 0.9, 1.3, 1.0, 1.2, 1.05]);

        Assert.Equal((0.9, 1.3), (interval.Low, interval.High), Close);
        Assert.InRange(interval.Ratio, 1.0, 1.15);
    }

    /// <summary>Ten values: of the 55 averages, eight are left out at either end (Hollander and Wolfe, table A.4: 8 for 10 pairs at 5 %).</summary>
    [Fact]
    public void OneOutlierOfTenMovesTheIntervalLittle()
    {
        double[] ratios = [1.20, 1.21, 1.22, 1.23, 1.24, 1.25, 1.26, 1.27, 1.28, 1.29];
        RatioInterval calm = RatioInterval.Of(ratios);
        ratios[9] = 5;
        RatioInterval disturbed = RatioInterval.Of(ratios);

        Assert.InRange(calm.Low, 1.21, 1.24);
        Assert.InRange(disturbed.High, calm.High, 2.6);
        Assert.Equal(calm.Ratio, disturbed.Ratio, 0.02);
        Assert.True(disturbed.Low > 1.2);
    }

    [Fact]
    public void TheOtherWayRoundIsTheReciprocal()
    {
        double[] ratios = [1.1, 0.9, 1.3, 1.0, 1.2, 1.05, 1.4];
        RatioInterval there = RatioInterval.Of(ratios);
        RatioInterval back = RatioInterval.Of([.. ratios.Select(ratio => 1 / ratio)]);

        Assert.Equal((1 / there.High, 1 / there.Low), (back.Low, back.High), Close);
        Assert.Equal(1 / there.Ratio, back.Ratio, 12);
    }

    /// <summary>What is promised: of 2,000 comparisons without a difference, at most about one in twenty shows one, however the noise is spread.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    [InlineData(15)]
    public void WithoutADifferenceOneIsSeldomShown(int pairs)
    {
        Random random = new(1);
        int shown = Enumerable.Range(0, 2000).Count(_ =>
        {
            // Noise with long tails: now and then the machine runs at half its speed.
            RatioInterval interval = RatioInterval.Of([.. Enumerable.Range(0, pairs).Select(_ => Time() / Time())]);
            return interval.Low > 1 || interval.High < 1;
        });

        Assert.InRange(shown, 1, 130);

        double Time() => (1 + (0.1 * random.NextDouble())) * (random.Next(10) == 0 ? 2 : 1);
    }

    private static bool Close((double A, double B) first, (double A, double B) second) =>
        Math.Abs(first.A - second.A) < 1e-9 && Math.Abs(first.B - second.B) < 1e-9;
}
