using System.Text.Json;
using HotQuic.Load;
using HotQuic.Tools.Files;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>
/// One comparison from start to report: <see cref="RunAsync"/> measures each scenario by both sides, one right after the other, in each round,
/// A first in every other round (A B, B A, ...), so that what changes about the machine meets both. Broken off, it reports what ran.
/// </summary>
/// <param name="request">What to compare.</param>
/// <param name="measure">Measures a scenario by a side.</param>
/// <param name="terminal">Where the tables go.</param>
internal sealed class ComparisonSession(
    ComparisonRequest request, Func<ComparedSide, string, CancellationToken, Task<JsonElement>> measure, Terminal terminal)
{
    private const string StandardOutput = "-";
    private const string Method = "Wilcoxon's signed ranks of the paired ratios, Hodges and Lehmann's estimate";

    private readonly Terminal _tables = request.JsonTarget == StandardOutput ? terminal.OnErrorStream() : terminal;
    private readonly Dictionary<string, List<(JsonElement A, JsonElement B)>> _pairs = request.Scenarios.ToDictionary(
        name => name, _ => new List<(JsonElement A, JsonElement B)>());
    private readonly List<string> _failed = [];
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;

    /// <summary>Runs the session; returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (request.JsonTarget is { } target and not StandardOutput)
        {
            await AtomicFile.CheckAsync(target);
        }

        ComparisonDisplay display = new(terminal, 2 * request.Rounds * request.Scenarios.Count);
        try
        {
            await display.WhileAsync(() => MeasureAllAsync(display, cancellation));
        }
        finally
        {
            await ReportAsync(cancellation.IsCancellationRequested);
        }

        return _failed.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task MeasureAllAsync(ComparisonDisplay display, CancellationToken cancellation)
    {
        for (int round = 0; round < request.Rounds; round++)
        {
            foreach (string scenario in request.Scenarios.Except(_failed).ToArray())
            {
                try
                {
                    await MeasurePairAsync(display, scenario, round, cancellation);
                }
                catch (CommandException e) when (!cancellation.IsCancellationRequested)
                {
                    terminal.WriteError($"{scenario}: {e.Message}");
                    _failed.Add(scenario);
                    display.Skip(2 * (request.Rounds - round - 1));
                }

                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task MeasurePairAsync(ComparisonDisplay display, string scenario, int round, CancellationToken cancellation)
    {
        bool isAFirst = round % 2 == 0;
        JsonElement first = await MeasureAsync(isAFirst ? request.A : request.B);
        JsonElement second = await MeasureAsync(isAFirst ? request.B : request.A);
        _pairs[scenario].Add(isAFirst ? (first, second) : (second, first));

        async Task<JsonElement> MeasureAsync(ComparedSide side)
        {
            try
            {
                return await display.ShowAsync(
                    $"round {round + 1} of {request.Rounds}, {scenario}, {side.Name}", () => measure(side, scenario, cancellation));
            }
            catch (CommandException e)
            {
                throw new CommandException($"{side.Name}: {e.Message}", e);
            }
        }
    }

    private async Task ReportAsync(bool isInterrupted)
    {
        ComparedScenario[] scenarios = [.. request.Scenarios
            .Where(name => _pairs[name].Count > 0)
            .Select(Compare)
            .Where(scenario => scenario.Figures.Count > 0)];
        if (scenarios.Length == 0)
        {
            return;
        }

        ComparisonReport report = new()
        {
            StartedAt = _startedAt,
            Version = typeof(QuicConnection).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
            Environment = PerfEnvironment.OfThisProcess(),
            Method = Method,
            Rounds = request.Rounds,
            Interrupted = isInterrupted,
            Sides = [ReportOf(request.A), ReportOf(request.B)],
            Scenarios = scenarios,
        };
        ComparisonTable.Print(report, _tables);
        if (request.JsonTarget == StandardOutput)
        {
            await terminal.Output.WriteAsync(report.ToJson());
        }
        else if (request.JsonTarget is { } path)
        {
            await AtomicFile.WriteTextAsync(path, report.ToJson(), CancellationToken.None);
        }
    }

    private static SideReport ReportOf(ComparedSide side) => new(side.Name, side.Description, side.Options, side.Environment);

    /// <summary>The figures that both sides have.</summary>
    private ComparedScenario Compare(string scenario)
    {
        List<ComparedFigure> figures = [];
        foreach (ComparedMetric metric in ComparedMetric.Of(scenario))
        {
            (double? A, double? B)[] read = [.. _pairs[scenario].Select(pair => (metric.Read(pair.A), metric.Read(pair.B)))];
            if (read.All(pair => pair is { A: not null, B: not null }))
            {
                figures.Add(ComparedFigure.Of(metric, [.. read.Select(pair => (pair.A!.Value, pair.B!.Value))]));
            }
        }

        return new(scenario, figures);
    }
}
