using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load;

/// <summary>The results of one run of the command, as they are written to a file.</summary>
public sealed record PerfReport
{
    /// <summary>When the run began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The version of HotQuic.</summary>
    public required string Version { get; init; }

    /// <summary>The runtime, the operating system and the number of processors.</summary>
    public required PerfEnvironment Environment { get; init; }

    /// <summary>The results in the order in which they were measured.</summary>
    public required IReadOnlyList<ScenarioResult> Scenarios { get; init; }

    /// <summary>The report as indented JSON with a newline at its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PerfReportJson.Default.PerfReport) + "\n";
}

/// <summary>Where a run took place.</summary>
public sealed record PerfEnvironment(string Runtime, string OperatingSystem, string Architecture, int Processors)
{
    /// <summary>Where this process runs.</summary>
    public static PerfEnvironment OfThisProcess() => new(
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount);
}

/// <summary>How reports become JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PerfReport))]
internal sealed partial class PerfReportJson : JsonSerializerContext;
