using HotQuic.Http3;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Harness.Running;

/// <summary>What all connections of an HTTP/3 scenario have in common.</summary>
internal sealed class HttpContext
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    private readonly Http3ConnectionOptions _options;
    private readonly Http3Request?[] _requests;
    private readonly byte[] _body;

    private HttpContext(LoadScenario scenario, Http3ConnectionOptions options)
    {
        Scenario = scenario;
        _options = options;
        _requests = [.. scenario.Steps.Select(step => step is HttpStep http ? RequestOf(scenario.Target, http) : null)];
        _body = new byte[scenario.Steps.OfType<HttpStep>().Select(step => step.BodyBytes).DefaultIfEmpty(0).Max()];
    }

    /// <summary>The scenario.</summary>
    public LoadScenario Scenario { get; }

    /// <summary>Where connections tell of themselves.</summary>
    public TransportLedger Ledger { get; } = new();

    /// <summary>Prepares what connections need.</summary>
    public static async Task<HttpContext> CreateAsync(LoadScenario scenario, CancellationToken cancellation)
    {
        QuicTransportOptions transport = scenario.Target.Transport.ToOptions();
        transport.CompletesInline = true;
        return new(scenario, new()
        {
            RemoteEndPoint = await scenario.Target.ResolveAsync(cancellation),
            ClientAuthenticationOptions = scenario.Target.TlsOptions(),
            Transport = transport,
            KeepAliveInterval = KeepAlive,
            HandshakeTimeout = scenario.Timeout,
        });
    }

    /// <summary>Makes a connection.</summary>
    public ValueTask<Http3Connection> ConnectAsync(CancellationToken cancellation) => Http3Connection.ConnectAsync(_options, cancellation);

    /// <summary>The request of a step.</summary>
    public Http3Request Request(int step) => _requests[step]!;

    /// <summary>A body of so many bytes.</summary>
    public ReadOnlyMemory<byte> Body(int bytes) => _body.AsMemory(0, bytes);

    private static Http3Request RequestOf(LoadTarget target, HttpStep step)
    {
        string host = target.ServerName.Contains(':', StringComparison.Ordinal) ? $"[{target.ServerName}]" : target.ServerName;
        return new(step.Method, new Uri($"https://{host}:{target.Port}{step.Path}"));
    }
}
