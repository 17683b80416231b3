using System.Diagnostics;
using HotQuic.Load.Measuring;
using HotQuic.Load.Protocol;
using HotQuic.Load.Transport;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// Runs one scenario against a server: warm-up, measuring window with both processes' counters read at its two ends, and the result.
/// Construct with the client, then <see cref="RunAsync"/> for each scenario, one after the other.
/// </summary>
public sealed class ScenarioRunner(PerfClient client)
{
    private static readonly TimeSpan FiguresInterval = TimeSpan.FromMilliseconds(300);

    /// <summary>Compiling that takes a smaller part of the time than this is not seen in the figures.</summary>
    private const double NegligibleCompilation = 0.02;

    /// <summary>
    /// Measures. When cancelled within the window, what was measured so far is the result; when cancelled earlier, there is none.
    /// </summary>
    /// <param name="rules">Which scenario.</param>
    /// <param name="settings">With what.</param>
    /// <param name="onFigures">
    /// Called about three times a second on a thread of the pool; what it allocates there is taken off the client's figures.
    /// </param>
    /// <param name="cancellation">Breaks the run off.</param>
    /// <exception cref="QuicException">A connection failed.</exception>
    /// <exception cref="TimeoutException">The server does not answer.</exception>
    /// <exception cref="InvalidDataException">The server does not keep to the protocol, or nothing at all was completed.</exception>
    public async Task<ScenarioResult?> RunAsync(
        ScenarioRules rules, ScenarioSettings settings, Action<LiveFigures> onFigures, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(settings);
        await using ServerProbe probe = await ServerProbe.OpenAsync(client, cancellation);
        settings = settings with { ServerApi = probe.Server.Api, ServerSpinMicroseconds = probe.Server.SpinMicroseconds };
        LoadContext context = new()
        {
            Api = client.LoadWith(ApiChoice.Parse(settings.Api), probe.RemoteEndPoint),
            Kind = rules.Kind,
            Settings = settings,
            Window = new(),
            Tallies = new(Math.Max(1, settings.Connections) * settings.Outstanding),
            Shares = new(settings.Connections),
        };
        RunningLoad load = await RunningLoad.StartAsync(context, cancellation);
        WindowCounts? counts;
        try
        {
            counts = await MeasureAsync(load, probe, new LiveReport(context, onFigures), cancellation);
        }
        finally
        {
            await load.StopAsync();
        }

        return counts switch
        {
            null => null,
            { Operations: 0, Interrupted: false } => throw new InvalidDataException("Not one operation was completed."),
            _ => ScenarioResult.From(rules, settings, counts),
        };
    }

    private async Task<WindowCounts?> MeasureAsync(RunningLoad load, ServerProbe probe, LiveReport live, CancellationToken cancellation)
    {
        LoadContext context = load.Context;
        if (!await WarmUpAsync(load, probe, live, cancellation))
        {
            return null;
        }

        // The server is read before the client at both ends, so that the two windows are of one length.
        ProcessCounters serverStart = await probe.ReadAsync();
        ProcessCounters clientStart = await client.ReadCountersAsync();
        context.Window.Open();
        bool completed = await ProceedAsync(load, context.Settings.Seconds, live.ShowMeasuring, cancellation);
        ProcessCounters serverWindow = (await probe.ReadAsync()).Since(serverStart);
        ProcessCounters clientWindow = (await client.ReadCountersAsync()).Since(clientStart);
        context.Window.Close();
        return new()
        {
            Client = clientWindow with { AllocatedBytes = Math.Max(0, clientWindow.AllocatedBytes - live.AllocatedBytes) },
            Server = serverWindow,
            Operations = context.Tallies.Operations,
            Bytes = context.Tallies.Bytes,
            Shares = context.Shares.ToArray(),
            Latency = context.Tallies.MergedLatency(),
            Interrupted = !completed,
        };
    }

    /// <summary>Lets the load run until both processes run compiled code, within the bounds of the settings; false when cancelled.</summary>
    private async Task<bool> WarmUpAsync(RunningLoad load, ServerProbe probe, LiveReport live, CancellationToken cancellation)
    {
        ScenarioSettings settings = load.Context.Settings;
        for (double elapsed = 0; elapsed < settings.LongestWarmUpSeconds; elapsed += settings.WarmUpSeconds)
        {
            ProcessCounters server = await probe.ReadAsync();
            ProcessCounters own = await client.ReadCountersAsync();
            if (!await ProceedAsync(load, settings.WarmUpSeconds, live.ShowWarmUp, cancellation))
            {
                return false;
            }

            if (IsCompiled((await client.ReadCountersAsync()).Since(own)) && IsCompiled((await probe.ReadAsync()).Since(server)))
            {
                break;
            }
        }

        return true;
    }

    private static bool IsCompiled(ProcessCounters period) => period.CompilationSeconds < NegligibleCompilation * period.AtSeconds;

    /// <summary>Lets the load run for a time; false when cancelled before its end.</summary>
    private static async Task<bool> ProceedAsync(RunningLoad load, double seconds, Action<double> show, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            load.ThrowIfFailed();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            TimeSpan left = TimeSpan.FromSeconds(seconds) - elapsed;
            if (left <= TimeSpan.Zero || cancellation.IsCancellationRequested)
            {
                return left <= TimeSpan.Zero;
            }

            show(elapsed.TotalSeconds);
            TimeSpan pause = left < FiguresInterval ? left : FiguresInterval;
            await Task.Delay(pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
