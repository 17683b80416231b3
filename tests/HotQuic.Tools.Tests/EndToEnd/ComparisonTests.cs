using System.Text.Json;

namespace HotQuic.Tools.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class ComparisonTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task TwoSettingsAreComparedInProcessesOfTheirOwn()
    {
        Invocation perf = await Invocation.RunAsync(
            "perf", "request", "--seconds", "0.2", "--rounds", "1", "--compare", "DOTNET_TieredPGO=0 --api handler", "--json", "-");

        Assert.True(perf.ExitCode == ExitCode.Success, perf.Error);
        JsonElement report = JsonDocument.Parse(perf.Output).RootElement;
        JsonElement figures = report.GetProperty("scenarios")[0].GetProperty("figures");
        Assert.Equal(9, figures.GetArrayLength());
        Assert.All(figures.EnumerateArray().Take(7), figure => Assert.True(figure.GetProperty("a").GetProperty("median").GetDouble() > 0));
        Assert.Equal("too few rounds", figures[0].GetProperty("verdict").GetString());
        Assert.Equal("0", report.GetProperty("sides")[1].GetProperty("environment").GetProperty("DOTNET_TieredPGO").GetString());
    }

    [SkippableFact]
    public async Task AnotherBuildIsAskedAsThisOneIs()
    {
        Skip.If(OperatingSystem.IsWindows(), "the other build is a script");
        string build = Script("""
            [ "$1 $2 $3 $4 $5 $6 $7 $8" = "perf upload --seconds 0.2 --shards 1 --json -" ] && [ "$SPEED" = 1.5 ] || { echo "$@" >&2; exit 3; }
            echo '{"scenarios":[{"scenario":"upload","gbitPerSecond":'$SPEED',"clientCpuSeconds":1,"serverCpuSeconds":1,"bytes":1000000000}]}'
            """);

        Invocation perf = await Invocation.RunAsync(
            "perf", "upload", "--seconds", "0.2", "--rounds", "1", "--compare", $"SPEED=1.5 {build} --shards 1");

        Assert.True(perf.ExitCode == ExitCode.Success, perf.Error);
        Assert.Contains("1.50 (1.50-1.50)", perf.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("echo nonsense", "B: it printed no report")]
    [InlineData("echo '{\"scenarios\":[{\"scenario\":\"latency\"}]}'", "B: its report is not that of upload alone")]
    [InlineData("echo one >&2; echo the reason >&2; exit 1", "B: the reason")]
    [InlineData("exit 4", "B: its process ended with exit code 4")]
    public async Task ABuildThatDoesNotMeasureIsAFailureInPlainWords(string script, string message)
    {
        Skip.If(OperatingSystem.IsWindows(), "the other build is a script");

        Invocation perf = await Invocation.RunAsync("perf", "upload", "--seconds", "0.2", "--rounds", "1", "--compare", Script(script));

        Assert.Equal(ExitCode.Failure, perf.ExitCode);
        Assert.Contains(message, perf.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", perf.Error, StringComparison.Ordinal);
    }

    /// <summary>Ctrl-C ends the processes as well, and leaves the report of the rounds before.</summary>
    [SkippableFact]
    public async Task BrokenOffItReportsWhatRanAndLeavesNoProcess()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/proc names the children of a process");
        string build = Script($$"""
            echo $$ > {{_temporary.In("pid")}}
            [ -f {{_temporary.In("second")}} ] && exec sleep 600
            touch {{_temporary.In("second")}}
            echo '{"scenarios":[{"scenario":"request","operationsPerSecond":1}]}'
            """);
        using ToolProcess perf = ToolProcess.Start(
            "perf", "request", "--seconds", "0.2", "--rounds", "50", "--compare", build, "--json", _temporary.In("report.json"));
        while (await perf.ReadErrorLineAsync() != "3/100 round 2 of 50, request, B ...")
        {
        }

        perf.Signal("INT");

        Assert.Equal(ExitCode.Failure, await perf.WaitForExitAsync());
        JsonElement report = JsonDocument.Parse(File.ReadAllText(_temporary.In("report.json"))).RootElement;
        Assert.True(report.GetProperty("interrupted").GetBoolean());
        Assert.Equal(1, report.GetProperty("scenarios")[0].GetProperty("figures")[0].GetProperty("a").GetProperty("values").GetArrayLength());
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(_temporary.In("pid")).Trim()}"));
    }

    private string Script(string body)
    {
        string path = _temporary.Write("hotquic", $"#!/bin/bash\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
