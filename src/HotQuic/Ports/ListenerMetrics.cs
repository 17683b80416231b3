using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using HotQuic.Core.Errors;
using HotQuic.Diagnostics;

namespace HotQuic.Ports;

/// <summary>
/// The Meter "HotQuic": what the listeners of the process have counted, summed when somebody asks. Engines add themselves when they begin
/// and remove themselves when they end, which leaves their numbers in the sum.
/// </summary>
internal static class ListenerMetrics
{
    public const string MeterName = "HotQuic";

    private static readonly Lock Gate = new();
    private static readonly PortTotals PastPorts = new();
    private static ImmutableArray<QuicEngine> _engines = [];

    // The registry of meters holds it.
    private static readonly Meter Meter = Create();

    /// <summary>What all listeners of the process counted together.</summary>
    public static ListenerCounters Counters { get; } = new(total: null);

    public static void Add(QuicEngine engine)
    {
        _ = Meter;
        lock (Gate)
        {
            _engines = _engines.Add(engine);
        }
    }

    public static void Remove(QuicEngine engine)
    {
        lock (Gate)
        {
            if (_engines.Contains(engine))
            {
                _engines = _engines.Remove(engine);
                PastPorts.Add(engine.Ports.ReadTotals());
            }
        }
    }

    private static Meter Create()
    {
        var meter = new Meter(MeterName);
        Count(meter, "hotquic.listener.connections.accepted", "{connection}", "Connections whose handshake was completed.", all => all.ConnectionsAccepted);
        Count(meter, "hotquic.listener.connections.rejected", "{connection}", "Attempts that the application turned down.", all => all.ConnectionsRejected);
        Count(meter, "hotquic.listener.handshakes.failed", "{handshake}", "Handshakes that failed.", all => all.HandshakesFailed);
        meter.CreateObservableUpDownCounter(
            "hotquic.listener.handshakes.active", static () => Read().HandshakesInProgress, "{handshake}", "Handshakes that go on.");
        meter.CreateObservableCounter("hotquic.listener.connections.refused", ReadRefusals, "{connection}", "Attempts refused, by reason.");
        Count(meter, "hotquic.listener.retries", "{packet}", "Retry packets sent.", all => all.RetriesSent);
        Count(meter, "hotquic.listener.retry_mode.starts", "{start}", "Times that memory made a listener ask for Retry.", all => all.RetryModeStarts);
        Count(meter, "hotquic.listener.version_negotiations", "{packet}", "Version Negotiation packets sent.", all => all.VersionNegotiationsSent);
        Count(meter, "hotquic.listener.stateless_resets", "{packet}", "Stateless resets sent.", all => all.StatelessResetsSent);
        Count(meter, "hotquic.listener.datagrams.forwarded", "{datagram}", "Datagrams that crossed from one shard to another.", all => all.DatagramsForwarded);
        meter.CreateObservableCounter("hotquic.listener.datagrams.dropped", ReadDrops, "{datagram}", "Datagrams dropped before a connection, by reason.");
        meter.CreateObservableUpDownCounter(
            "hotquic.listener.ports", static () => _engines.Sum(engine => engine.Ports.Count), "{port}", "UDP ports that are open for listeners.");
        meter.CreateObservableUpDownCounter(
            "hotquic.shards", ReadShards, "{thread}", "Threads that drive connections, by whether each is kept on one processor.");
        return meter;
    }

    private static void Count(Meter meter, string name, string unit, string description, Func<QuicListenerStatistics, long> value) =>
        meter.CreateObservableCounter(name, () => value(Read()), unit, description);

    private static QuicListenerStatistics Read() => ListenerRecord.From(Counters, ReadPorts());

    private static IEnumerable<Measurement<long>> ReadRefusals()
    {
        QuicListenerStatistics all = Read();
        return
        [
            Reason(all.RefusedByBacklog, "backlog"),
            Reason(all.RefusedByLoad, "load"),
            Reason(all.NoApplicationProtocol, "no_application_protocol"),
            Reason(all.NoAddress, "no_address"),
            Reason(all.InvalidTokens, "invalid_token"),
        ];
    }

    private static IEnumerable<Measurement<long>> ReadDrops()
    {
        PortTotals totals = ReadPorts();
        return [.. Enum.GetValues<DropReason>().Where(reason => totals[reason] > 0).Select(reason => Reason(totals[reason], QlogNames.Of(reason).Reason))];
    }

    private static IEnumerable<Measurement<long>> ReadShards() =>
    [
        .. _engines.SelectMany(engine => engine.Shards.ToArray()).GroupBy(shard => shard.IsPinned)
            .Select(group => new Measurement<long>(group.Count(), new KeyValuePair<string, object?>("pinned", group.Key))),
    ];

    private static PortTotals ReadPorts()
    {
        var totals = new PortTotals();
        lock (Gate)
        {
            totals.Add(PastPorts);
            foreach (QuicEngine engine in _engines)
            {
                totals.Add(engine.Ports.ReadTotals());
            }
        }

        return totals;
    }

    private static Measurement<long> Reason(long value, string reason) => new(value, new KeyValuePair<string, object?>("reason", reason));
}
