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
public sealed record WorkOrder(ScenarioKind Scenario, int Workers, int ResponseSize)
{
    /// <summary>What the server sends on each stream once the client has ended its part; a download goes on until the client aborts it.</summary>
    internal long AnswerLength => Scenario == ScenarioKind.Download ? long.MaxValue : ResponseSize;

    /// <summary>Why a server cannot do this; null where it can.</summary>
    internal string? Refusal(bool hasWork)
    {
        if (hasWork)
        {
            return "this connection has its work already";
        }

        return Workers is < 1 or > PerfProtocol.MostWorkers || ResponseSize is < 0 or > PerfProtocol.LargestMessage
            ? $"at most {PerfProtocol.MostWorkers} streams at once and {PerfProtocol.LargestMessage} bytes a response"
            : null;
    }
}

/// <summary>The server's answer: why not, or, where they were asked for, the counters and what the server runs with.</summary>
public sealed record ControlReply(string? Error, ProcessCounters? Counters = null, ServerFacts? Server = null)
{
    /// <summary>The same, where it says that the request was met.</summary>
    /// <exception cref="InvalidDataException">It says why not.</exception>
    internal ControlReply Checked() => Error is null ? this : throw new InvalidDataException($"The server answered: {Error}");
}

/// <summary>What a server runs with. Servers of versions before this was told leave it out.</summary>
/// <param name="Api">Its API's name.</param>
/// <param name="SpinMicroseconds">How long its shards look for work before they sleep; 0: not at all; null: as the engine decides.</param>
public sealed record ServerFacts(string Api, int? SpinMicroseconds);

/// <summary>How control messages become JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
