using HotQuic.Load.Harness.Agents;
using HotQuic.Load.Harness.Model;

namespace HotQuic.Tools.Load;

/// <summary>A load command as it was understood.</summary>
internal sealed record LoadRequest
{
    /// <summary>What to run, all at the same time.</summary>
    public required IReadOnlyList<LoadScenario> Scenarios { get; init; }

    /// <summary>The machines that make the load; none: this process does.</summary>
    public IReadOnlyList<LoadAgentAddress> Agents { get; init; } = [];

    /// <summary>How many processes on this machine make the load; 0: this one does, or the agents.</summary>
    public int Processes { get; init; }

    /// <summary>Where the JSON goes: a file, "-" for standard output, null for nowhere.</summary>
    public string? Json { get; init; }

    /// <summary>Where the CSV goes, likewise.</summary>
    public string? Csv { get; init; }

    /// <summary>Where the HTML report goes, likewise.</summary>
    public string? Html { get; init; }

    /// <summary>All that is to be written.</summary>
    public IEnumerable<string> Targets => new[] { Json, Csv, Html }.OfType<string>();
}
