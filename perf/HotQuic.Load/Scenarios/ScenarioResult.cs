using HotQuic.Load.Measuring;

namespace HotQuic.Load.Scenarios;

/// <summary>
/// What a scenario measured. All figures are of the measuring window alone. An operation is a whole connection (handshake), a
/// request with its response (request, latency), or one write (upload) or read (download) of the client's.
/// </summary>
public sealed record ScenarioResult
{
    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>How long was measured; shorter than asked for only in a run that was broken off.</summary>
    public required double MeasuredSeconds { get; init; }

    /// <summary>Whether the run was broken off before its time.</summary>
    public required bool Interrupted { get; init; }

    /// <summary>Application bytes a second, as 10^9 bits.</summary>
    public required double GbitPerSecond { get; init; }

    /// <summary>Operations a second.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>How long the operations took.</summary>
    public required LatencySummary LatencyMicroseconds { get; init; }

    /// <summary>Processor time of the client's process.</summary>
    public required double ClientCpuSeconds { get; init; }

    /// <summary>Processor time of the server's process.</summary>
    public required double ServerCpuSeconds { get; init; }

    /// <summary>Application bytes: what arrived at the receiver, for requests those of requests and responses.</summary>
    public required long Bytes { get; init; }

    /// <summary>How evenly the connections shared those bytes; null where there are not several that last.</summary>
    public required FairnessSummary? Fairness { get; init; }

    /// <summary>Operations completed.</summary>
    public required long Operations { get; init; }

    /// <summary>Bytes of the largest UDP payload that either side sent.</summary>
    public required int UdpPayloadBytes { get; init; }

    /// <summary>QUIC packets that both sides sent.</summary>
    public required long PacketsSent { get; init; }

    /// <summary>QUIC packets that both sides received.</summary>
    public required long PacketsReceived { get; init; }

    /// <summary>Managed bytes allocated by the client's process, an operation.</summary>
    public required double ClientAllocatedBytesPerOperation { get; init; }

    /// <summary>Managed bytes allocated by the server's process, an operation.</summary>
    public required double ServerAllocatedBytesPerOperation { get; init; }

    /// <summary>Packets that either side declared lost and whose frames it sent again.</summary>
    public required long RetransmittedPackets { get; init; }

    /// <summary>What the scenario ran with.</summary>
    public required ScenarioSettings Settings { get; init; }

    /// <summary>Puts a window's counts together.</summary>
    public static ScenarioResult From(ScenarioRules rules, ScenarioSettings settings, WindowCounts window)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(window);
        // What was uploaded is what arrived at the server, within the server's own window.
        bool atServer = rules.Kind == ScenarioKind.Upload;
        long bytes = atServer ? window.Server.BytesReceived : window.Bytes;
        PacketCounters packets = window.Client.Packets + window.Server.Packets;
        return new()
        {
            Scenario = rules.Name,
            MeasuredSeconds = window.Client.AtSeconds,
            Interrupted = window.Interrupted,
            GbitPerSecond = bytes * 8 / (atServer ? window.Server : window.Client).AtSeconds / 1e9,
            OperationsPerSecond = window.Operations / window.Client.AtSeconds,
            LatencyMicroseconds = LatencySummary.Of(window.Latency),
            ClientCpuSeconds = window.Client.CpuSeconds,
            ServerCpuSeconds = window.Server.CpuSeconds,
            Bytes = bytes,
            Fairness = FairnessSummary.Of(window.Shares),
            Operations = window.Operations,
            UdpPayloadBytes = packets.LargestUdpPayload,
            PacketsSent = packets.Sent,
            PacketsReceived = packets.Received,
            ClientAllocatedBytesPerOperation = PerOperation(window.Client.AllocatedBytes),
            ServerAllocatedBytesPerOperation = PerOperation(window.Server.AllocatedBytes),
            RetransmittedPackets = packets.Retransmitted,
            Settings = settings,
        };

        double PerOperation(long allocated) => (double)allocated / Math.Max(1, window.Operations);
    }
}
