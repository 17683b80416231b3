using HotQuic.Load.Measuring;

namespace HotQuic.Tools.Tests.Load;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    public void SmallDurationsComeBackExactly(long nanoseconds)
    {
        LatencyHistogram histogram = new();

        histogram.Record(nanoseconds);

        Assert.Equal(nanoseconds, histogram.ValueAt(0.5));
    }

    [Fact]
    public void EveryPercentileIsWithinTheErrorBoundOfTheSortedValues()
    {
        const int Seed = 20261121;
        Random random = new(Seed);
        long[] values = new long[20_000];
        LatencyHistogram histogram = new();
        for (int index = 0; index < values.Length; index++)
        {
            // Evenly over the orders of magnitude, from 1 ns to minutes.
            values[index] = (long)Math.Exp(random.NextDouble() * Math.Log(LatencyHistogram.LargestNanoseconds));
            histogram.Record(values[index]);
        }

        Array.Sort(values);
        foreach (double quantile in (double[])[0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1])
        {
            long expected = values[Math.Max(0, (int)Math.Ceiling(quantile * values.Length) - 1)];
            double error = Math.Abs(histogram.ValueAt(quantile) - expected);
            Assert.True(error <= expected * LatencyHistogram.RelativeError, $"seed {Seed}, quantile {quantile}: {error} off {expected}");
        }
    }

    [Fact]
    public void TheBoundHoldsAtBothEdgesOfEveryBucketSize()
    {
        for (int bits = 8; bits < 40; bits++)
        {
            foreach (long value in (long[])[(1L << bits) - 1, 1L << bits, (1L << bits) + 1])
            {
                LatencyHistogram histogram = new();
                histogram.Record(value);
                Assert.InRange(
                    histogram.ValueAt(1), value * (1 - LatencyHistogram.RelativeError), value * (1 + LatencyHistogram.RelativeError));
            }
        }
    }

    [Fact]
    public void ADurationBeyondTheLargestCountsAsTheLargest()
    {
        LatencyHistogram histogram = new();

        histogram.Record(long.MaxValue);
        histogram.Record(-1);

        Assert.Equal(2, histogram.Count);
        Assert.Equal(0, histogram.ValueAt(0));
        Assert.InRange(histogram.ValueAt(1), LatencyHistogram.LargestNanoseconds * 0.99, LatencyHistogram.LargestNanoseconds);
    }

    [Fact]
    public void SumsOfHistogramsCountWhatBothCounted()
    {
        LatencyHistogram fast = new();
        LatencyHistogram slow = new();
        LatencyHistogram sum = new();
        fast.Record(10);
        fast.Record(10);
        slow.Record(200);

        fast.AddTo(sum);
        slow.AddTo(sum);

        Assert.Equal(3, sum.Count);
        Assert.Equal(10, sum.ValueAt(0.5));
        Assert.Equal(200, sum.ValueAt(1));
    }

    [Fact]
    public void RecordingAllocatesNothing()
    {
        LatencyHistogram histogram = new();
        histogram.Record(1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int index = 0; index < 1000; index++)
        {
            histogram.Record(index * 1000);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void AQuantileOutsideZeroToOneIsTheCallersMistake(double quantile) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(quantile), () => new LatencyHistogram().ValueAt(quantile));

    [Fact]
    public void WithoutDurationsEveryPercentileIsZero() => Assert.Equal(0, new LatencyHistogram().ValueAt(0.99));
}
