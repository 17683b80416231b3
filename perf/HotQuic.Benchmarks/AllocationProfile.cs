using System.Diagnostics.Tracing;
using System.Globalization;

namespace HotQuic.Benchmarks;

/// <summary>
/// Which types were allocated while it was alive, by the runtime's own sampling (one sample in about 100 KB): run what is to be
/// looked at some thousand times in between, then <see cref="Write"/>.
/// </summary>
internal sealed class AllocationProfile : EventListener
{
    private const EventKeywords GarbageCollection = (EventKeywords)1;
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private readonly Dictionary<string, long> _bytes = [];

    /// <summary>The types by their share of the sampled bytes, the largest first.</summary>
    public void Write(TextWriter writer, long total)
    {
        lock (_bytes)
        {
            double sampled = Math.Max(1, _bytes.Values.Sum());
            foreach ((string type, long bytes) in _bytes.OrderByDescending(pair => pair.Value).Take(40))
            {
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes / sampled,7:P1} {bytes / sampled * total,9:F0} B  {type}"));
            }
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
        {
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollection);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName is { } name && name.StartsWith("GCAllocationTick", StringComparison.Ordinal))
        {
            string type = (string)eventData.Payload![5]!;
            long amount = (long)(ulong)eventData.Payload[3]!;
            lock (_bytes)
            {
                _bytes[type] = _bytes.GetValueOrDefault(type) + amount;
            }
        }
    }
}
