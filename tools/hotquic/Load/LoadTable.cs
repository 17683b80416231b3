using HotQuic.Load.Harness.Statistics;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Load;

/// <summary>A load report as tables for a terminal.</summary>
internal static class LoadTable
{
    private static readonly (string Header, Func<StepReport, string> Cell)[] Columns =
    [
        ("ok", step => Figures.Number(step.Succeeded)),
        ("failed", step => Figures.Number(step.Failed)),
        ("a second", step => Figures.Brief(step.PerSecond)),
        ("Mbit/s", step => Figures.Brief(step.MegabitPerSecond)),
        ("p50 us", step => LatencyOf(step, step.LatencyMicroseconds.P50)),
        ("p95", step => LatencyOf(step, step.LatencyMicroseconds.P95)),
        ("p99", step => LatencyOf(step, step.LatencyMicroseconds.P99)),
        ("p99.9", step => LatencyOf(step, step.LatencyMicroseconds.P999)),
        ("max", step => LatencyOf(step, step.LatencyMicroseconds.Max)),
    ];

    /// <summary>Prints the report.</summary>
    public static void Print(LoadReport report, Terminal terminal)
    {
        foreach (ScenarioReport scenario in report.Scenarios)
        {
            Print(scenario, terminal);
        }
    }

    private static void Print(ScenarioReport scenario, Terminal terminal)
    {
        string interrupted = scenario.Interrupted ? ", interrupted" : string.Empty;
        terminal.Output.WriteLine($"{scenario.Name}: {scenario.Target}, {Figures.Number(scenario.MeasuredSeconds, 1)} s{interrupted}");
        Table table = new() { Border = TableBorder.Horizontal };
        table.AddColumn(new TableColumn(string.Empty) { NoWrap = true, Padding = new Padding(0, 0) });
        foreach ((string header, _) in Columns)
        {
            table.AddColumn(new TableColumn(header) { NoWrap = true, Alignment = Justify.Right, Padding = new Padding(1, 0, 0, 0) });
        }

        AddRow("iterations", scenario.Iterations);
        foreach (StepReport step in scenario.Steps)
        {
            AddRow($"  {step.Name}", step);
        }

        terminal.Console.Write(table);
        foreach ((string kind, long number) in scenario.Iterations.Failures.OrderByDescending(entry => entry.Value))
        {
            terminal.Output.WriteLine($"failed: {kind}: {Figures.Number(number)}");
        }

        if (scenario.Due > 0)
        {
            terminal.Output.WriteLine(
                $"due {Figures.Number(scenario.Due)}, begun {Figures.Number(scenario.Started)}; "
                + $"began late by p50 {Figures.Brief(scenario.LagMicroseconds.P50)} us, p99 {Figures.Brief(scenario.LagMicroseconds.P99)} us");
        }

        terminal.Output.WriteLine(
            $"harness: {Figures.Number(scenario.Harness.CpuPercent)} % of a processor, {Figures.Brief(scenario.Harness.CpuMicrosecondsPerIteration)} us and "
            + $"{Figures.Number(scenario.Harness.AllocatedBytesPerIteration)} B an iteration, {Figures.Bytes(scenario.Harness.WorkingSetBytes)}; "
            + $"packets lost {Figures.Number(scenario.Transport.PacketsLost)} of {Figures.Number(scenario.Transport.PacketsSent)}, "
            + $"round trip {Figures.Brief(scenario.Transport.RttMicroseconds)} us");
        foreach (ThresholdReport threshold in scenario.Thresholds)
        {
            string verdict = threshold.Holds ? "holds" : "DOES NOT HOLD";
            terminal.Output.WriteLine($"threshold {threshold.Condition}: {Figures.Brief(threshold.Value)} {threshold.Unit}, {verdict}");
        }

        void AddRow(string name, StepReport step) =>
            table.AddRow([Markup.Escape(name), .. Columns.Select(column => Markup.Escape(column.Cell(step)))]);
    }

    /// <summary>Where nothing succeeded, nothing took any time.</summary>
    private static string LatencyOf(StepReport step, double value) => step.Succeeded > 0 ? Figures.Brief(value) : "-";
}
