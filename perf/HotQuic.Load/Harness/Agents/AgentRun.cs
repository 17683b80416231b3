using System.Net.Security;
using HotQuic.Load.Harness.Files;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Running;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Harness.Agents;

/// <summary>The coordinator's end of an agent's work on one scenario.</summary>
internal sealed class AgentRun : ILoadPart
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(2);

    private readonly LoadAgentAddress _agent;
    private readonly TimeSpan _patience;
    private readonly int _steps;
    private readonly QuicConnection _connection;
    private readonly QuicStream _stream;

    private AgentRun(LoadAgentAddress agent, TimeSpan patience, int steps, QuicConnection connection, QuicStream stream)
    {
        _agent = agent;
        _patience = patience;
        _steps = steps;
        _connection = connection;
        _stream = stream;
    }

    /// <inheritdoc/>
    public string Name => _agent.ToString();

    /// <summary>Connects to the agent, and waits until it is connected to the target and warm.</summary>
    /// <param name="agent">Where it is.</param>
    /// <param name="scenario">What to do.</param>
    /// <param name="share">Its part of that.</param>
    /// <param name="patience">How long it may say nothing once it is at work, where it has something to say each second.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <exception cref="QuicException">The agent cannot be reached.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">It does not know the token.</exception>
    /// <exception cref="InvalidDataException">It cannot do the load; the message says why.</exception>
    public static async Task<AgentRun> PrepareAsync(
        LoadAgentAddress agent, LoadScenario scenario, PlanShare share, TimeSpan patience, CancellationToken cancellation)
    {
        using AgentIdentity identity = new(agent.Token);
        QuicConnection connection = await QuicConnection.ConnectAsync(ConnectionOptions(agent, identity), cancellation);
        try
        {
            QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellation);
            PrepareMessage order = new(agent.Token, ScenarioWriter.ToJson(scenario), share.First, share.Stride);
            await new AgentMessage { Prepare = order }.SendAsync(stream, cancellation);
            AgentMessage? answer = await AgentMessage.ReceiveAsync(stream, cancellation);
            return answer is { Ready: true }
                ? new(agent, patience, scenario.Steps.Count, connection, stream)
                : throw new InvalidDataException($"The agent {agent} cannot do this load: {answer?.Fault ?? "it ended the stream"}.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> MeasureAsync(Action<IntervalCounts> onInterval, CancellationToken cancellation)
    {
        await new AgentMessage { Go = true }.SendAsync(_stream, CancellationToken.None);
        using CancellationTokenRegistration stopping = cancellation.Register(() => _ = StopAsync());
        while (await ReceiveAsync() is { } message)
        {
            if (message.Interval is { } interval)
            {
                onInterval(interval.ToCounts(_steps));
            }
            else if (message.End is { } isWhole)
            {
                return isWhole;
            }
            else
            {
                throw new InvalidDataException($"The agent {_agent} failed: {message.Fault}.");
            }
        }

        throw new InvalidDataException($"The agent {_agent} ended the stream before the load was done.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private static QuicClientConnectionOptions ConnectionOptions(LoadAgentAddress agent, AgentIdentity identity) => new()
    {
        RemoteEndPoint = agent.EndPoint,
        DefaultCloseErrorCode = PerfProtocol.NoError,
        DefaultStreamErrorCode = PerfProtocol.NoError,
        KeepAliveInterval = KeepAlive,
        ClientAuthenticationOptions = new()
        {
            ApplicationProtocols = [new SslApplicationProtocol(AgentMessage.ApplicationProtocol)],
            TargetHost = "hotquic-load",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => identity.IsSameKey(certificate),
        },
    };

    /// <summary>An agent that hangs is as good as gone, and must not take the report of the others with it.</summary>
    private async Task<AgentMessage?> ReceiveAsync()
    {
        using CancellationTokenSource silence = new(_patience);
        try
        {
            return await AgentMessage.ReceiveAsync(_stream, silence.Token);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidDataException($"The agent {_agent} said nothing for {_patience.TotalSeconds:0.#} s.");
        }
    }

    private async Task StopAsync()
    {
        try
        {
            await new AgentMessage { Stop = true }.SendAsync(_stream, CancellationToken.None);
        }
        catch (Exception e) when (PeerFailures.IsOne(e) || e is InvalidOperationException)
        {
            // The agent is gone, or has just ended: whoever receives learns of it.
        }
    }
}
