using System.Text.Json;
using System.Text.Json.Serialization;
using HotQuic.Load;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>What a comparison has found, as it is written to a file.</summary>
internal sealed record ComparisonReport
{
    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The version of the build that compared.</summary>
    public required string Version { get; init; }

    /// <summary>Where it ran.</summary>
    public required PerfEnvironment Environment { get; init; }

    /// <summary>Where the intervals are from.</summary>
    public required string Method { get; init; }

    /// <summary>Rounds asked for; as many pairs as there were are with each figure.</summary>
    public required int Rounds { get; init; }

    /// <summary>Whether it was broken off.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>The two sides, and what each was started with.</summary>
    public required IReadOnlyList<SideReport> Sides { get; init; }

    /// <summary>What was compared, in the order in which it was measured.</summary>
    public required IReadOnlyList<ComparedScenario> Scenarios { get; init; }

    /// <summary>The report as indented JSON with a newline at its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ComparisonJson.Default.ComparisonReport) + "\n";
}

/// <summary>One side.</summary>
internal sealed record SideReport(string Name, string Description, IReadOnlyList<string> Options, IReadOnlyDictionary<string, string> Environment);

/// <summary>One scenario.</summary>
internal sealed record ComparedScenario(string Scenario, IReadOnlyList<ComparedFigure> Figures);

/// <summary>One figure of both sides.</summary>
/// <param name="Metric">What it is, with its unit.</param>
/// <param name="A">The first side.</param>
/// <param name="B">The other side.</param>
/// <param name="Ratio">B by A; null where there is a zero.</param>
/// <param name="Verdict">What B is, in words.</param>
internal sealed record ComparedFigure(string Metric, Spread A, Spread B, RatioInterval? Ratio, string Verdict)
{
    private const string NoDifference = "no difference shown";
    private const string TooFew = "too few rounds";
    private const string NoRatio = "no ratio to zero";

    /// <summary>Judges pairs of values, of which there is at least one.</summary>
    public static ComparedFigure Of(ComparedMetric metric, IReadOnlyList<(double A, double B)> pairs)
    {
        Spread a = new([.. pairs.Select(pair => pair.A)]);
        Spread b = new([.. pairs.Select(pair => pair.B)]);
        RatioInterval? ratio = pairs.All(pair => pair.A > 0 && pair.B > 0) ? RatioInterval.Of([.. pairs.Select(pair => pair.B / pair.A)]) : null;
        string verdict = ratio switch
        {
            null => pairs.All(pair => pair.A == pair.B) ? NoDifference : NoRatio,
            { Confidence: < RatioInterval.Wanted } => TooFew,
            { Low: > 1 } => metric.Higher,
            { High: < 1 } => metric.Lower,
            _ => NoDifference,
        };
        return new(metric.Name, a, b, ratio, verdict);
    }
}

/// <summary>Values in the order of their rounds.</summary>
internal sealed record Spread(IReadOnlyList<double> Values)
{
    /// <summary>The median.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>The smallest.</summary>
    public double Min => Values.Min();

    /// <summary>The largest.</summary>
    public double Max => Values.Max();
}

/// <summary>How comparisons become JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ComparisonReport))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
