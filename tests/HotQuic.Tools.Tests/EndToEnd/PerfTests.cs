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

    [Theory]
    [InlineData("stream")]
    [InlineData("stream-pool")]
    [InlineData("handler")]
    public async Task WithoutAScenarioAllAreMeasuredAgainstAServerInASecondProcess(string api)
    {
        using ToolProcess perf = ToolProcess.Start(
            "perf", "--seconds", "0.2", "--api", api, "--json", _temporary.In("report.json"), "--spin");
        string output = await perf.ReadOutputAsync();

        Assert.True(await perf.WaitForExitAsync() == ExitCode.Success, await perf.ReadErrorAsync());
        JsonElement[] scenarios = [.. Report(File.ReadAllText(_temporary.In("report.json"))).EnumerateArray()];
        Assert.Equal(
            ScenarioRules.All.Select(rules => rules.Name), scenarios.Select(scenario => scenario.GetProperty("scenario").GetString()));
        Assert.All(scenarios, scenario =>
        {
            Assert.True(scenario.GetProperty("operations").GetInt64() > 0);
            Assert.True(scenario.GetProperty("serverCpuSeconds").GetDouble() > 0);
            Assert.True(scenario.GetProperty("packetsSent").GetInt64() > 0);
            JsonElement settings = scenario.GetProperty("settings");
            Assert.Equal((api, api), (settings.GetProperty("api").GetString(), settings.GetProperty("serverApi").GetString()));
            Assert.Equal(100, settings.GetProperty("spinMicroseconds").GetInt32());
            Assert.Equal(100, settings.GetProperty("serverSpinMicroseconds").GetInt32());
            Assert.InRange(scenario.GetProperty("udpPayloadBytes").GetInt32(), 1200, LargestUdpPayload);
        });
        Assert.True(scenarios[0].GetProperty("bytes").GetInt64() > 0);
        Assert.True(scenarios[1].GetProperty("bytes").GetInt64() > 0);
        Assert.Contains($"api {api}, spin 100 us", output, StringComparison.Ordinal);
        Assert.DoesNotContain(output, character => char.IsControl(character) && character != '\n');
    }

    [Theory]
    [InlineData("stream", "handler")]
    [InlineData("handler", "stream")]
    public async Task AServerOfOneApiServesClientsOfTheOther(string serverApi, string clientApi)
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", serverApi);
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);

        Invocation perf = await Invocation.RunAsync(
            "perf", "--seconds", "0.2", "--api", clientApi, "--server", announcement.Listening, "--ca", authorities, "--json", "-");

        Assert.True(perf.ExitCode == ExitCode.Success, perf.Error);
        JsonElement[] scenarios = [.. Report(perf.Output).EnumerateArray()];
        Assert.Equal(ScenarioRules.All.Count, scenarios.Length);
        Assert.All(scenarios, scenario =>
        {
            Assert.True(scenario.GetProperty("operations").GetInt64() > 0);
            Assert.Equal(serverApi, scenario.GetProperty("settings").GetProperty("serverApi").GetString());
        });
        server.EndInput();
        Assert.Equal(ExitCode.Success, await server.WaitForExitAsync());
    }

    /// <summary>Messages beyond the send buffer, and more streams than the server lets be opened at a time.</summary>
    [Theory]
    [InlineData("stream", "--outstanding", "4", "--request-size", "3000000", "--response-size", "3000000")]
    [InlineData("handler", "--outstanding", "4", "--request-size", "3000000", "--response-size", "3000000")]
    [InlineData("handler", "--outstanding", "10000", "--request-size", "0", "--response-size", "0")]
    [InlineData("handler", "--outstanding", "4", "--connections", "16")]
    public async Task RequestsOfAnySizeAndNumberAreAnswered(string api, params string[] arguments)
    {
        Invocation perf = await Invocation.RunAsync(["perf", "request", "--seconds", "1", "--api", api, "--json", "-", .. arguments]);

        Assert.True(perf.ExitCode == ExitCode.Success, perf.Error);
        Assert.True(Report(perf.Output)[0].GetProperty("operations").GetInt64() > 0);
    }

    [Fact]
    public async Task AServerOfAnotherProtocolIsSaidToBeNone()
    {
        using ToolProcess server = ToolProcess.Start("serve", _temporary.Root, "--listen", "127.0.0.1:0");
        string listening = (await server.ReadLineAsync()).Split(" on ")[1].Split(',')[0];

        Invocation perf = await Invocation.RunAsync("perf", "latency", "--server", listening, "--insecure");

        Assert.Equal(ExitCode.Failure, perf.ExitCode);
        Assert.Contains("expected a 'hotquic perf-server' there", perf.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", perf.Error, StringComparison.Ordinal);
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
        using ToolProcess perf = ToolProcess.Start("perf", "upload", "latency", "--seconds", "3", "--json", _temporary.In("report.json"));
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
