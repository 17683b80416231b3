using System.Collections.Concurrent;
using System.Net;
using System.Security.Authentication;
using HotQuic.Load.Harness;
using HotQuic.Load.Harness.Agents;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class AgentTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AFarmDoesTogetherWhatIsAskedFor()
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent first = await RunningAgent.StartAsync(token);
        await using RunningAgent second = await RunningAgent.StartAsync(token);
        LoadRunner runner = new(observer: null, [new(first.EndPoint, token), new(second.EndPoint, token)]);

        ScenarioReport report = (await runner.RunAsync([Scenario(server.Target)]).WaitAsync(Patience)).Scenarios[0];

        Assert.Empty(report.Iterations.Failures);
        Assert.Equal((301, 301, 301), (report.Due, report.Started, report.Iterations.Succeeded));
        Assert.Equal((2, 2), (report.Agents, report.Connections));
        Assert.False(report.Interrupted);
    }

    [Fact]
    public async Task AnAgentTellsWhatItDoesAndThatItIsDone()
    {
        string token = LoadAgent.NewToken();
        ConcurrentQueue<string> events = [];
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using (RunningAgent agent = await RunningAgent.StartAsync(token, events.Enqueue))
        {
            await new LoadRunner(observer: null, [new(agent.EndPoint, token)]).RunAsync([Scenario(server.Target)]).WaitAsync(Patience);
        }

        Assert.Collection(
            events,
            told => Assert.EndsWith($"'farm', share 1 of 1, {server.Target}", told, StringComparison.Ordinal),
            told => Assert.Equal("done", told));
    }

    [Fact]
    public async Task WithoutTheTokenNobodyIsServedAndNothingIsTold()
    {
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent agent = await RunningAgent.StartAsync(LoadAgent.NewToken());
        LoadRunner runner = new(observer: null, [new(agent.EndPoint, LoadAgent.NewToken())]);

        await Assert.ThrowsAsync<AuthenticationException>(() => runner.RunAsync([Scenario(server.Target)]).WaitAsync(Patience));
    }

    [Fact]
    public async Task WhatAnAgentCannotDoIsSaid()
    {
        string token = LoadAgent.NewToken();
        await using RunningAgent agent = await RunningAgent.StartAsync(token);
        LoadRunner runner = new(observer: null, [new(agent.EndPoint, token)]);
        LoadTarget nowhere = LoadTarget.Parse("quic://127.0.0.1:1");

        InvalidDataException exception = await Assert.ThrowsAsync<InvalidDataException>(() => runner.RunAsync([Scenario(nowhere).WithTimeout(OneSecond)]).WaitAsync(Patience));

        Assert.Contains("cannot do this load", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAgentThatIsLostLeavesAReportOfWhatRan()
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent first = await RunningAgent.StartAsync(token);
        RunningAgent second = await RunningAgent.StartAsync(token);
        Observer observer = new(second);
        LoadRunner runner = new(observer, [new(first.EndPoint, token), new(second.EndPoint, token)]);
        LoadScenario scenario = Scenario(server.Target).WithLoadSimulations(LoadSimulation.Inject(100, OneSecond, TimeSpan.FromSeconds(4)));

        ScenarioReport report = (await runner.RunAsync([scenario]).WaitAsync(Patience)).Scenarios[0];

        Assert.True(report.Interrupted);
        Assert.True(report.Iterations.Succeeded >= 200);
    }

    [Fact]
    public void ATokenThatCanBeGuessedIsRefused() => Assert.Throws<ArgumentException>(() => new AgentIdentity("short"));

    [Fact]
    public void TheKeyFollowsFromTheToken()
    {
        using AgentIdentity one = new("a token of many characters");
        using AgentIdentity same = new("a token of many characters");
        using AgentIdentity other = new("another token of many characters");

        Assert.True(one.IsSameKey(same.Certificate));
        Assert.False(one.IsSameKey(other.Certificate));
        Assert.False(one.IsToken("another token of many characters"));
    }

    private static LoadScenario Scenario(LoadTarget target) => LoadScenario.Create("farm", target, LoadStep.Request("ask", 10, 20))
        .WithWarmUpDuration(TimeSpan.FromMilliseconds(100))
        .WithLoadSimulations(LoadSimulation.Inject(301, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)));

    private sealed class RunningAgent : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly LoadAgent _agent;
        private readonly Task _running;

        private RunningAgent(LoadAgent agent)
        {
            _agent = agent;
            _running = agent.RunAsync(_stop.Token);
        }

        public IPEndPoint EndPoint => _agent.LocalEndPoint;

        public static async Task<RunningAgent> StartAsync(string token, Action<string>? onEvent = null) =>
            new(await LoadAgent.ListenAsync(new(IPAddress.Loopback, 0), token, onEvent ?? (static _ => { }), CancellationToken.None));

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            await _agent.DisposeAsync();
            _stop.Dispose();
        }
    }

    /// <summary>Stops an agent after the first interval.</summary>
    private sealed class Observer(RunningAgent agent) : ILoadObserver
    {
        private Task? _stopping;

        public void OnPreparing(LoadScenario scenario)
        {
        }

        public void OnInterval(LoadScenario scenario, IntervalReport interval) => _stopping ??= agent.DisposeAsync().AsTask();

        public void OnAgentLost(LoadScenario scenario, string agent, Exception reason)
        {
        }
    }
}
