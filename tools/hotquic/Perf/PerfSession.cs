using System.Net;
using HotQuic.Load;
using HotQuic.Load.Scenarios;
using HotQuic.Load.Transport;
using HotQuic.Tools.Certificates;
using HotQuic.Tools.Commands;
using HotQuic.Tools.Files;
using HotQuic.Tools.Output;

namespace HotQuic.Tools.Perf;

/// <summary>
/// One perf command from start to report: <see cref="RunAsync"/> starts a server if none is given, measures each scenario, prints the
/// table, writes the JSON. Broken off, it reports what ran.
/// </summary>
internal sealed class PerfSession(PerfRequest request, Terminal terminal)
{
    private const string StandardOutput = "-";

    private readonly Terminal _display = request.JsonTarget == StandardOutput ? terminal.OnErrorStream() : terminal;
    private readonly List<ScenarioResult> _results = [];
    private readonly DateTimeOffset _startedAt = DateTimeOffset.UtcNow;

    /// <summary>Runs the session; returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        if (request.JsonTarget is { } target and not StandardOutput)
        {
            await AtomicFile.CheckAsync(target);
        }

        bool allSucceeded;
        try
        {
            await using ChildServer? child = request.Server is null
                ? await ChildServer.StartAsync(ServerArguments(), cancellation)
                : null;
            allSucceeded = await MeasureAllAsync(new(ClientOptions(child)), cancellation);
        }
        finally
        {
            await ReportAsync();
        }

        return allSucceeded ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task<bool> MeasureAllAsync(PerfClient client, CancellationToken cancellation)
    {
        ScenarioRunner runner = new(client);
        ScenarioDisplay display = new(_display);
        bool allSucceeded = true;
        foreach (ScenarioRules rules in request.Scenarios)
        {
            ScenarioSettings settings = rules.Apply(request.Settings, request.Connections, request.Outstanding);
            try
            {
                ScenarioResult? result = await display.ShowAsync(
                    rules.Name, onFigures => runner.RunAsync(rules, settings, onFigures, cancellation));
                if (result is not null)
                {
                    _results.Add(result);
                }
            }
            catch (Exception e) when (Failures.IsExpected(e) && !cancellation.IsCancellationRequested)
            {
                terminal.WriteError($"{rules.Name}: {Failures.Describe(e)}");
                allSucceeded = false;
            }

            cancellation.ThrowIfCancellationRequested();
        }

        return allSucceeded;
    }

    /// <summary>Prints and writes what was measured, which may be less than what was asked for.</summary>
    private async Task ReportAsync()
    {
        if (_results.Count == 0)
        {
            return;
        }

        ResultTable.Print(_results, _display);
        PerfReport report = new()
        {
            StartedAt = _startedAt,
            Version = typeof(QuicConnection).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
            Environment = PerfEnvironment.OfThisProcess(),
            Scenarios = _results,
        };
        if (request.JsonTarget == StandardOutput)
        {
            await terminal.Output.WriteAsync(report.ToJson());
        }
        else if (request.JsonTarget is { } path)
        {
            await AtomicFile.WriteTextAsync(path, report.ToJson(), CancellationToken.None);
        }
    }

    private PerfServerArguments ServerArguments() => new()
    {
        Api = request.Settings.Api,
        SpinMicroseconds = request.Settings.SpinMicroseconds,
        Io = request.Settings.Io,
        Shards = request.Settings.Shards,
        UdpPayloadLimit = request.Settings.UdpPayloadLimit,
    };

    private PerfClientOptions ClientOptions(ChildServer? child)
    {
        EndPoint server = child is not null ? child.EndPoint : Parsing.ToEndPoint(request.Server!.Host, request.Server.Port);
        return new()
        {
            Server = server,
            TargetHost = child is not null ? child.EndPoint.Address.ToString() : request.Server!.Host,
            Trust = child is not null ? ServerTrust.Authorities([child.Certificate]) : Trust.From(request.Authorities, request.Insecure),
            Transport = new()
            {
                Cipher = request.Settings.Cipher,
                IoMode = IoModes.Parse(request.Settings.Io),
                MaxUdpPayloadSize = request.Settings.UdpPayloadLimit,
            },
        };
    }
}
