using HotQuic.Load.Measuring;

namespace HotQuic.Load.Scenarios;

/// <summary>Percentiles in microseconds, each within <see cref="LatencyHistogram.RelativeError"/>.</summary>
public sealed record LatencySummary(double P50, double P90, double P99, double P999)
{
    /// <summary>Reads the percentiles.</summary>
    public static LatencySummary Of(LatencyHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return new(Microseconds(0.5), Microseconds(0.9), Microseconds(0.99), Microseconds(0.999));

        double Microseconds(double quantile) => histogram.ValueAt(quantile) / 1000.0;
    }
}
