using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Transport;
using Xunit.Abstractions;

namespace HotQuic.Load.Tests.EndToEnd;

/// <summary>Tests with traffic run one after the other, so that they do not starve one another.</summary>
[CollectionDefinition(nameof(EndToEnd), DisableParallelization = true)]
public sealed class EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class LoadTests(ITestOutputHelper output)
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(PerfApi.Handler)]
    [InlineData(PerfApi.Stream)]
    public async Task EveryRequestThatIsDueIsMadeAndCounted(PerfApi api)
    {
        await using RunningPerfServer server = await RunningPerfServer.StartAsync(api);
        LoadScenario scenario = LoadScenario.Create("requests", server.Target, LoadStep.Request("ask", 100, 50))
            .WithConnections(3)
            .WithWarmUpDuration(Short)
            .WithLoadSimulations(LoadSimulation.RampingInject(400, OneSecond, OneSecond), LoadSimulation.Inject(400, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Empty(report.Iterations.Failures);
        Assert.Equal((600, 600, 600), (report.Due, report.Started, report.Iterations.Succeeded));
        Assert.Equal(600 * 150, report.Steps[0].Bytes);
        Assert.Equal(2, report.MeasuredSeconds, 9);
        Assert.True(report.Transport.PacketsSent > 600 / 3 && report.Transport.RttMicroseconds > 0);
        Assert.False(report.Interrupted);
    }

    [Fact]
    public async Task CopiesLoopOverTheStepsOfAnIteration()
    {
        await using EchoServer server = new();
        LoadScenario scenario = LoadScenario
            .Create("copies", server.Target, LoadStep.Request("small", 10, 10), LoadStep.Pause("think", TimeSpan.FromMilliseconds(5)), LoadStep.Request("large", 300_000, 300_000))
            .WithConnections(2)
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithLoadSimulations(LoadSimulation.KeepConstant(5, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Empty(report.Iterations.Failures);
        Assert.True(report.Iterations.Succeeded >= 5);
        Assert.Equal(report.Iterations.Succeeded, report.Steps[0].Succeeded);
        Assert.Equal(report.Iterations.Succeeded, report.Steps[2].Succeeded);
        Assert.Equal(report.Started, report.Iterations.Succeeded);
        Assert.Equal(report.Iterations.Succeeded * 600_020, report.Iterations.Bytes);
        Assert.Equal((0, 5), (report.Due, report.Intervals[0].Copies));
    }

    [Fact]
    public async Task AnIterationMayMakeItsOwnConnection()
    {
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("sessions", server.Target, LoadStep.Connect("connect"), LoadStep.Request("ask", 10, 20))
            .WithWarmUpDuration(Short)
            .WithLoadSimulations(LoadSimulation.Inject(20, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Empty(report.Iterations.Failures);
        Assert.Equal((20, 20, 20), (report.Iterations.Succeeded, report.Steps[0].Succeeded, report.Steps[1].Succeeded));
        Assert.Equal(0, report.Connections);
    }

    [Theory]
    [InlineData(DatagramEnd.Echoed)]
    [InlineData(DatagramEnd.Acknowledged)]
    public async Task DatagramsAreEchoedOrAcknowledged(DatagramEnd end)
    {
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("datagrams", server.Target, LoadStep.Datagram("datagram", 100, end))
            .WithWarmUpDuration(Short)
            .WithLoadSimulations(LoadSimulation.Inject(100, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Equal(100, report.Started);
        Assert.Equal(100, report.Iterations.Succeeded + report.Iterations.Failed);
        Assert.True(report.Iterations.Succeeded > 50, string.Join(", ", report.Iterations.Failures));
    }

    /// <summary>
    /// An independent measurement: when a request was due goes out in its payload and comes back with it, and each difference is kept as it is.
    /// Whether the machine keeps up with the rate does not matter here: what took longer took longer for both.
    /// </summary>
    [Theory]
    [InlineData(2_000)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task LatenciesAgreeWithTheTimestampsInThePayload(int perSecond)
    {
        await using EchoServer server = new();
        long[] stamps = new long[2 * perSecond];
        int taken = 0;
        LoadScenario scenario = LoadScenario.Create("stamps", server.Target, LoadStep.Request("echo", 64, 64))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithConnections(4)
            .WithLoadSimulations(LoadSimulation.Inject(perSecond, OneSecond, TimeSpan.FromSeconds(2)));

        ScenarioReport report = await RunAsync(scenario, ticks => stamps[Interlocked.Increment(ref taken) - 1] = ticks);
        double[] measured = [.. stamps[..taken].Order().Select(ticks => ticks * 1e6 / Stopwatch.Frequency)];

        Assert.Equal(report.Iterations.Succeeded, measured.Length);
        Assert.Equal(report.Due, report.Iterations.Succeeded + report.Iterations.Failed);
        Assert.InRange(measured.Length, perSecond / 2, 2 * perSecond);
        LatencyFigures latency = report.Iterations.LatencyMicroseconds;
        (string Name, double Reported, double Quantile)[] percentiles =
        [
            ("p50", latency.P50, 0.5), ("p75", latency.P75, 0.75), ("p95", latency.P95, 0.95), ("p99", latency.P99, 0.99), ("p99.9", latency.P999, 0.999),
        ];
        output.WriteLine($"{perSecond}/s due, {report.Iterations.PerSecond:0}/s done; lag p50 {report.LagMicroseconds.P50:0} us, "
            + $"p99 {report.LagMicroseconds.P99:0} us; processor time an iteration, harness and server {report.Harness.CpuMicrosecondsPerIteration:0.0} us");
        foreach ((string name, double reported, double quantile) in percentiles)
        {
            double stamped = measured[(int)Math.Ceiling(quantile * measured.Length) - 1];
            output.WriteLine($"{name}: reported {reported:0.0} us, stamped {stamped:0.0} us, {100 * (reported - stamped) / stamped:0.00} %");
            Assert.Equal(stamped, reported, stamped * 0.02);
        }
    }

    [Fact]
    public async Task AResponseOfAnotherSizeIsAFailure()
    {
        await using EchoServer server = new();
        LoadScenario scenario = LoadScenario.Create("sizes", server.Target, LoadStep.Request("echo", 64, 65))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithThresholds("failed < 1%")
            .WithLoadSimulations(LoadSimulation.Inject(50, OneSecond, OneSecond));

        ScenarioReport report = await RunAsync(scenario);

        Assert.Equal(50, report.Iterations.Failures[FailureKinds.WrongSize]);
        Assert.False(report.Thresholds[0].Holds);
    }

    [Fact]
    public async Task AServerThatIsLostIsSeenInTheReportAndTheLoadGoesOn()
    {
        RunningPerfServer server = await RunningPerfServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("lost", server.Target, LoadStep.Request("ask", 10, 20))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithTimeout(OneSecond)
            .WithLoadSimulations(LoadSimulation.Inject(100, OneSecond, TimeSpan.FromSeconds(4)));
        Observer observer = new(after: 1, () => server.DisposeAsync().AsTask());

        ScenarioReport report = (await new LoadRunner(observer).RunAsync([scenario]).WaitAsync(Patience)).Scenarios[0];
        await observer.Done;

        Assert.Equal(400, report.Due);
        Assert.Equal(400, report.Iterations.Succeeded + report.Iterations.Failed);
        Assert.True(report.Iterations.Succeeded >= 90 && report.Iterations.Failed >= 90);
    }

    [Fact]
    public async Task ARunThatIsBrokenOffReportsWhatRan()
    {
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        LoadScenario scenario = LoadScenario.Create("broken off", server.Target, LoadStep.Request("ask", 10, 20))
            .WithWarmUpDuration(TimeSpan.Zero)
            .WithLoadSimulations(LoadSimulation.Inject(100, OneSecond, TimeSpan.FromHours(1)));
        using CancellationTokenSource stop = new();
        Observer observer = new(after: 1, stop.CancelAsync);

        ScenarioReport report = (await new LoadRunner(observer).RunAsync([scenario], stop.Token).WaitAsync(Patience)).Scenarios[0];

        Assert.True(report.Interrupted);
        Assert.InRange(report.MeasuredSeconds, 1, 60);
        Assert.True(report.Iterations.Succeeded >= 100);
        Assert.Equal(report.Due, report.Iterations.Succeeded + report.Iterations.Failed);
    }

    [Fact]
    public async Task WhereNobodyListensNothingIsRun()
    {
        using Socket reserved = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)reserved.LocalEndPoint!).Port;
        LoadTarget target = LoadTarget.Parse($"quic://127.0.0.1:{port}").WithTrust(ServerTrust.Anything);
        LoadScenario scenario = LoadScenario.Create("nobody", target, LoadStep.Request("ask", 10)).WithTimeout(OneSecond);

        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(scenario));

        Assert.True(PeerFailures.IsOne(exception), exception.ToString());
    }

    private static async Task<ScenarioReport> RunAsync(LoadScenario scenario, Action<long>? onStamp = null)
    {
        LoadReport report = await new LoadRunner { OnStamp = onStamp }.RunAsync([scenario]).WaitAsync(Patience);
        return Assert.Single(report.Scenarios);
    }

    /// <summary>Does something once so many intervals are over.</summary>
    private sealed class Observer(int after, Func<Task> act) : ILoadObserver
    {
        private int _intervals;

        public Task Done { get; private set; } = Task.CompletedTask;

        public void OnPreparing(LoadScenario scenario)
        {
        }

        public void OnInterval(LoadScenario scenario, IntervalReport interval)
        {
            if (++_intervals == after)
            {
                Done = act();
            }
        }

        public void OnAgentLost(LoadScenario scenario, string agent, Exception reason)
        {
        }
    }
}
