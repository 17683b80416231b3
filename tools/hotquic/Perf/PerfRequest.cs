using System.Net;
using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Perf;

/// <summary>A perf command as it was understood.</summary>
internal sealed record PerfRequest
{
    /// <summary>What to measure, in this order.</summary>
    public required IReadOnlyList<ScenarioRules> Scenarios { get; init; }

    /// <summary>The settings that all scenarios have in common.</summary>
    public required ScenarioSettings Settings { get; init; }

    /// <summary>Connections; null for each scenario's own number.</summary>
    public int? Connections { get; init; }

    /// <summary>Outstanding operations; null for each scenario's own number.</summary>
    public int? Outstanding { get; init; }

    /// <summary>The server to measure against; null to start one.</summary>
    public DnsEndPoint? Server { get; init; }

    /// <summary>Certificates to trust, for a server that was not started here.</summary>
    public FileInfo? Authorities { get; init; }

    /// <summary>Whether to take any certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Where the report goes: a file, "-" for standard output, null for nowhere.</summary>
    public string? JsonTarget { get; init; }
}
