using System.Text.Json;

namespace HotQuic.Tools.Perf.Comparison;

/// <summary>A figure of a scenario that is compared.</summary>
/// <param name="Name">What it is called, with its unit.</param>
/// <param name="Higher">The verdict where the other side's is higher.</param>
/// <param name="Lower">The verdict where it is lower.</param>
/// <param name="Read">Takes it from a scenario of a report; null where it is not there, as in reports of other versions.</param>
internal sealed record ComparedMetric(string Name, string Higher, string Lower, Func<JsonElement, double?> Read)
{
    private const string Faster = "faster";
    private const string Slower = "slower";
    private const string More = "more";
    private const string Less = "less";
    private const double BytesOfGigabyte = 1e9;
    private const double MicrosecondsOfSecond = 1e6;

    private static readonly ComparedMetric[] Bulk =
    [
        new("Gbit/s", Faster, Slower, report => Number(report, "gbitPerSecond")),
        new("CPU s/GB, client", More, Less, report => Part(report, "clientCpuSeconds", "bytes") * BytesOfGigabyte),
        new("CPU s/GB, server", More, Less, report => Part(report, "serverCpuSeconds", "bytes") * BytesOfGigabyte),
    ];

    private static readonly ComparedMetric[] Operations =
    [
        new("operations/s", Faster, Slower, report => Number(report, "operationsPerSecond")),
        Percentile("p50", "p50"),
        Percentile("p90", "p90"),
        Percentile("p99", "p99"),
        Percentile("p99.9", "p999"),
        new("CPU us/op, client", More, Less, report => Part(report, "clientCpuSeconds", "operations") * MicrosecondsOfSecond),
        new("CPU us/op, server", More, Less, report => Part(report, "serverCpuSeconds", "operations") * MicrosecondsOfSecond),
        new("B/op, client", More, Less, report => Number(report, "clientAllocatedBytesPerOperation")),
        new("B/op, server", More, Less, report => Number(report, "serverAllocatedBytesPerOperation")),
    ];

    /// <summary>The figures of a scenario; those of bulk transfers are about bytes, of which an operation is any number.</summary>
    public static IReadOnlyList<ComparedMetric> Of(string scenario) => scenario is "upload" or "download" ? Bulk : Operations;

    private static ComparedMetric Percentile(string name, string property) => new(
        $"latency us, {name}",
        Slower,
        Faster,
        report => report.TryGetProperty("latencyMicroseconds", out JsonElement latency) ? Number(latency, property) : null);

    private static double? Part(JsonElement report, string dividend, string divisor) =>
        Number(report, divisor) is > 0 and double whole ? Number(report, dividend) / whole : null;

    private static double? Number(JsonElement report, string property) =>
        report.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
