using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Reporting;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Tools.Files;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Load;

/// <summary>
/// One load command from start to report: <see cref="RunAsync"/> runs the scenarios with their display, prints the tables, and writes the
/// reports. Broken off, it reports what ran.
/// </summary>
internal sealed class LoadSession(LoadRequest request, Terminal terminal)
{
    private const string StandardOutput = "-";

    private readonly Terminal _display = request.Targets.Contains(StandardOutput) ? terminal.OnErrorStream() : terminal;

    /// <summary>Runs the session; returns the exit code: a failure too where a threshold does not hold.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        foreach (string target in request.Targets.Where(target => target != StandardOutput))
        {
            await AtomicFile.CheckAsync(target);
        }

        LoadDisplay display = new(_display, request.Scenarios);
        await using ChildAgents? children = request.Processes > 0 ? await ChildAgents.StartAsync(request.Processes, cancellation) : null;
        LoadReport report = await display.ShowAsync(
            observer => new LoadRunner(observer, children?.Addresses ?? request.Agents).RunAsync(request.Scenarios, cancellation));
        LoadTable.Print(report, _display);
        await WriteAsync(request.Json, report.ToJson);
        await WriteAsync(request.Csv, () => CsvReport.Of(report));
        await WriteAsync(request.Html, () => HtmlReport.Of(report));
        if (report.Scenarios.Any(scenario => scenario.Interrupted))
        {
            terminal.WriteError("interrupted: the report is of what ran");
            return ExitCode.Failure;
        }

        return report.Passed ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task WriteAsync(string? target, Func<string> text)
    {
        if (target == StandardOutput)
        {
            await terminal.Output.WriteAsync(text());
        }
        else if (target is not null)
        {
            await AtomicFile.WriteTextAsync(target, text(), CancellationToken.None);
        }
    }
}
