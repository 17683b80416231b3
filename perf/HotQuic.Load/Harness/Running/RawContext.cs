using System.Net;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;
using HotQuic.Load.Protocol;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Harness.Running;

/// <summary>What all connections of a raw QUIC scenario have in common.</summary>
internal sealed record RawContext
{
    private const int MostWorkers = 256;

    /// <summary>The scenario.</summary>
    public required LoadScenario Scenario { get; init; }

    /// <summary>How to connect.</summary>
    public required QuicClientConfiguration Configuration { get; init; }

    /// <summary>The server's address.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>Where connections tell of themselves.</summary>
    public required TransportLedger Ledger { get; init; }

    /// <summary>
    /// For tests: requests begin with eight bytes that say when they were due, and this is told the timestamp units between those that come back
    /// and the end of the answer.
    /// </summary>
    public Action<long>? OnStamp { get; init; }

    /// <summary>Prepares what connections need.</summary>
    public static async Task<RawContext> CreateAsync(LoadScenario scenario, CancellationToken cancellation)
    {
        QuicTransportOptions transport = scenario.Target.Transport.ToOptions();
        if (scenario.Steps.OfType<DatagramStep>().Any(step => step.End == DatagramEnd.Echoed))
        {
            transport.MaxDatagramFrameSize = ushort.MaxValue;
        }

        IPEndPoint remote = await scenario.Target.ResolveAsync(cancellation);
        return new()
        {
            Scenario = scenario,
            Remote = remote,
            Ledger = new(),
            Configuration = QuicClientConfiguration.Create(new()
            {
                RemoteEndPoint = remote,
                ClientAuthenticationOptions = scenario.Target.TlsOptions(),
                DefaultCloseErrorCode = PerfProtocol.NoError,
                DefaultStreamErrorCode = PerfProtocol.NoError,
                HandshakeTimeout = scenario.Timeout,
                KeepAliveInterval = TimeSpan.FromSeconds(5),
                InitialReceiveWindowSizes = PerfWindows.Sizes(),
                Transport = transport,
            }),
        };
    }

    /// <summary>What a perf-server is told to do with the streams of each connection; null where it is none, or has nothing to do.</summary>
    public WorkOrder? Work => Scenario.Target.Protocol == LoadProtocol.Perf && Scenario.Steps.OfType<RequestStep>().FirstOrDefault() is { } request
        ? new(ScenarioKind.Request, Math.Clamp(Scenario.Outstanding / Scenario.Connections, 1, MostWorkers), request.ResponseBytes ?? 0)
        : null;
}
