using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Reporting;

/// <summary>The charts of a scenario, made from its intervals.</summary>
internal static class ScenarioCharts
{
    private const double Million = 1e6;

    /// <summary>The colours of what went well and what did not, green and red of those that there are.</summary>
    private const int Good = 2;
    private const int Bad = 3;

    private const string Due = "due";
    private const string Succeeded = "succeeded";
    private const string Failed = "failed";

    /// <summary>Latency is shown in milliseconds from here on, in microseconds.</summary>
    private const double Milliseconds = 1e3;

    /// <summary>All charts, in the order in which they are read.</summary>
    public static IEnumerable<TimeChart> Of(ScenarioReport scenario)
    {
        yield return Rate(scenario);
        yield return Latency("Latency of iterations", scenario, interval => interval.Iterations.LatencyMicroseconds);
        if (scenario.Steps.Count > 1)
        {
            for (int step = 0; step < scenario.Steps.Count; step++)
            {
                int which = step;
                if (scenario.Steps[step].Succeeded == 0)
                {
                    continue;
                }

                yield return Latency($"Latency of '{scenario.Steps[step].Name}'", scenario, interval => interval.Steps[which].LatencyMicroseconds);
            }
        }

        yield return Failures(scenario);
        yield return Chart(scenario, "Application data", "Mbit/s", ("both ways", interval => interval.Iterations.MegabitPerSecond));
        yield return Chart(scenario, "Processor time of the harness", "% of one processor", ("harness", interval => interval.Harness.CpuPercent));
        yield return Chart(
            scenario, "Memory of the harness", "MB", ("resident", interval => interval.Harness.WorkingSetBytes / Million));
        yield return Chart(
            scenario,
            "Packets",
            "packets/s",
            ("sent", interval => PerSecond(interval.Transport.PacketsSent, interval)),
            ("received", interval => PerSecond(interval.Transport.PacketsReceived, interval)),
            ("lost", interval => PerSecond(interval.Transport.PacketsLost, interval)));
        yield return Chart(
            scenario,
            "Round trip of the connections",
            "ms",
            ("smoothed, mean of connections", interval => OrGap(interval.Transport.RttMicroseconds) / Milliseconds),
            ("shortest", interval => OrGap(interval.Transport.MinRttMicroseconds) / Milliseconds));
        if (scenario.Due > 0)
        {
            yield return Chart(
                scenario,
                "Lag: how late iterations began",
                "ms",
                ("p50", interval => interval.LagMicroseconds.P50 / Milliseconds),
                ("p99", interval => interval.LagMicroseconds.P99 / Milliseconds));
        }
    }

    private static TimeChart Rate(ScenarioReport scenario)
    {
        List<(string Name, Func<IntervalReport, double> Value)> lines =
        [
            (Succeeded, interval => interval.Iterations.PerSecond),
            (Failed, interval => PerSecond(interval.Iterations.Failed, interval)),
        ];
        if (scenario.Due > 0)
        {
            lines.Insert(0, (Due, interval => interval.DuePerSecond));
        }

        if (scenario.Intervals.Any(interval => interval.Copies > 0))
        {
            lines.Add(("copies (number)", interval => interval.Copies));
        }

        TimeChart chart = Chart(scenario, "Rate", "iterations/s", [.. lines]);
        return chart with
        {
            Series = [.. chart.Series.Select(series => series.Name switch
            {
                Due => series with { IsBroad = true },
                Succeeded => series with { Colour = Good },
                Failed => series with { Colour = Bad },
                _ => series,
            })],
        };
    }

    private static TimeChart Latency(string title, ScenarioReport scenario, Func<IntervalReport, LatencyFigures> figures)
    {
        TimeChart chart = Chart(
            scenario,
            title,
            "ms",
            ("p50", interval => figures(interval).P50 / Milliseconds),
            ("p75", interval => figures(interval).P75 / Milliseconds),
            ("p95", interval => figures(interval).P95 / Milliseconds),
            ("p99", interval => figures(interval).P99 / Milliseconds),
            ("p99.9", interval => figures(interval).P999 / Milliseconds),
            ("max", interval => figures(interval).Max / Milliseconds));
        return chart with { IsLogarithmic = true };
    }

    private static TimeChart Failures(ScenarioReport scenario)
    {
        // The most frequent kinds have a line each; the rest share the last colour.
        string[] kinds = [.. scenario.Iterations.Failures.OrderByDescending(kind => kind.Value).Select(kind => kind.Key)];
        string[] shown = kinds.Length > TimeChart.Colours ? kinds[..(TimeChart.Colours - 1)] : kinds;
        List<(string Name, Func<IntervalReport, double> Value)> lines =
            [.. shown.Select(kind => (kind, new Func<IntervalReport, double>(interval => Count(interval, kind))))];
        if (shown.Length < kinds.Length)
        {
            lines.Add(("others", interval => PerSecond(
                interval.Iterations.Failed - interval.Iterations.Failures.Where(entry => shown.Contains(entry.Key)).Sum(entry => entry.Value), interval)));
        }

        if (lines.Count == 0)
        {
            lines.Add(("no failures", _ => 0));
        }

        return Chart(scenario, "Failures by kind", "iterations/s", [.. lines]);

        double Count(IntervalReport interval, string kind) =>
            PerSecond(interval.Iterations.Failures.TryGetValue(kind, out long number) ? number : 0, interval);
    }

    private static TimeChart Chart(
        ScenarioReport scenario, string title, string unit, params (string Name, Func<IntervalReport, double> Value)[] lines) => new()
        {
            Title = title,
            Unit = unit,
            Seconds = scenario.Intervals.Count > 0 ? scenario.Intervals[^1].EndSeconds : 1,
            Series = [.. lines.Select(line => new ChartSeries(
                line.Name, [.. scenario.Intervals.Select(interval => (Middle(interval), line.Value(interval)))]))],
        };

    /// <summary>What happened in an interval is shown at its middle.</summary>
    private static double Middle(IntervalReport interval) => interval.EndSeconds - (interval.Seconds / 2);

    private static double PerSecond(long number, IntervalReport interval) => interval.Seconds > 0 ? number / interval.Seconds : 0;

    private static double OrGap(double value) => value > 0 ? value : double.NaN;
}
