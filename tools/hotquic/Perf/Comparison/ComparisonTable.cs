using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>A comparison as tables, one a scenario.</summary>
internal static class ComparisonTable
{
    private const double Percent = 100;

    /// <summary>Prints the tables.</summary>
    public static void Print(ComparisonReport report, Terminal terminal)
    {
        foreach (SideReport side in report.Sides)
        {
            terminal.Output.WriteLine($"{side.Name}: {side.Description}");
        }

        foreach (ComparedScenario scenario in report.Scenarios)
        {
            int pairs = scenario.Figures[0].A.Values.Count;
            terminal.Output.WriteLine();
            terminal.Output.WriteLine($"{scenario.Scenario}, medians and ranges of {pairs} {(pairs == 1 ? "round" : "rounds")}");
            terminal.Console.Write(TableOf(scenario));
        }

        terminal.Output.WriteLine($"The verdict is about {ComparedSide.Other}. Intervals: {report.Method}.");
        if (report.Interrupted)
        {
            terminal.Output.WriteLine("Interrupted: the figures are those of the rounds that ran.");
        }
    }

    private static Table TableOf(ComparedScenario scenario)
    {
        Table table = new() { Border = TableBorder.Horizontal };
        string[] headers =
        [
            string.Empty, ComparedSide.First, ComparedSide.Other, $"{ComparedSide.Other}/{ComparedSide.First}", IntervalHeader(scenario), "verdict",
        ];
        for (int column = 0; column < headers.Length; column++)
        {
            table.AddColumn(new TableColumn(Markup.Escape(headers[column]))
            {
                Alignment = column == 0 || column == headers.Length - 1 ? Justify.Left : Justify.Right,
                Padding = new Padding(column == 0 ? 0 : 2, 0, 0, 0),
            });
        }

        foreach (ComparedFigure figure in scenario.Figures)
        {
            string[] ratio = figure.Ratio is { } found
                ? [Figures.Number(found.Ratio, 3), $"{Figures.Number(found.Low, 3)}-{Figures.Number(found.High, 3)}"]
                : ["-", "-"];
            string[] cells = [figure.Metric, Cell(figure.A), Cell(figure.B), .. ratio, figure.Verdict];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        return table;
    }

    /// <summary>What the intervals of few rounds carry is said; that of more is at least what is wanted.</summary>
    private static string IntervalHeader(ComparedScenario scenario) => scenario.Figures.Max(figure => figure.Ratio?.Confidence) switch
    {
        null or 0 => "range",
        < RatioInterval.Wanted and { } confidence => $"{Figures.Number(confidence * Percent, 1)} % interval",
        _ => $"{Figures.Number(RatioInterval.Wanted * Percent)} % interval",
    };

    private static string Cell(Spread spread) =>
        $"{Figures.Brief(spread.Median)} ({Figures.Brief(spread.Min)}-{Figures.Brief(spread.Max)})";
}
