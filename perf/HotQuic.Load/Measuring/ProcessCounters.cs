using System.Diagnostics;
using System.Runtime;

namespace HotQuic.Load.Measuring;

/// <summary>
/// One reading of this process: a scenario's figures are the difference between the reading at the end of the measuring
/// window and the one at its start. The client takes its own and asks the server for the server's.
/// </summary>
public sealed record ProcessCounters
{
    /// <summary>When the reading was taken, on the process's own monotonic clock.</summary>
    public required double AtSeconds { get; init; }

    /// <summary>Processor time of all threads, user and kernel.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>Bytes allocated on the managed heap.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>Time that the just-in-time compiler has taken. While it grows, the process is not yet as fast as it will be.</summary>
    public required double CompilationSeconds { get; init; }

    /// <summary>Application bytes that arrived on streams.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>What the connections sent and received.</summary>
    public required PacketCounters Packets { get; init; }

    /// <summary>Reads the process and adds what the caller counted.</summary>
    public static ProcessCounters Read(long bytesReceived, PacketCounters packets) => new()
    {
        AtSeconds = (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency,
        CpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds,
        AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true),
        CompilationSeconds = JitInfo.GetCompilationTime().TotalSeconds,
        BytesReceived = bytesReceived,
        Packets = packets,
    };

    /// <summary>What happened since the earlier reading; <see cref="AtSeconds"/> becomes the time between them.</summary>
    public ProcessCounters Since(ProcessCounters earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return new()
        {
            AtSeconds = AtSeconds - earlier.AtSeconds,
            CpuSeconds = CpuSeconds - earlier.CpuSeconds,
            AllocatedBytes = AllocatedBytes - earlier.AllocatedBytes,
            CompilationSeconds = CompilationSeconds - earlier.CompilationSeconds,
            BytesReceived = BytesReceived - earlier.BytesReceived,
            Packets = Packets - earlier.Packets,
        };
    }
}
