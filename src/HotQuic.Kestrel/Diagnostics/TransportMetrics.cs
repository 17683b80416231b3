using System.Diagnostics.Metrics;

namespace HotQuic.Kestrel.Diagnostics;

/// <summary>
/// What the transport holds at the moment, from the Meter "HotQuic.Kestrel". Kestrel's own Meter has requests and connections by protocol,
/// and the Meter "HotQuic" what happens on the ports.
/// </summary>
internal sealed class TransportMetrics
{
    public const string MeterName = "HotQuic.Kestrel";

    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _streams;
    private readonly Counter<long> _contexts;

    public TransportMetrics(IMeterFactory? factory)
    {
        Meter meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _connections = meter.CreateUpDownCounter<long>("hotquic.kestrel.connections.active", "{connection}", "Connections that Kestrel holds.");
        _streams = meter.CreateUpDownCounter<long>("hotquic.kestrel.streams.active", "{stream}", "Streams that Kestrel holds.");
        _contexts = meter.CreateCounter<long>("hotquic.kestrel.stream_contexts.created", "{context}", "Stream contexts made because the connection's pool had none.");
    }

    public void OnConnectionBegin() => _connections.Add(1);

    public void OnConnectionEnd() => _connections.Add(-1);

    public void OnStreamBegin() => _streams.Add(1);

    public void OnStreamEnd() => _streams.Add(-1);

    public void OnStreamContextCreated() => _contexts.Add(1);
}
