using HotQuic.Load.Measuring;

namespace HotQuic.Load.Tests.Statistics;

public sealed class HistogramTests
{
    [Fact]
    public void WhatCameBetweenTwoReadingsIsTheirDifference()
    {
        LatencyHistogram counters = Of(100, 200);
        LatencyHistogram before = new();
        LatencyHistogram first = Read(counters, before);
        counters.Record(1_000_000);
        LatencyHistogram second = Read(counters, before);

        Assert.Equal((2, 1), (first.Count, second.Count));
        Assert.Equal(1_000_000, second.ValueAt(0.5), 1_000_000 * LatencyHistogram.RelativeError);
    }

    [Fact]
    public void HistogramsOfSeveralMachinesAddUp()
    {
        LatencyHistogram merged = new();
        merged.AddPairs(Of(100, 5_000_000).ToPairs());
        merged.AddPairs(Of(200, 100).ToPairs());

        Assert.Equal(Of(100, 5_000_000, 200, 100).ToPairs(), merged.ToPairs());
        Assert.Equal(4, merged.Count);
    }

    [Fact]
    public void WhatIsNoHistogramIsRefused()
    {
        Assert.Throws<InvalidDataException>(() => new LatencyHistogram().AddPairs([1]));
        Assert.Throws<InvalidDataException>(() => new LatencyHistogram().AddPairs([-1, 1]));
        Assert.Throws<InvalidDataException>(() => new LatencyHistogram().AddPairs([1_000_000, 1]));
        Assert.Throws<InvalidDataException>(() => new LatencyHistogram().AddPairs([1, -1]));
    }

    [Fact]
    public void TheMeanIsWithinTheError() => Assert.Equal(3_000_000, Of(1_000_000, 5_000_000).Mean(), 3_000_000 * LatencyHistogram.RelativeError);

    private static LatencyHistogram Of(params long[] values)
    {
        LatencyHistogram histogram = new();
        Array.ForEach(values, histogram.Record);
        return histogram;
    }

    private static LatencyHistogram Read(LatencyHistogram counters, LatencyHistogram before)
    {
        LatencyHistogram reading = new();
        counters.AddTo(reading);
        reading.TakeSince(before);
        return reading;
    }
}
