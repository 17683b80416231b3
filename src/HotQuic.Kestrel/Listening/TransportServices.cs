using System.Buffers;
using HotQuic.Kestrel.Diagnostics;
using Microsoft.Extensions.Logging;

namespace HotQuic.Kestrel.Listening;

/// <summary>What all listeners, connections and streams of the transport use.</summary>
/// <param name="Options">The options, checked.</param>
/// <param name="Log">Where to log.</param>
/// <param name="Metrics">What is counted.</param>
/// <param name="MemoryPool">Kestrel's memory for what it builds itself.</param>
internal sealed record TransportServices(HotQuicTransportOptions Options, ILogger Log, TransportMetrics Metrics, MemoryPool<byte> MemoryPool);
