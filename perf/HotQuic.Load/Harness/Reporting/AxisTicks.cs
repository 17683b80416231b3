namespace HotQuic.Load.Harness.Reporting;

/// <summary>
/// An axis with its ticks at round numbers: <see cref="Linear"/> or <see cref="Logarithmic"/> for what is to be shown, then
/// <see cref="At"/> for where a value lies.
/// </summary>
internal sealed class AxisTicks
{
    private const int MostDecadesWithSteps = 3;
    private const int FewestTicks = 4;

    /// <summary>Where the values lie close together.</summary>
    private static readonly double[] FineFactors = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9];

    private readonly bool _isLogarithmic;

    private AxisTicks(double low, double high, double[] values, bool isLogarithmic)
    {
        Low = low;
        High = high;
        Values = values;
        _isLogarithmic = isLogarithmic;
    }

    /// <summary>Where the axis begins.</summary>
    public double Low { get; }

    /// <summary>Where it ends.</summary>
    public double High { get; }

    /// <summary>The ticks, rising, each a round number.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>An axis from 0 with steps of 1, 2 or 5 times a power of ten.</summary>
    /// <param name="most">The largest value to show; 0 where there is none, which makes it 1.</param>
    /// <param name="steps">About how many steps.</param>
    public static AxisTicks Linear(double most, int steps)
    {
        double shown = most > 0 ? most : 1;
        double step = RoundStep(shown / steps);
        int count = Math.Max(1, (int)Math.Ceiling((shown / step) - 1e-9));
        return new(0, count * step, [.. Enumerable.Range(0, count + 1).Select(index => index * step)], isLogarithmic: false);
    }

    /// <summary>An axis that ends where the time does, which need not be at a tick.</summary>
    /// <param name="end">The end.</param>
    /// <param name="steps">About how many steps.</param>
    public static AxisTicks Time(double end, int steps)
    {
        AxisTicks round = Linear(end, steps);
        return new(0, Math.Max(end, 1e-3), [.. round.Values.Where(value => value <= end * (1 + 1e-9))], isLogarithmic: false);
    }

    /// <summary>An axis of powers of ten, with more between them where they are few.</summary>
    /// <param name="least">The smallest value to show, above 0.</param>
    /// <param name="most">The largest.</param>
    public static AxisTicks Logarithmic(double least, double most)
    {
        double low = Math.Max(least, 1e-9);
        double high = Math.Max(most, low);
        int first = (int)Math.Floor(Math.Log10(low) + 1e-9);
        int last = (int)Math.Ceiling(Math.Log10(high) - 1e-9);
        last = Math.Max(last, first + 1);
        double[] coarse = last - first <= MostDecadesWithSteps ? [1, 2, 5] : [1];
        List<double> ticks = TicksWithin(low, high, Decades(first, last, coarse));
        ticks = ticks.Count < FewestTicks ? TicksWithin(low, high, Decades(first, last, FineFactors)) : ticks;
        return new(ticks[0], ticks[^1], [.. ticks], isLogarithmic: true);
    }

    /// <summary>Where a value lies, 0 at the axis's beginning and 1 at its end; outside, at the nearer of them.</summary>
    public double At(double value)
    {
        double at = _isLogarithmic
            ? Math.Log(Math.Max(value, Low) / Low) / Math.Log(High / Low)
            : (value - Low) / (High - Low);
        return Math.Clamp(at, 0, 1);
    }

    private static List<double> Decades(int first, int last, double[] factors) =>
        [.. Enumerable.Range(first, last - first + 1).SelectMany(power => factors.Select(factor => factor * Math.Pow(10, power)))];

    /// <summary>An axis is no longer than it must be: from the last tick below to the first above.</summary>
    private static List<double> TicksWithin(double low, double high, List<double> ticks)
    {
        int from = Math.Max(0, ticks.FindLastIndex(tick => tick <= low * (1 + 1e-9)));
        int to = ticks.FindIndex(Math.Min(from + 1, ticks.Count - 1), tick => tick >= high * (1 - 1e-9));
        return ticks[from..((to < 0 ? ticks.Count - 1 : to) + 1)];
    }

    private static double RoundStep(double step)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        double rest = step / power;
        return power * (rest <= 1 + 1e-9 ? 1 : rest <= 2 + 1e-9 ? 2 : rest <= 5 + 1e-9 ? 5 : 10);
    }
}
