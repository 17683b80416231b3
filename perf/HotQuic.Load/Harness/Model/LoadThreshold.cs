using System.Globalization;
using System.Text.RegularExpressions;

namespace HotQuic.Load.Harness.Model;

/// <summary>A figure of a step's that a threshold may be about.</summary>
public enum LoadMetric
{
    /// <summary>Successful operations a second.</summary>
    Rate,

    /// <summary>The part of the operations that failed, in percent.</summary>
    FailedPercent,

    /// <summary>Latency that half of the successful operations do not exceed, in microseconds.</summary>
    P50,

    /// <summary>The same for three quarters.</summary>
    P75,

    /// <summary>The same for 95 percent.</summary>
    P95,

    /// <summary>The same for 99 percent.</summary>
    P99,

    /// <summary>The same for 99.9 percent.</summary>
    P999,

    /// <summary>The longest.</summary>
    Max,

    /// <summary>Application bytes a second, as 10^6 bits.</summary>
    MegabitPerSecond,
}

/// <summary>
/// A condition that fails the run where it does not hold: <c>p99 &lt; 5ms</c>, <c>failed &lt;= 0.1%</c>, <c>rate &gt;= 990</c>,
/// <c>mbit &gt; 100</c>. It is about the whole iteration, or about one step: <c>login: p95 &lt; 20ms</c>.
/// </summary>
public sealed partial record LoadThreshold
{
    private static readonly (string Name, LoadMetric Metric)[] Metrics =
    [
        ("rate", LoadMetric.Rate), ("failed", LoadMetric.FailedPercent), ("p50", LoadMetric.P50), ("p75", LoadMetric.P75),
        ("p95", LoadMetric.P95), ("p99", LoadMetric.P99), ("p99.9", LoadMetric.P999), ("max", LoadMetric.Max), ("mbit", LoadMetric.MegabitPerSecond),
    ];

    private LoadThreshold(string? step, LoadMetric metric, string comparison, double limit)
    {
        Step = step;
        Metric = metric;
        Comparison = comparison;
        Limit = limit;
    }

    /// <summary>The step that it is about; null for the whole iteration.</summary>
    public string? Step { get; }

    /// <summary>The figure.</summary>
    public LoadMetric Metric { get; }

    /// <summary>One of &lt;, &lt;=, &gt;, &gt;=.</summary>
    public string Comparison { get; }

    /// <summary>The limit, in the metric's own unit: microseconds, percent, operations a second, 10^6 bits a second.</summary>
    public double Limit { get; }

    /// <summary>Whether the figure is a latency.</summary>
    public bool IsLatency => Metric is LoadMetric.P50 or LoadMetric.P75 or LoadMetric.P95 or LoadMetric.P99 or LoadMetric.P999 or LoadMetric.Max;

    /// <summary>The unit of the figure, as it is shown.</summary>
    public string Unit => Metric switch
    {
        LoadMetric.Rate => "/s",
        LoadMetric.FailedPercent => "%",
        LoadMetric.MegabitPerSecond => "Mbit/s",
        _ => "us",
    };

    /// <summary>Reads a condition.</summary>
    /// <exception cref="FormatException">It is none; the message says what was expected.</exception>
    public static LoadThreshold Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Match match = Form().Match(text);
        if (!match.Success)
        {
            throw new FormatException($"Expected a condition such as 'p99 < 5ms', 'failed <= 0.1%' or 'step: rate >= 990', not '{text}'.");
        }

        LoadMetric metric = Array.Find(Metrics, entry => entry.Name == match.Groups["metric"].Value).Metric;
        double number = double.Parse(match.Groups["number"].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        string step = match.Groups["step"].Value.Trim();
        LoadThreshold threshold = new(step.Length > 0 ? step : null, metric, match.Groups["comparison"].Value, 0);
        return new(threshold.Step, metric, threshold.Comparison, threshold.InOwnUnit(number, match.Groups["unit"].Value, text));
    }

    /// <summary>Whether the condition holds for a value in the metric's own unit.</summary>
    public bool Holds(double value) => Comparison switch
    {
        "<" => value < Limit,
        "<=" => value <= Limit,
        ">" => value > Limit,
        _ => value >= Limit,
    };

    /// <summary>The condition as <see cref="Parse"/> takes it.</summary>
    public override string ToString()
    {
        string name = Array.Find(Metrics, entry => entry.Metric == Metric).Name;
        string unit = IsLatency ? "us" : Metric == LoadMetric.FailedPercent ? "%" : string.Empty;
        string step = Step is null ? string.Empty : $"{Step}: ";
        return $"{step}{name} {Comparison} {Limit.ToString("0.###", CultureInfo.InvariantCulture)}{unit}";
    }

    private double InOwnUnit(double number, string unit, string text) => (IsLatency, Metric, unit) switch
    {
        (true, _, "us") => number,
        (true, _, "ms") => number * 1e3,
        (true, _, "s") => number * 1e6,
        (true, _, _) => throw new FormatException($"Expected a latency with its unit, us, ms or s, in '{text}'."),
        (false, LoadMetric.FailedPercent, "%") => number,
        (false, not LoadMetric.FailedPercent, "") => number,
        (false, LoadMetric.FailedPercent, _) => throw new FormatException($"Expected a percentage, such as 0.1%, in '{text}'."),
        _ => throw new FormatException($"Expected a number without a unit in '{text}'."),
    };

    [GeneratedRegex(
        @"^\s*(?:(?<step>[^:]+):\s*)?(?<metric>rate|failed|p50|p75|p95|p99\.9|p99|max|mbit)\s*(?<comparison><=|>=|<|>)\s*(?<number>\d+(?:\.\d+)?)\s*(?<unit>us|ms|s|%|)\s*$")]
    private static partial Regex Form();
}
