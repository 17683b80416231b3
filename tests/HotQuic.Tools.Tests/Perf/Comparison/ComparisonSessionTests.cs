using System.Globalization;
using System.Text.Json;
using HotQuic.Tools.Output;
using HotQuic.Tools.Perf.Comparison;

namespace HotQuic.Tools.Tests.Perf.Comparison;

public sealed class ComparisonSessionTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();
    private readonly List<string> _runs = [];

    public void Dispose()
    {
        _temporary.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task BothSidesMeasureInTurnsAndTakeTurnsInBeingFirst()
    {
        Assert.Equal(ExitCode.Success, await RunAsync(["upload", "request"], rounds: 3, (_, _) => 1));

        Assert.Equal(
            ["upload A", "upload B", "request A", "request B", "upload B", "upload A", "request B", "request A", "upload A", "upload B", "request A", "request B"],
            _runs);
        Assert.Contains("1/12 round 1 of 3, upload, A ...", _errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("12/12 round 3 of 3, request, B ...", _errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.1, "faster", "faster", "more")]
    [InlineData(0.9, "slower", "slower", "less")]
    [InlineData(1.0, "no difference shown", "no difference shown", "no difference shown")]
    public async Task TheVerdictIsAboutTheOtherSide(double factor, string rate, string latency, string cost)
    {
        await RunAsync(["request"], rounds: 6, (side, run) => (side == "B" ? factor : 1) * (1 + (0.01 * (run % 3))));

        JsonElement report = Report();
        Assert.Equal(rate, Figure(report, "operations/s").GetProperty("verdict").GetString());
        Assert.Equal(latency, Figure(report, "latency us, p99").GetProperty("verdict").GetString());
        Assert.Equal(cost, Figure(report, "B/op, client").GetProperty("verdict").GetString());
        Assert.Contains($" {rate}", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheReportHasEveryValueInItsRoundAndTheIntervalOfTheRatios()
    {
        // The machine is twice as fast in the second half, for both sides.
        await RunAsync(["request"], rounds: 6, (side, run) => (side == "B" ? 1.25 : 1) * (run >= 6 ? 2 : 1));

        JsonElement figure = Figure(Report(), "operations/s");
        Assert.Equal([1000, 1000, 1000, 2000, 2000, 2000], Values(figure.GetProperty("a")));
        Assert.Equal([1250, 1250, 1250, 2500, 2500, 2500], Values(figure.GetProperty("b")));
        Assert.Equal((1500, 1000, 2000), (Number(figure, "a", "median"), Number(figure, "a", "min"), Number(figure, "a", "max")));
        Assert.Equal(1.25, Number(figure, "ratio", "ratio"), 9);
        Assert.Equal(1.25, Number(figure, "ratio", "low"), 9);
        Assert.Equal(0.96875, Number(figure, "ratio", "confidence"), 9);
    }

    [Fact]
    public async Task FewRoundsCarryNoVerdict()
    {
        await RunAsync(["request"], rounds: 5, (side, _) => side == "B" ? 2 : 1);

        Assert.Equal("too few rounds", Figure(Report(), "operations/s").GetProperty("verdict").GetString());
        Assert.Contains("93.8 % interval", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatFailsIsToldAndTheOtherScenariosGoOn()
    {
        int exitCode = await RunAsync(["upload", "request"], rounds: 6, (side, run) =>
            _runs[^1] == "upload B" ? throw new CommandException("the server is on fire") : 1);

        Assert.Equal(ExitCode.Failure, exitCode);
        Assert.Contains("hotquic: upload: B: the server is on fire", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(["upload A", "upload B"], _runs.Where(run => run.StartsWith("upload", StringComparison.Ordinal)));
        Assert.Equal("request", Assert.Single(Report().GetProperty("scenarios").EnumerateArray()).GetProperty("scenario").GetString());
    }

    [Fact]
    public async Task BrokenOffItReportsTheRoundsThatRan()
    {
        using CancellationTokenSource stop = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            ["request"],
            rounds: 50,
            (_, run) =>
            {
                if (run == 5)
                {
                    stop.Cancel();
                    throw new OperationCanceledException(stop.Token);
                }

                return 1;
            },
            cancellation: stop.Token));

        JsonElement report = Report();
        Assert.True(report.GetProperty("interrupted").GetBoolean());
        Assert.Equal(2, Values(Figure(report, "operations/s").GetProperty("a")).Length);
        Assert.Contains("Interrupted", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFigureThatOneSideDoesNotHaveIsLeftOut()
    {
        await RunAsync(["request"], rounds: 6, (_, _) => 1, withoutAllocation: "B");

        Assert.DoesNotContain("B/op", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("operations/s", _output.ToString(), StringComparison.Ordinal);
    }

    private static double[] Values(JsonElement spread) => [.. spread.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];

    private static double Number(JsonElement figure, string part, string name) => figure.GetProperty(part).GetProperty(name).GetDouble();

    private static JsonElement Figure(JsonElement report, string metric) => report.GetProperty("scenarios")[0].GetProperty("figures").EnumerateArray()
        .Single(figure => figure.GetProperty("metric").GetString() == metric);

    private JsonElement Report() => JsonDocument.Parse(File.ReadAllText(_temporary.In("report.json"))).RootElement;

    /// <summary>Runs a session whose sides measure what a function of side and run says; latencies are its reciprocal.</summary>
    private Task<int> RunAsync(
        string[] scenarios, int rounds, Func<string, int, double> factor, string withoutAllocation = "", CancellationToken cancellation = default)
    {
        Dictionary<string, string[]> given = [];
        ComparisonRequest request = new()
        {
            A = ComparedSides.First(given),
            B = ComparedSides.Other(given, "--spin 50"),
            Scenarios = scenarios,
            Rounds = rounds,
            JsonTarget = _temporary.In("report.json"),
        };
        ComparisonSession session = new(request, Measure, Terminal.Plain(_output, _errors));
        return session.RunAsync(cancellation);

        Task<JsonElement> Measure(ComparedSide side, string scenario, CancellationToken token)
        {
            _runs.Add($"{scenario} {side.Name}");
            double value = factor(side.Name, _runs.Count - 1);
            string allocation = side.Name == withoutAllocation ? string.Empty : string.Create(
                CultureInfo.InvariantCulture, $"\"clientAllocatedBytesPerOperation\": {100 * value},");
            return Task.FromResult(JsonDocument.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
                {
                  "scenario": "{{scenario}}", "gbitPerSecond": {{value}}, "operationsPerSecond": {{1000 * value}}, {{allocation}}
                  "latencyMicroseconds": { "p50": {{1 / value}}, "p90": {{2 / value}}, "p99": {{3 / value}}, "p999": {{4 / value}} },
                  "clientCpuSeconds": 1, "serverCpuSeconds": 1, "bytes": 1000, "operations": 1000
                }
                """)).RootElement);
        }
    }
}
