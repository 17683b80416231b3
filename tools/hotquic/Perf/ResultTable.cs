using HotQuic.Load.Scenarios;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Perf;

/// <summary>Results as a table, one column a scenario: all five fit into 80 characters.</summary>
internal static class ResultTable
{
    private const string InterruptedMark = "*";

    private static readonly (string Header, Func<ScenarioResult, string> Cell)[] Rows =
    [
        ("Gbit/s", result => Figures.Number(result.GbitPerSecond, 2)),
        ("operations/s", result => Figures.Number(result.OperationsPerSecond)),
        ("latency us, p50", result => Figures.Brief(result.LatencyMicroseconds.P50)),
        ("  p90", result => Figures.Brief(result.LatencyMicroseconds.P90)),
        ("  p99", result => Figures.Brief(result.LatencyMicroseconds.P99)),
        ("  p99.9", result => Figures.Brief(result.LatencyMicroseconds.P999)),
        ("fairness, Jain", result => Share(result.Fairness?.JainIndex)),
        ("  least of mean", result => Share(result.Fairness?.SmallestShareOfMean)),
        ("CPU s, client", result => Figures.Number(result.ClientCpuSeconds, 2)),
        ("  server", result => Figures.Number(result.ServerCpuSeconds, 2)),
        ("B/op, client", result => Figures.Number(result.ClientAllocatedBytesPerOperation)),
        ("  server", result => Figures.Number(result.ServerAllocatedBytesPerOperation)),
        ("UDP payload B", result => Figures.Number(result.UdpPayloadBytes)),
        ("packets sent", result => Figures.Number(result.PacketsSent)),
        ("  received", result => Figures.Number(result.PacketsReceived)),
        ("  sent again", result => Figures.Number(result.RetransmittedPackets)),
    ];

    /// <summary>Prints the table.</summary>
    public static void Print(IReadOnlyList<ScenarioResult> results, Terminal terminal)
    {
        terminal.Output.WriteLine(Heading(results[0].Settings));
        Table table = new() { Border = TableBorder.Horizontal };
        table.AddColumn(new TableColumn(string.Empty) { NoWrap = true, Padding = new Padding(0, 0) });
        foreach (ScenarioResult result in results)
        {
            string name = result.Scenario + (result.Interrupted ? InterruptedMark : string.Empty);
            table.AddColumn(new TableColumn(Markup.Escape(name))
            {
                NoWrap = true,
                Alignment = Justify.Right,
                Padding = new Padding(1, 0, 0, 0),
            });
        }

        foreach ((string header, Func<ScenarioResult, string> cell) in Rows)
        {
            table.AddRow([Markup.Escape(header), .. results.Select(result => Markup.Escape(cell(result)))]);
        }

        terminal.Console.Write(table);
        if (results.Any(result => result.Interrupted))
        {
            terminal.Output.WriteLine($"{InterruptedMark} interrupted: the figures are those of the time that it ran.");
        }
    }

    /// <summary>Between one connection and itself there is nothing to tell.</summary>
    private static string Share(double? share) => share is { } value ? Figures.Number(value, 3) : "-";

    /// <summary>What all of the scenarios ran with, and a look at the figures does not tell.</summary>
    private static string Heading(ScenarioSettings settings)
    {
        string client = Side(settings.Api, settings.SpinMicroseconds);
        string server = Side(settings.ServerApi, settings.ServerSpinMicroseconds);
        return client == server ? client : $"client: {client}; server: {server}";
    }

    private static string Side(string? api, int? spinMicroseconds) =>
        $"api {api}, " + spinMicroseconds switch
        {
            null => "automatic spin",
            0 => "no spin",
            { } microseconds => $"spin {Figures.Number(microseconds)} us",
        };
}
