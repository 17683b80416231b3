using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;

namespace HotQuic.Ports;

/// <summary>
/// What there is to tell of one listener over all its starts: its own counters, and what its ports counted while it listened on them.
/// The listener's handle calls <see cref="OnStarted"/> and <see cref="OnStopped"/> by turns; anybody reads, without a lock.
/// </summary>
internal sealed class ListenerRecord(ListenerCounters counters)
{
    private volatile Snapshot _state = new(new PortTotals(), []);

    public ListenerCounters Counters { get; } = counters;

    public void OnStarted(ReadOnlySpan<PortBinding> bindings)
    {
        var ports = new List<Listening>();
        foreach (PortBinding binding in bindings)
        {
            if (!ports.Exists(other => other.Port == binding.Port))
            {
                var before = new PortTotals();
                binding.Port!.AddTo(before);
                ports.Add(new Listening(binding.Port, before));
            }
        }

        _state = new Snapshot(_state.Past, [.. ports]);
    }

    public void OnStopped() => _state = new Snapshot(Sum(_state), []);

    public QuicListenerStatistics Read(bool isRetryOn)
    {
        PortTotals ports = Sum(_state);
        return From(Counters, ports) with { IsRetryModeOn = isRetryOn };
    }

    public static QuicListenerStatistics From(ListenerCounters counters, PortTotals ports)
    {
        long none = ports[DropReason.NoListener];
        long address = ports[DropReason.NoAddress];
        long limited = ports[DropReason.RateLimited];
        long reflection = ports[DropReason.ReflectionPort];
        long overload = ports[DropReason.Overload];
        long unwanted = ports[DropReason.NotAdmitted];
        long crowded = ports[DropReason.ForwardingFull];
        long all = ports.Drops;
        return new QuicListenerStatistics
        {
            ConnectionsAccepted = counters.Accepted,
            ConnectionsRejected = counters.Rejected,
            HandshakesFailed = counters.Failed,
            HandshakesInProgress = counters.InProgress,
            RefusedByBacklog = counters.RefusedByBacklog,
            RefusedByLoad = ports[PortCounter.RefusedByLoad],
            DroppedByLoad = overload,
            NoApplicationProtocol = ports[PortCounter.NoApplicationProtocol],
            NoAddress = ports[PortCounter.NoAddress] + address,
            RetriesSent = ports[StatelessAnswer.Retry],
            InvalidTokens = ports[StatelessAnswer.InvalidToken],
            VersionNegotiationsSent = ports[StatelessAnswer.VersionNegotiation],
            StatelessResetsSent = ports[StatelessAnswer.Reset],
            RetryModeStarts = counters.RetryModeStarts,
            DatagramsForwarded = ports[PortCounter.ForwardedOut],
            DatagramsDropped = all,
            DatagramsWithoutListener = none,
            DatagramsRateLimited = limited,
            DatagramsFromReflectionPorts = reflection,
            DatagramsMalformed = all - none - address - limited - reflection - overload - unwanted - crowded,
        };
    }

    private static PortTotals Sum(Snapshot state)
    {
        var totals = new PortTotals();
        totals.Add(state.Past);
        foreach (Listening listening in state.Ports)
        {
            listening.Port.AddTo(totals);
            totals.Add(listening.Before, sign: -1);
        }

        return totals;
    }

    /// <summary>A port that is listened on, and what it had counted before.</summary>
    private sealed record Listening(ListeningPort Port, PortTotals Before);

    private sealed record Snapshot(PortTotals Past, Listening[] Ports);
}
