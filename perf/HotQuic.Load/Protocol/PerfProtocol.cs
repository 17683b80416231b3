using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Protocol;

/// <summary>
/// The protocol between <see cref="PerfClient"/> and <see cref="PerfServer"/>. A connection's first stream is its control
/// stream: JSON lines, one <see cref="ControlRequest"/> answered by one <see cref="ControlReply"/>. All later streams do what the
/// last <see cref="WorkOrder"/> of that connection said, and carry nothing but the load itself. Datagrams
/// come back as they are, from a server of event handlers.
/// </summary>
public static class PerfProtocol
{
    /// <summary>The protocol's name in ALPN.</summary>
    public const string ApplicationProtocol = "hotquic-perf";

    /// <summary>Application error code 0: the measuring is over.</summary>
    public const long NoError = 0;

    /// <summary>Application error code 1: the peer did not keep to the protocol.</summary>
    public const long ProtocolViolation = 1;

    /// <summary>The longest control line, in bytes.</summary>
    public const int LongestLine = 16 * 1024;

    /// <summary>The most streams of a connection that a server works on at once.</summary>
    public const int MostWorkers = 10_000;

    /// <summary>The largest request or response, in bytes.</summary>
    public const int LargestMessage = 1 << 30;

    /// <summary>What bulk transfers read and write at once, in bytes.</summary>
    public const int BulkBufferSize = 256 * 1024;

    private const int SmallestBuffer = 1024;

    /// <summary>The buffer that one stream's reads and writes need, in bytes: thousands of outstanding requests must not fill the memory.</summary>
    /// <param name="scenario">Which scenario the stream belongs to.</param>
    /// <param name="largestMessage">Bytes of the larger of request and response, as far as they are known.</param>
    internal static int BufferSize(ScenarioKind scenario, int largestMessage) => scenario is ScenarioKind.Upload or ScenarioKind.Download
        ? BulkBufferSize
        : Math.Clamp(largestMessage, SmallestBuffer, BulkBufferSize);
}
