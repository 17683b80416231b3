using System.CommandLine;
using HotQuic.Tools.Output;
using HotQuic.Tools.Perf;
using HotQuic.Tools.Perf.Comparison;

namespace HotQuic.Tools.Commands;

/// <summary>
/// <c>hotquic perf</c>: measures scenarios against a server, its own by default, or compares two builds or settings by having both measure them.
/// </summary>
internal static class PerfCommand
{
    private const int MostRounds = 100;

    private const string Description = "Measure throughput, handshakes, requests and latency, by default against a server started here.";

    private const string ComparisonDescription = """
        Compare with another build, setting or environment: "[NAME=VALUE ...] [PATH] [--option ...]", of which one is enough. Both measure in turns;
        both medians, their ratio with its confidence interval, and a verdict are printed.
          hotquic perf upload --compare "--io sockets"                     another setting
          hotquic perf request --connections 16 --compare "--api handler"  beside settings that both have
          hotquic perf latency --compare DOTNET_TieredPGO=0                an environment variable
          hotquic perf --compare ../before                                 another build: work tree, directory, program or library
          hotquic perf request --compare "NAME=VALUE ../before --spin 50"  all of these, in this order
        """;

    public static Command Create(Terminal terminal)
    {
        PerfOptions options = new();
        Option<string?> compare = Compare();
        Option<int?> rounds = new("--rounds")
        {
            Description = $"How often both sides measure each scenario, for --compare (default: {RatioInterval.FewestPairs}, the fewest that carry "
                + "a confidence of 95 % whatever the noise is like).",
            HelpName = "N",
            CustomParser = Parsing.Whole(1, MostRounds),
        };
        Option<string?> json = new("--json")
        {
            Description = "Write the results to this file as JSON; - writes them to standard output.",
            HelpName = "FILE",
            CustomParser = Parsing.FileName,
        };
        Command command = new("perf", Description) { options.Scenarios };
        options.AddTo(command);
        command.Add(compare);
        command.Add(rounds);
        command.Add(json);
        command.Validators.Add(result =>
        {
            if (result.GetResult(rounds) is { Implicit: false } && result.GetResult(compare) is null or { Implicit: true })
            {
                result.AddError("--rounds is for --compare.");
            }
        });
        command.SetAction((parsed, cancellation) =>
        {
            string? target = parsed.GetValue(json);
            PerfRequest request = options.Read(parsed);
            return parsed.GetValue(compare) is { } other
                ? CompareAsync(new()
                {
                    A = ComparedSides.First(options.Given(parsed)),
                    B = ComparedSides.Other(options.Given(parsed), other),
                    Scenarios = [.. request.Scenarios.Select(rules => rules.Name)],
                    Rounds = parsed.GetValue(rounds) ?? RatioInterval.FewestPairs,
                    JsonTarget = target,
                })
                : MeasureAsync(request with { JsonTarget = target });

            Task<int> CompareAsync(ComparisonRequest comparison) =>
                new ComparisonSession(comparison, PerfProcess.RunAsync, terminal).RunAsync(cancellation);

            Task<int> MeasureAsync(PerfRequest measured)
            {
                EngineSettings.UseShards(measured.Settings.Shards);
                EngineSettings.UseSpin(measured.Settings.SpinMicroseconds);
                return new PerfSession(measured, terminal).RunAsync(cancellation);
            }
        });
        return command;
    }

    private static Option<string?> Compare()
    {
        Option<string?> compare = new("--compare")
        {
            Description = ComparisonDescription,
            HelpName = "OTHER",
        };
        compare.Validators.Add(result =>
        {
            foreach (string error in result.Tokens.SelectMany(token => ComparedSides.Errors(token.Value)))
            {
                result.AddError($"--compare: {error}");
            }
        });
        return compare;
    }
}
