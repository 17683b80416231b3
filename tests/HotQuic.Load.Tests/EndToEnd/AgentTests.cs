using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using System.Threading.Channels;
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

    /// <summary>An agent that hangs, its connection alive, must not take the report of the others with it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnAgentThatHangsIsLostToo(bool isStopped)
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent good = await RunningAgent.StartAsync(token);
        using CancellationTokenSource stop = new();
        await using FakeAgent hanging = new(token, async stream =>
        {
            if (isStopped)
            {
                stop.CancelAfter(OneSecond);
            }

            await stream.ReadsClosed;
        });
        Told told = new();
        LoadRunner runner = new(told, [new(good.EndPoint, token), new(hanging.EndPoint, token)]) { AgentPatience = TimeSpan.FromSeconds(3) };

        ScenarioReport report = (await runner.RunAsync([Scenario(server.Target)], stop.Token).WaitAsync(Patience)).Scenarios[0];

        Assert.True(report.Interrupted);
        Assert.True(report.Iterations.Succeeded > 0);
        Assert.Contains("said nothing", Assert.Single(told.Lost), StringComparison.Ordinal);
    }

    /// <summary>What an agent of another version may send.</summary>
    [Theory]
    [InlineData("""{"interval":{"accounts":[null,null],"lag":[],"started":1,"due":1,"copies":0,"endSeconds":1,"seconds":1,"process":{},"transport":{}}}""")]
    [InlineData("""{"interval":{"accounts":[{"bytes":1},{"bytes":1}],"lag":[],"started":1,"due":1,"copies":0,"endSeconds":1,"seconds":1,"process":{},"transport":{}}}""")]
    [InlineData("""{"interval":{"accounts":null,"lag":null,"started":1,"due":1,"copies":0,"endSeconds":1,"seconds":1,"process":{},"transport":{}}}""")]
    [InlineData("""{"interval":{"accounts":[],"lag":[1],"started":1,"due":1,"copies":0,"endSeconds":1,"seconds":1,"process":{},"transport":{}}}""")]
    [InlineData("""{"interval":{}}""")]
    [InlineData("""{"news":1}""")]
    [InlineData("null")]
    [InlineData("nonsense")]
    public async Task AnAgentThatTalksNonsenseIsLostToo(string message)
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent good = await RunningAgent.StartAsync(token);
        await using FakeAgent other = new(token, async stream =>
        {
            byte[] json = Encoding.UTF8.GetBytes(message);
            byte[] length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
            await stream.WriteAsync((byte[])[.. length, .. json]);
            await stream.ReadsClosed;
        });
        Told told = new();
        LoadRunner runner = new(told, [new(good.EndPoint, token), new(other.EndPoint, token)]);

        ScenarioReport report = (await runner.RunAsync([Scenario(server.Target)]).WaitAsync(Patience)).Scenarios[0];

        Assert.True(report.Interrupted);
        Assert.Equal(151, report.Iterations.Succeeded);
        Assert.Single(told.Lost);
    }

    /// <summary>What a coordinator of another version may leave out.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 2)]
    [InlineData(-1, 1)]
    public async Task AShareThatIsNoneIsRefusedAndTheAgentGoesOn(int first, int stride)
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent agent = await RunningAgent.StartAsync(token);

        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(() => AgentRun.PrepareAsync(
            new(agent.EndPoint, token), Scenario(server.Target), new(first, stride), Patience, CancellationToken.None).WaitAsync(Patience));
        Assert.Contains("share", refusal.Message, StringComparison.Ordinal);

        ScenarioReport report = (await new LoadRunner(observer: null, [new(agent.EndPoint, token)]).RunAsync([Scenario(server.Target)]).WaitAsync(Patience)).Scenarios[0];
        Assert.Equal(301, report.Iterations.Succeeded);
    }

    /// <summary>A coordinator that is gone while an agent warms up has nobody loaded for the rest of an hour.</summary>
    [Fact]
    public async Task ACoordinatorThatVanishesDuringTheWarmUpEndsIt()
    {
        string token = LoadAgent.NewToken();
        await using RunningPerfServer server = await RunningPerfServer.StartAsync();
        await using RunningAgent agent = await RunningAgent.StartAsync(token);
        using CancellationTokenSource vanish = new();
        LoadScenario scenario = Scenario(server.Target).WithWarmUpDuration(TimeSpan.FromHours(1));
        LoadRunner runner = new(observer: null, [new(agent.EndPoint, token)]);
        Task running = runner.RunAsync([scenario], vanish.Token);
        Assert.Contains("'farm'", await agent.NextEventAsync().WaitAsync(Patience), StringComparison.Ordinal);

        await vanish.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        await agent.NextEventAsync().WaitAsync(Patience);
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
        private readonly Channel<string> _events;
        private readonly LoadAgent _agent;
        private readonly Task _running;

        private RunningAgent(LoadAgent agent, Channel<string> events)
        {
            _agent = agent;
            _events = events;
            _running = agent.RunAsync(_stop.Token);
        }

        public IPEndPoint EndPoint => _agent.LocalEndPoint;

        public static async Task<RunningAgent> StartAsync(string token, Action<string>? onEvent = null)
        {
            Channel<string> events = Channel.CreateUnbounded<string>();
            return new(await LoadAgent.ListenAsync(new(IPAddress.Loopback, 0), token, OnEvent, CancellationToken.None), events);

            void OnEvent(string said)
            {
                events.Writer.TryWrite(said);
                onEvent?.Invoke(said);
            }
        }

        /// <summary>What it says next of what happens.</summary>
        public async Task<string> NextEventAsync() => await _events.Reader.ReadAsync();

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            await _agent.DisposeAsync();
            _stop.Dispose();
        }
    }

    /// <summary>Knows the token, says that it is ready, and then does as it likes.</summary>
    private sealed class FakeAgent : IAsyncDisposable
    {
        private readonly AgentIdentity _identity;
        private readonly QuicListener _listener;
        private readonly Task _serving;

        public FakeAgent(string token, Func<QuicStream, Task> behave)
        {
            _identity = new(token);
            List<SslApplicationProtocol> protocols = [new(AgentMessage.ApplicationProtocol)];
            QuicServerConnectionOptions options = new()
            {
                ServerAuthenticationOptions = new() { ServerCertificate = _identity.Certificate, ApplicationProtocols = protocols },
                DefaultCloseErrorCode = 0,
                DefaultStreamErrorCode = 0,
            };
            _listener = QuicListener.ListenAsync(new()
            {
                ListenEndPoint = new(IPAddress.Loopback, 0),
                ApplicationProtocols = protocols,
                ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
            }).AsTask().Result;
            _serving = ServeAsync(behave);
        }

        public IPEndPoint EndPoint => _listener.LocalEndPoint;

        public async ValueTask DisposeAsync()
        {
            await _serving.WaitAsync(Patience);
            await _listener.DisposeAsync();
            _identity.Dispose();
        }

        private async Task ServeAsync(Func<QuicStream, Task> behave)
        {
            await using QuicConnection connection = await _listener.AcceptConnectionAsync();
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                await AgentMessage.ReceiveAsync(stream, CancellationToken.None);
                await new AgentMessage { Ready = true }.SendAsync(stream, CancellationToken.None);
                await AgentMessage.ReceiveAsync(stream, CancellationToken.None);
                await behave(stream);
            }
            catch (QuicException)
            {
                // The coordinator has given it up.
            }
        }
    }

    /// <summary>Knows which agents were lost.</summary>
    private sealed class Told : ILoadObserver
    {
        public List<string> Lost { get; } = [];

        public void OnPreparing(LoadScenario scenario)
        {
        }

        public void OnInterval(LoadScenario scenario, IntervalReport interval)
        {
        }

        public void OnAgentLost(LoadScenario scenario, string agent, Exception reason) => Lost.Add(reason.Message);
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
