using HotQuic.Benchmarks.Guard;

namespace HotQuic.Load.Tests.Guard;

public class EstimateTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 3.0, 1, 2 }, 2)]
    [InlineData(new[] { 4.0, 1, 3, 2 }, 2.5)]
    public void The_median_is_the_middle_or_between_the_two(double[] values, double median)
    {
        Assert.Equal(median, Estimate.MedianOf(values));
        Assert.Equal(median, Estimate.Of(values).Median);
    }

    /// <summary>The k-th from either end, where fewer than k heads among n coins have a probability of at most 2.5 %.</summary>
    [Theory]
    [InlineData(5, 1)]
    [InlineData(6, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(12, 3)]
    [InlineData(20, 6)]
    public void The_interval_lies_between_order_statistics(int count, int fromEitherEnd)
    {
        Estimate estimate = Estimate.Of(Enumerable.Range(1, count).Reverse().Select(value => (double)value));
        Assert.Equal(fromEitherEnd, estimate.Low);
        Assert.Equal(count + 1 - fromEitherEnd, estimate.High);
    }

    [Fact]
    public void The_interval_holds_the_true_median_as_often_as_it_says()
    {
        var random = new Random(1);
        int held = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Estimate estimate = Estimate.Of(Enumerable.Range(0, 12).Select(_ => random.NextDouble()));
            held += estimate.Low <= 0.5 && estimate.High >= 0.5 ? 1 : 0;
        }

        Assert.InRange(held, 9_500, 9_750);
    }
}
