using System.Text.Json.Serialization;

namespace HotQuic.WebBenchmarks;

/// <summary>What one round of one variant measured; processor time and bytes are per request.</summary>
internal sealed record WebFigures
{
    public required string Variant { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double MicrosecondsP50 { get; init; }

    public required double MicrosecondsP99 { get; init; }

    public required double ServerCpuMicroseconds { get; init; }

    public required double ShardCpuMicroseconds { get; init; }

    public required double ServerAllocatedBytes { get; init; }

    public required double ClientCpuMicroseconds { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<WebFigures>))]
internal sealed partial class WebFiguresJson : JsonSerializerContext;
