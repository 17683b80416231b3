using System.Text.Json;
using System.Text.Json.Serialization;
using HotQuic.Load.Measuring;

namespace HotQuic.Load.Harness.Statistics;

/// <summary>What a load run measured: the JSON, and all that the CSV and the HTML report are made from.</summary>
public sealed record LoadReport
{
    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The version of HotQuic.</summary>
    public required string Version { get; init; }

    /// <summary>Where the harness ran.</summary>
    public required PerfEnvironment Environment { get; init; }

    /// <summary>The scenarios, which ran at the same time.</summary>
    public required IReadOnlyList<ScenarioReport> Scenarios { get; init; }

    /// <summary>Whether all thresholds hold.</summary>
    public bool Passed => Scenarios.All(scenario => scenario.Thresholds.All(threshold => threshold.Holds));

    /// <summary>The report as indented JSON with a newline at its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, LoadReportJson.Default.LoadReport) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is no such report.</exception>
    public static LoadReport FromJson(string json) =>
        JsonSerializer.Deserialize(json, LoadReportJson.Default.LoadReport) ?? throw new JsonException("Expected a report, not null.");
}

/// <summary>What one scenario did. Latencies of the open model run from when an iteration was due.</summary>
public sealed record ScenarioReport
{
    /// <summary>The scenario's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it went.</summary>
    public required string Target { get; init; }

    /// <summary>Its load in words.</summary>
    public required IReadOnlyList<string> Simulations { get; init; }

    /// <summary>Connections that its iterations shared; 0 where each made its own.</summary>
    public required int Connections { get; init; }

    /// <summary>Machines that made the load, each a process of the harness.</summary>
    public required int Agents { get; init; }

    /// <summary>How long the warm-up was, which nothing here counts.</summary>
    public required double WarmUpSeconds { get; init; }

    /// <summary>How long the load lasted.</summary>
    public required double MeasuredSeconds { get; init; }

    /// <summary>Whether the run was broken off before its time.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Iterations of the open model that were due.</summary>
    public required long Due { get; init; }

    /// <summary>Iterations begun.</summary>
    public required long Started { get; init; }

    /// <summary>How late iterations of the open model began: what the harness itself adds to their latency.</summary>
    public required LatencyFigures LagMicroseconds { get; init; }

    /// <summary>What the harness used.</summary>
    public required HarnessFigures Harness { get; init; }

    /// <summary>What the connections did, as the harness saw it.</summary>
    public required TransportFigures Transport { get; init; }

    /// <summary>Whole iterations.</summary>
    public required StepReport Iterations { get; init; }

    /// <summary>The steps in their order.</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>The thresholds and whether they hold.</summary>
    public required IReadOnlyList<ThresholdReport> Thresholds { get; init; }

    /// <summary>The same over time.</summary>
    public required IReadOnlyList<IntervalReport> Intervals { get; init; }
}

/// <summary>What a step, or whole iterations, did in the time of the report or of an interval.</summary>
/// <param name="Name">The step's name; that of the scenario for whole iterations.</param>
/// <param name="Succeeded">Those that went well.</param>
/// <param name="Failed">Those that failed.</param>
/// <param name="PerSecond">Those that went well, a second.</param>
/// <param name="FailedPercent">The part that failed.</param>
/// <param name="Bytes">Application bytes moved, both ways, the failed ones' included.</param>
/// <param name="MegabitPerSecond">The same a second, as 10^6 bits.</param>
/// <param name="LatencyMicroseconds">How long those took that went well.</param>
/// <param name="Failures">How many failed of what.</param>
public sealed record StepReport(
    string Name,
    long Succeeded,
    long Failed,
    double PerSecond,
    double FailedPercent,
    long Bytes,
    double MegabitPerSecond,
    LatencyFigures LatencyMicroseconds,
    IReadOnlyDictionary<string, long> Failures)
{
    /// <summary>The figures of counts.</summary>
    internal static StepReport Of(string name, StepCounts counts, double seconds)
    {
        long succeeded = counts.Latency.Count;
        long failed = counts.Failed;
        double perSecond = seconds > 0 ? 1 / seconds : 0;
        return new(
            name,
            succeeded,
            failed,
            succeeded * perSecond,
            failed == 0 ? 0 : 100.0 * failed / (succeeded + failed),
            counts.Bytes,
            counts.Bytes * 8 / 1e6 * perSecond,
            LatencyFigures.Of(counts.Latency),
            new Dictionary<string, long>(counts.Failures));
    }
}

/// <summary>Percentiles in microseconds, each within <see cref="LatencyHistogram.RelativeError"/>; all 0 where nothing was measured.</summary>
public sealed record LatencyFigures(double Mean, double P50, double P75, double P95, double P99, double P999, double Max)
{
    /// <summary>Reads the percentiles.</summary>
    public static LatencyFigures Of(LatencyHistogram histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        return new(histogram.Mean() / 1000, At(0.5), At(0.75), At(0.95), At(0.99), At(0.999), At(1));

        double At(double quantile) => histogram.ValueAt(quantile) / 1000.0;
    }
}

/// <summary>What the processes of the harness used.</summary>
/// <param name="CpuSeconds">Processor time.</param>
/// <param name="CpuPercent">The same, in percent of one processor.</param>
/// <param name="CpuMicrosecondsPerIteration">The same for one iteration.</param>
/// <param name="AllocatedBytesPerIteration">Managed bytes allocated for one iteration.</param>
/// <param name="WorkingSetBytes">Resident memory, the most that was read.</param>
public sealed record HarnessFigures(
    double CpuSeconds, double CpuPercent, double CpuMicrosecondsPerIteration, double AllocatedBytesPerIteration, long WorkingSetBytes)
{
    internal static HarnessFigures Of(IntervalCounts counts)
    {
        double iterations = Math.Max(1, counts.Accounts[0].Latency.Count + counts.Accounts[0].Failed);
        return new(
            counts.Process.CpuSeconds,
            counts.Process.Seconds > 0 ? 100 * counts.Process.CpuSeconds / counts.Process.Seconds : 0,
            counts.Process.CpuSeconds * 1e6 / iterations,
            counts.Process.AllocatedBytes / iterations,
            counts.Process.WorkingSetBytes);
    }
}

/// <summary>What the connections did, as the harness saw it.</summary>
/// <param name="PacketsSent">QUIC packets sent.</param>
/// <param name="PacketsReceived">QUIC packets received.</param>
/// <param name="PacketsLost">Packets sent and declared lost.</param>
/// <param name="RttMicroseconds">The mean of the smoothed round trips (RFC 9002 §5.3); 0 where none was read.</param>
/// <param name="MinRttMicroseconds">The shortest round trip.</param>
public sealed record TransportFigures(long PacketsSent, long PacketsReceived, long PacketsLost, double RttMicroseconds, double MinRttMicroseconds)
{
    internal static TransportFigures Of(TransportUsage usage) =>
        new(usage.PacketsSent, usage.PacketsReceived, usage.PacketsLost, usage.MeanRttMicroseconds, usage.MinRttMicroseconds);
}

/// <summary>A threshold and what came of it.</summary>
/// <param name="Condition">The condition.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">The figure's unit: us, %, Mbit/s or /s.</param>
/// <param name="Holds">Whether the condition holds.</param>
public sealed record ThresholdReport(string Condition, double Value, string Unit, bool Holds);

/// <summary>What happened in one interval.</summary>
/// <param name="EndSeconds">When it ended, since the load began.</param>
/// <param name="Seconds">How long it was.</param>
/// <param name="DuePerSecond">Iterations of the open model that were due, a second.</param>
/// <param name="StartedPerSecond">Iterations begun, a second.</param>
/// <param name="Copies">Copies of the closed model at its end.</param>
/// <param name="LagMicroseconds">How late iterations of the open model began.</param>
/// <param name="Harness">What the harness used.</param>
/// <param name="Transport">What the connections did.</param>
/// <param name="Iterations">Whole iterations.</param>
/// <param name="Steps">The steps.</param>
public sealed record IntervalReport(
    double EndSeconds,
    double Seconds,
    double DuePerSecond,
    double StartedPerSecond,
    int Copies,
    LatencyFigures LagMicroseconds,
    HarnessFigures Harness,
    TransportFigures Transport,
    StepReport Iterations,
    IReadOnlyList<StepReport> Steps);

/// <summary>How reports become JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(LoadReport))]
internal sealed partial class LoadReportJson : JsonSerializerContext;
