using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Tools.Perf;

namespace HotQuic.Tools.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class LoadCommandTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task AScenarioFileIsRunAndReportedInAllForms()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", "handler");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        _temporary.Write("server.pem", announcement.Certificate);
        string file = _temporary.Write("load.yaml", $$"""
            target: { address: "perf://{{announcement.Listening}}", ca: server.pem }
            scenarios:
              - name: short
                warmUp: 200ms
                steps: [{ kind: request, name: ask, requestBytes: 10, responseBytes: 20 }]
                simulations: [{ kind: inject, rate: 100, during: 1s }]
                thresholds: [failed <= 0%, rate > 1000000]
            """);

        Invocation load = await Invocation.RunAsync(
            "load", file, "--json", _temporary.In("report.json"), "--csv", _temporary.In("report.csv"), "--html", _temporary.In("report.html"));
        ScenarioReport report = Assert.Single(LoadReport.FromJson(File.ReadAllText(_temporary.In("report.json"))).Scenarios);

        Assert.Equal(ExitCode.Failure, load.ExitCode);
        Assert.Contains("failed <= 0%: 0.00 %, holds", load.Output, StringComparison.Ordinal);
        Assert.Contains("DOES NOT HOLD", load.Output, StringComparison.Ordinal);
        Assert.Equal(100, report.Iterations.Succeeded);
        Assert.StartsWith("scenario,step,", File.ReadAllText(_temporary.In("report.csv")), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_temporary.In("report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralProcessesShareALoad()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", "handler");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);
        using ToolProcess load = ToolProcess.Start(
            "load", "--target", $"perf://{announcement.Listening}", "--ca", authorities, "--rate", "100", "--during", "1s", "--processes", "2",
            "--json", _temporary.In("report.json"));

        Assert.True(await load.WaitForExitAsync() == ExitCode.Success, await load.ReadErrorAsync());
        ScenarioReport report = Assert.Single(LoadReport.FromJson(File.ReadAllText(_temporary.In("report.json"))).Scenarios);
        Assert.Equal((2, 2, 100), (report.Agents, report.Connections, report.Iterations.Succeeded));
    }

    [Fact]
    public async Task CtrlCLeavesAReportOfWhatRan()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", "handler");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);
        using ToolProcess load = ToolProcess.Start(
            "load", "--target", $"perf://{announcement.Listening}", "--ca", authorities, "--rate", "100", "--during", "1h", "--json", _temporary.In("report.json"));

        // The second line comes with the tenth second.
        await load.ReadLineAsync();
        await load.ReadLineAsync();
        load.Signal("INT");

        Assert.Equal(ExitCode.Failure, await load.WaitForExitAsync());
        ScenarioReport report = Assert.Single(LoadReport.FromJson(File.ReadAllText(_temporary.In("report.json"))).Scenarios);
        Assert.True(report.Interrupted);
        Assert.True(report.Iterations.Succeeded >= 900);
    }

    [Fact]
    public async Task CtrlCEndsTheWaitForAServerThatSaysNothing()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using ToolProcess load = ToolProcess.Start("load", "--target", $"quic://{silent.LocalEndPoint}", "--insecure", "--json", _temporary.In("report.json"));
        await load.ReadLineAsync();
        Assert.True(silent.Poll(TimeSpan.FromSeconds(60), SelectMode.SelectRead));

        load.Signal("INT");

        Assert.Equal(ExitCode.Failure, await load.WaitForExitAsync());
        Assert.Equal("hotquic: interrupted", (await load.ReadErrorAsync()).Trim());
        Assert.Empty(Directory.GetFiles(_temporary.Root));
    }

    /// <summary>Where one report's place is gone when the run is over, the others are written all the same.</summary>
    [Fact]
    public async Task AReportThatCannotBeWrittenCostsNoOther()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", "handler");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);
        Directory.CreateDirectory(_temporary.In("gone"));
        using ToolProcess load = ToolProcess.Start(
            "load", "--target", $"perf://{announcement.Listening}", "--ca", authorities, "--rate", "100", "--during", "1s",
            "--json", _temporary.In("gone/report.json"), "--csv", _temporary.In("report.csv"), "--html", _temporary.In("report.html"));
        await load.ReadLineAsync();
        Directory.Delete(_temporary.In("gone"));

        Assert.Equal(ExitCode.Failure, await load.WaitForExitAsync());
        Assert.Contains($"the report '{_temporary.In("gone/report.json")}' is lost", await load.ReadErrorAsync(), StringComparison.Ordinal);
        Assert.StartsWith("scenario,step,", File.ReadAllText(_temporary.In("report.csv")), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(_temporary.In("report.html")), StringComparison.Ordinal);
    }

    /// <summary>A server that is killed in the middle: what was due afterwards has failed, and the run comes to its end.</summary>
    [Fact]
    public async Task AServerThatIsKilledIsInTheReport()
    {
        using ToolProcess server = ToolProcess.Start("perf-server", "--listen", "127.0.0.1:0", "--until-stdin-ends", "--api", "handler");
        ServerAnnouncement announcement = Announcement(await server.ReadLineAsync());
        string authorities = _temporary.Write("server.pem", announcement.Certificate);
        string file = _temporary.Write("load.yaml", $$"""
            target: { address: "perf://{{announcement.Listening}}", ca: server.pem }
            scenarios:
              - name: killed
                warmUp: 100ms
                timeout: 1s
                connections: 2
                steps: [{ kind: request, name: ask, requestBytes: 10, responseBytes: 20 }]
                simulations: [{ kind: inject, rate: 100, during: 15s }]
            """);
        using ToolProcess load = ToolProcess.Start("load", file, "--ca", authorities, "--json", _temporary.In("report.json"));
        await load.ReadLineAsync();

        // The second line comes with the tenth second.
        await load.ReadLineAsync();
        server.Signal("KILL");

        await load.WaitForExitAsync();
        ScenarioReport report = Assert.Single(LoadReport.FromJson(File.ReadAllText(_temporary.In("report.json"))).Scenarios);
        Assert.False(report.Interrupted);
        Assert.InRange(report.Iterations.Succeeded, 900, 1400);
        Assert.Equal(report.Due, report.Iterations.Succeeded + report.Iterations.Failed);
    }

    [Fact]
    public async Task AMistakeInAFileIsSaidWithItsLine()
    {
        string file = _temporary.Write("load.yaml", "target: quic://127.0.0.1:1\nscenarios:\n  - name: x\n    stops: []\n");

        Invocation load = await Invocation.RunAsync("load", file);

        Assert.Equal(ExitCode.Failure, load.ExitCode);
        Assert.Contains("line 3: scenarios[0]: the field 'steps' is missing", load.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhereNobodyListensTheServerIsNamed()
    {
        Invocation load = await Invocation.RunAsync("load", "--target", "quic://127.0.0.1:1", "--during", "1s");

        Assert.Equal(ExitCode.Failure, load.ExitCode);
        Assert.StartsWith("hotquic: quic://127.0.0.1:1: ", load.Error, StringComparison.Ordinal);
    }

    private static ServerAnnouncement Announcement(string line) => JsonSerializer.Deserialize(line, AnnouncementJson.Default.ServerAnnouncement)!;
}
