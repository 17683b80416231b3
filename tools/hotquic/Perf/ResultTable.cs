using HotQuic.Load.Scenarios;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Perf;

/// <summary>Results as a table, one row a scenario.</summary>
internal static class ResultTable
{
    private static readonly (string Header, Func<ScenarioResult, string> Cell)[] Columns =
    [
        ("scenario", result => result.Scenario + (result.Interrupted ? " *" : string.Empty)),
        ("Gbit/s", result => Figures.Number(result.GbitPerSecond, 2)),
        ("op/s", result => Figures.Number(result.OperationsPerSecond)),
        ("p50 us", result => Figures.Brief(result.LatencyMicroseconds.P50)),
        ("p90", result => Figures.Brief(result.LatencyMicroseconds.P90)),
        ("p99", result => Figures.Brief(result.LatencyMicroseconds.P99)),
        ("p99.9", result => Figures.Brief(result.LatencyMicroseconds.P999)),
        ("CPU s client", result => Figures.Number(result.ClientCpuSeconds, 2)),
        ("server", result => Figures.Number(result.ServerCpuSeconds, 2)),
        ("B/op client", result => Figures.Number(result.ClientAllocatedBytesPerOperation)),
        ("server", result => Figures.Number(result.ServerAllocatedBytesPerOperation)),
        ("UDP B", result => Figures.Number(result.UdpPayloadBytes)),
        ("resent", result => Figures.Number(result.RetransmittedPackets)),
    ];

    /// <summary>Prints the table.</summary>
    public static void Print(IReadOnlyList<ScenarioResult> results, Terminal terminal)
    {
        Table table = new() { Border = TableBorder.Horizontal };
        foreach ((string header, _) in Columns)
        {
            TableColumn column = new(Markup.Escape(header)) { NoWrap = true, Alignment = Justify.Right, Padding = new Padding(0, 0, 1, 0) };
            table.AddColumn(table.Columns.Count == 0 ? column.LeftAligned() : column);
        }

        foreach (ScenarioResult result in results)
        {
            table.AddRow([.. Columns.Select(column => Markup.Escape(column.Cell(result)))]);
        }

        terminal.Console.Write(table);
        if (results.Any(result => result.Interrupted))
        {
            terminal.Output.WriteLine("* interrupted: the figures are those of the time that it ran.");
        }
    }
}
