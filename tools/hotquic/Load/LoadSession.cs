using System.Net.Sockets;
using System.Security.Authentication;
using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Agents;
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
        LoadReport report = await display.ShowAsync(observer => LoadAsync(observer, children?.Addresses ?? request.Agents, cancellation));
        LoadTable.Print(report, _display);
        bool isWritten = await TryWriteAsync(request.Json, report.ToJson);
        isWritten &= await TryWriteAsync(request.Csv, () => CsvReport.Of(report));
        isWritten &= await TryWriteAsync(request.Html, () => HtmlReport.Of(report));
        if (report.Scenarios.Any(scenario => scenario.Interrupted))
        {
            terminal.WriteError("interrupted: the report is of what ran");
            return ExitCode.Failure;
        }

        return report.Passed && isWritten ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Runs the load; what keeps it from beginning is said with the servers that it was to reach.</summary>
    private async Task<LoadReport> LoadAsync(ILoadObserver observer, IReadOnlyList<LoadAgentAddress> agents, CancellationToken cancellation)
    {
        try
        {
            return await new LoadRunner(observer, agents).RunAsync(request.Scenarios, cancellation);
        }
        catch (Exception e) when (e is SocketException or AuthenticationException or QuicException)
        {
            IEnumerable<string> servers = request.Agents.Count > 0
                ? request.Agents.Select(agent => agent.ToString())
                : request.Scenarios.Select(scenario => scenario.Target.Address);
            string advice = e is AuthenticationException && request.Agents.Count > 0
                ? $" An agent with another {Commands.LoadCommand.TokenVariable} is not trusted."
                : string.Empty;
            throw new CommandException($"{string.Join(", ", servers.Distinct())}: {Failures.Describe(e)}{advice}", e);
        }
    }

    /// <summary>Where one report cannot be written, such as on a disk that is full by now, the others still are: the run was long, and is over.</summary>
    private async Task<bool> TryWriteAsync(string? target, Func<string> text)
    {
        try
        {
            if (target == StandardOutput)
            {
                await terminal.Output.WriteAsync(text());
            }
            else if (target is not null)
            {
                await AtomicFile.WriteTextAsync(target, text(), CancellationToken.None);
            }

            return true;
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            terminal.WriteError($"the report '{target}' is lost: {Failures.Describe(e)}");
            return false;
        }
    }
}
