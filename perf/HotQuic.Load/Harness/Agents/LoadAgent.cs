using System.Net;
using System.Net.Security;
using HotQuic.Load.Harness.Files;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Running;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Protocol;

namespace HotQuic.Load.Harness.Agents;

/// <summary>
/// Makes loads for a coordinator on another machine: <see cref="ListenAsync"/>, <see cref="RunAsync"/> until cancelled, dispose. Nothing but
/// the token lets a coordinator in, which may then have any server loaded that this machine reaches.
/// </summary>
public sealed class LoadAgent : IAsyncDisposable
{
    private static readonly TimeSpan ClosingPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(2);

    private readonly AgentIdentity _identity;
    private readonly QuicListener _listener;
    private readonly Action<string> _onEvent;

    private LoadAgent(AgentIdentity identity, QuicListener listener, Action<string> onEvent)
    {
        _identity = identity;
        _listener = listener;
        _onEvent = onEvent;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>A token that cannot be guessed.</summary>
    public static string NewToken() => AgentIdentity.NewToken();

    /// <summary>Starts to listen.</summary>
    /// <param name="endPoint">Where; port 0 lets the system choose.</param>
    /// <param name="token">The secret, at least 16 characters.</param>
    /// <param name="onEvent">Is told in a sentence what happens; from any thread.</param>
    /// <param name="cancellation">Breaks it off.</param>
    /// <exception cref="ArgumentException">The token is too short.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port or the address cannot be had.</exception>
    public static async Task<LoadAgent> ListenAsync(IPEndPoint endPoint, string token, Action<string> onEvent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(onEvent);
        AgentIdentity identity = new(token);
        List<SslApplicationProtocol> protocols = [new(AgentMessage.ApplicationProtocol)];
        QuicServerConnectionOptions options = new()
        {
            ServerAuthenticationOptions = new() { ServerCertificate = identity.Certificate, ApplicationProtocols = protocols },
            DefaultCloseErrorCode = PerfProtocol.NoError,
            DefaultStreamErrorCode = PerfProtocol.NoError,
            MaxInboundUnidirectionalStreams = 0,
            KeepAliveInterval = KeepAlive,
        };
        try
        {
            QuicListener listener = await QuicListener.ListenAsync(
                new()
                {
                    ListenEndPoint = endPoint,
                    ApplicationProtocols = protocols,
                    ConnectionOptionsCallback = (_, _, _) => ValueTask.FromResult(options),
                },
                cancellation);
            return new(identity, listener, onEvent);
        }
        catch
        {
            identity.Dispose();
            throw;
        }
    }

    /// <summary>Serves coordinators until cancelled; the loads under way end then.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        AcceptLoop.RunAsync(_listener, connection => ServeAsync(connection, cancellation), static _ => { }, ClosingPatience, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _identity.Dispose();
    }

    private async Task ServeAsync(QuicConnection connection, CancellationToken cancellation)
    {
        await using (connection)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync(cancellation);
                await ServeAsync(stream, connection, cancellation);
                stream.CompleteWrites();

                // The coordinator has got it all, or is gone.
                await stream.WritesClosed.WaitAsync(ClosingPatience, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException or InvalidDataException or TimeoutException)
            {
                _onEvent($"{connection.RemoteEndPoint}: {e.Message}");
            }
        }
    }

    private async Task ServeAsync(QuicStream stream, QuicConnection connection, CancellationToken cancellation)
    {
        PrepareMessage order = (await AgentMessage.ReceiveAsync(stream, cancellation))?.Prepare
            ?? throw new InvalidDataException("A coordinator did not begin with what to prepare.");
        if (order is not { Token: not null, Scenario: not null } || !_identity.IsToken(order.Token))
        {
            await new AgentMessage { Fault = "the token is wrong" }.SendAsync(stream, cancellation);
            throw new InvalidDataException("A coordinator has the wrong token.");
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<bool> starting = WhenStartedAsync(stream, stop);
        try
        {
            LoadScenario scenario = ScenarioFile.Parse(order.Scenario, isJson: true)[0];
            PlanShare share = order.Share;
            _onEvent($"{connection.RemoteEndPoint}: '{scenario.Name}', share {share.First + 1} of {share.Stride}, {scenario.Target.Address}");
            await using LoadRun run = await LoadRun.PrepareAsync(scenario, share, onStamp: null, stop.Token);
            await new AgentMessage { Ready = true }.SendAsync(stream, cancellation);
            if (await starting)
            {
                await MeasureAsync(run, stream, stop);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await new AgentMessage { Fault = e.Message }.SendAsync(stream, cancellation);
        }
        finally
        {
            await stop.CancelAsync();
            await starting;
        }
    }

    /// <summary>Whether the coordinator says so; where it is gone, which may be while all is prepared, nothing is prepared any further.</summary>
    private static async Task<bool> WhenStartedAsync(QuicStream stream, CancellationTokenSource stop)
    {
        try
        {
            if (await AgentMessage.ReceiveAsync(stream, stop.Token) is { Go: true })
            {
                return true;
            }
        }
        catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException or InvalidDataException)
        {
            // There is nobody to work for.
        }

        await stop.CancelAsync();
        return false;
    }

    private async Task MeasureAsync(LoadRun run, QuicStream stream, CancellationTokenSource stop)
    {
        Task listening = StopWhenAskedAsync(stream, stop);
        Task sending = Task.CompletedTask;
        bool isWhole = await run.MeasureAsync(counts => sending = SendAfterAsync(sending, counts), stop.Token);
        await sending;
        await new AgentMessage { End = isWhole }.SendAsync(stream, CancellationToken.None);
        _onEvent(isWhole ? "done" : "broken off");
        await stop.CancelAsync();
        await listening;

        // One after the other: a write must not begin before the last has ended.
        async Task SendAfterAsync(Task before, IntervalCounts counts)
        {
            await before;
            await new AgentMessage { Interval = IntervalMessage.Of(counts) }.SendAsync(stream, CancellationToken.None);
        }
    }

    /// <summary>The coordinator says so, or is gone.</summary>
    private static async Task StopWhenAskedAsync(QuicStream stream, CancellationTokenSource stop)
    {
        try
        {
            await AgentMessage.ReceiveAsync(stream, stop.Token);
        }
        catch (Exception e) when (PeerFailures.IsOne(e) || e is OperationCanceledException or InvalidDataException)
        {
            // Either way there is nobody to work for.
        }

        await stop.CancelAsync();
    }
}
