using System.Globalization;
using System.Text;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Reporting;

/// <summary>
/// A report as CSV (RFC 4180): a row for each interval and each step, and for the whole run with the interval left empty. Numbers are those of
/// the JSON, to the last digit.
/// </summary>
public static class CsvReport
{
    private const string Header = "scenario,step,endSeconds,seconds,duePerSecond,startedPerSecond,copies,succeeded,failed,perSecond,failedPercent,bytes,"
        + "megabitPerSecond,meanUs,p50Us,p75Us,p95Us,p99Us,p999Us,maxUs,lagP99Us,cpuPercent,workingSetBytes,packetsSent,packetsReceived,packetsLost,rttUs,failures";

    /// <summary>Makes the table, each row with a newline at its end.</summary>
    public static string Of(LoadReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        StringBuilder table = new();
        table.Append(Header).Append("\r\n");
        foreach (ScenarioReport scenario in report.Scenarios)
        {
            foreach (IntervalReport interval in scenario.Intervals)
            {
                AppendRow(table, scenario.Name, interval.Iterations, interval);
                foreach (StepReport step in interval.Steps)
                {
                    AppendRow(table, scenario.Name, step, interval);
                }
            }

            AppendRow(table, scenario.Name, scenario.Iterations, null);
            foreach (StepReport step in scenario.Steps)
            {
                AppendRow(table, scenario.Name, step, null);
            }
        }

        return table.ToString();
    }

    private static void AppendRow(StringBuilder table, string scenario, StepReport step, IntervalReport? interval)
    {
        LatencyFigures latency = step.LatencyMicroseconds;
        object?[] cells =
        [
            scenario, step.Name, interval?.EndSeconds, interval?.Seconds, interval?.DuePerSecond, interval?.StartedPerSecond, interval?.Copies,
            step.Succeeded, step.Failed, step.PerSecond, step.FailedPercent, step.Bytes, step.MegabitPerSecond,
            latency.Mean, latency.P50, latency.P75, latency.P95, latency.P99, latency.P999, latency.Max,
            interval?.LagMicroseconds.P99, interval?.Harness.CpuPercent, interval?.Harness.WorkingSetBytes,
            interval?.Transport.PacketsSent, interval?.Transport.PacketsReceived, interval?.Transport.PacketsLost, interval?.Transport.RttMicroseconds,
            string.Join("; ", step.Failures.Select(failure => $"{failure.Key}: {failure.Value.ToString(CultureInfo.InvariantCulture)}")),
        ];
        table.AppendJoin(',', cells.Select(Cell)).Append("\r\n");
    }

    private static string Cell(object? value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
