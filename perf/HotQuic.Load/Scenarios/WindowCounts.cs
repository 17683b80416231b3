using HotQuic.Load.Measuring;

namespace HotQuic.Load.Scenarios;

/// <summary>What was counted in one measuring window: each process's own difference, and the client's tallies.</summary>
public sealed record WindowCounts
{
    /// <summary>The client's process between the window's ends.</summary>
    public required ProcessCounters Client { get; init; }

    /// <summary>The server's process between the window's ends.</summary>
    public required ProcessCounters Server { get; init; }

    /// <summary>Operations that the client completed.</summary>
    public required long Operations { get; init; }

    /// <summary>Application bytes that the client counted.</summary>
    public required long Bytes { get; init; }

    /// <summary>Of those, the bytes of each connection that lasts.</summary>
    public required IReadOnlyList<long> Shares { get; init; }

    /// <summary>How long the operations took.</summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>Whether the window was closed early.</summary>
    public required bool Interrupted { get; init; }
}
