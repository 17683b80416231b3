using HotQuic.Load.Scenarios;
using HotQuic.Tools.Output;
using Spectre.Console;

namespace HotQuic.Tools.Perf;

/// <summary>
/// Shows a scenario while it runs: a progress bar with the figures of the moment for a person who watches, one line before and one after
/// for everyone else. <see cref="ShowAsync"/> once for each scenario.
/// </summary>
internal sealed class ScenarioDisplay(Terminal terminal)
{
    private const int NameWidth = 10;

    /// <summary>Runs the scenario with its display.</summary>
    public async Task<ScenarioResult?> ShowAsync(string name, Func<Action<LiveFigures>, Task<ScenarioResult?>> run)
    {
        ScenarioResult? result;
        if (terminal.IsInteractive)
        {
            result = await ShowProgressAsync(name, run);
        }
        else
        {
            terminal.Output.WriteLine($"{name} ...");
            result = await run(static _ => { });
        }

        if (result is not null)
        {
            terminal.Output.WriteLine($"{name.PadRight(NameWidth)} {Summary(result)}");
        }

        return result;
    }

    private Task<ScenarioResult?> ShowProgressAsync(string name, Func<Action<LiveFigures>, Task<ScenarioResult?>> run) => terminal.Console
        .Progress()
        .AutoRefresh(false)
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask(Describe(name, "connecting"), maxValue: 1);
            context.Refresh();
            return await run(figures =>
            {
                bar.Value = figures.Done;
                string state = figures.IsWarmingUp ? "warming up" : Rates(figures.GbitPerSecond, figures.OperationsPerSecond);
                bar.Description = Describe(name, state);
                context.Refresh();
            });
        });

    private static string Describe(string name, string state) => Markup.Escape($"{name.PadRight(NameWidth)} {state}");

    private static string Summary(ScenarioResult result) =>
        Rates(result.GbitPerSecond, result.OperationsPerSecond) + (result.Interrupted ? " (interrupted)" : string.Empty);

    private static string Rates(double gbitPerSecond, double operationsPerSecond) =>
        $"{Figures.Number(gbitPerSecond, 2)} Gbit/s, {Figures.Number(operationsPerSecond)} op/s";
}
