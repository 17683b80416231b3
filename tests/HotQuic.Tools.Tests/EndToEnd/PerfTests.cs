using System.Diagnostics;
using System.Text.Json;
using HotQuic.Load.Scenarios;
using HotQuic.Tools.Perf;

namespace HotQuic.Tools.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class PerfTests : IDisposable
{
    private const int LargestUdpPayload = 1452;

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task WithoutAScenarioAllAreMeasuredAgainstAServerInASecondProcess()
    {
        Invocation perf = await Invocation.RunAsync("perf", "--seconds", "0.2", "--json", _temporary.In("report.json"));

        Assert.True(perf.ExitCode == ExitCode.Success, perf.Error);
        JsonElement[] scenarios = [.. Report(File.ReadAllText(_temporary.In("report.json"))).EnumerateArray()];
        Assert.Equal(
            ScenarioRules.All.Select(rules => rules.Name), scenarios.Select(scenario => scenario.GetProperty("scenario").GetString()));
        Assert.All(scenarios, scenario =>
        {
            Assert.True(scenario.GetProperty("operations").GetInt64() > 0);
            Assert.True(scenario.GetProperty("serverCpuSeconds").GetDouble() > 0);
            Assert.True(scenario.GetProperty("packetsSent").GetInt64() > 0);
            Assert.InRange(scenario.GetProperty("udpPayloadBytes").GetInt32(), 1200, LargestUdpPayload);
        });
        Assert.True(scenarios[0].GetProperty("bytes").GetInt64() > 0);
        Assert.True(scenarios[1].GetProperty("bytes").GetInt64() > 0);
        Assert.DoesNotContain(perf.Output, character => char.IsControl(character) && character != '\n');
    }

    [Fact]
    public async Task AServerOnItsOwnIsMeasuredByNameWithItsCertificate()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);

        Invocation trusted = await Invocation.RunAsync(
            "perf", "latency", "--seconds", "0.2", "--server", announcement.Listening, "--ca", authorities,
            "--request-size", "0", "--response-size", "200000", "--json", "-");
        Invocation untrusted = await Invocation.RunAsync("perf", "latency", "--seconds", "0.2", "--server", announcement.Listening);

        Assert.True(trusted.ExitCode == ExitCode.Success, trusted.Error);
        JsonElement settings = Report(trusted.Output)[0].GetProperty("settings");
        Assert.Equal(announcement.Listening, settings.GetProperty("server").GetString());
        Assert.Equal(200_000, settings.GetProperty("responseSize").GetInt32());
        Assert.Equal(ExitCode.Failure, untrusted.ExitCode);
        Assert.Contains("latency: ", untrusted.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerEndsWithItsInput()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends");
        await server.ReadLineAsync();

        server.EndInput();

        Assert.Equal(ExitCode.Success, await server.WaitForExitAsync());
    }

    [Fact]
    public async Task AServerWhoseInputEndsBeforeItIsReadyEndsInSilence()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends");

        server.EndInput();

        Assert.Equal(ExitCode.Success, await server.WaitForExitAsync());
        Assert.Empty(await server.ReadErrorAsync());
    }

    [SkippableFact]
    public async Task AServerDoesNotOutliveAnInstanceThatIsKilled()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/proc names the children of a process");
        ToolProcess perf = ToolProcess.Start("perf", "latency", "--seconds", "600");
        Process server;
        using (perf)
        {
            Assert.StartsWith("latency ...", await perf.ReadLineAsync(), StringComparison.Ordinal);
            server = Process.GetProcessById(Assert.Single(perf.Children()));
        }

        using (server)
        {
            using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(30));
            await server.WaitForExitAsync(timeout.Token);
        }
    }

    [Fact]
    public async Task BrokenOffItReportsWhatRan()
    {
        using ToolProcess perf = ToolProcess.Start("perf", "upload", "latency", "--seconds", "0.2", "--json", _temporary.In("report.json"));
        Assert.StartsWith("upload ...", await perf.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("upload ", await perf.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("latency ...", await perf.ReadLineAsync(), StringComparison.Ordinal);

        perf.Signal("INT");

        Assert.Equal(ExitCode.Failure, await perf.WaitForExitAsync());
        Assert.Equal("upload", Report(File.ReadAllText(_temporary.In("report.json")))[0].GetProperty("scenario").GetString());
    }

    private static ServerAnnouncement Announcement(string line) =>
        JsonSerializer.Deserialize(line, AnnouncementJson.Default.ServerAnnouncement)!;

    private static JsonElement Report(string json) => JsonDocument.Parse(json).RootElement.GetProperty("scenarios");
}
