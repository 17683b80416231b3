using System.Text.Json.Serialization;
using HotQuic.Load.Measuring;
using HotQuic.Load.Scenarios;

namespace HotQuic.Load.Protocol;

/// <summary>What the client asks for: work on the connection's later streams, or, without a work order, the server's counters.</summary>
public sealed record ControlRequest(WorkOrder? Work);

/// <summary>How the server treats the connection's later streams.</summary>
/// <param name="Scenario">Which scenario they belong to.</param>
/// <param name="Workers">How many streams it works on at once.</param>
/// <param name="ResponseSize">Bytes of each response.</param>
public sealed record WorkOrder(ScenarioKind Scenario, int Workers, int ResponseSize);

/// <summary>The server's answer: why not, or the counters if they were asked for.</summary>
public sealed record ControlReply(string? Error, ProcessCounters? Counters);

/// <summary>How control messages become JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
