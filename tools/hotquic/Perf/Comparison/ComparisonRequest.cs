namespace HotQuic.Tools.Perf.Comparison;

/// <summary>A comparison as it was understood.</summary>
internal sealed record ComparisonRequest
{
    /// <summary>The first side, which is what was asked for beside <c>--compare</c>.</summary>
    public required ComparedSide A { get; init; }

    /// <summary>The other side.</summary>
    public required ComparedSide B { get; init; }

    /// <summary>What to measure, by name, in this order.</summary>
    public required IReadOnlyList<string> Scenarios { get; init; }

    /// <summary>How often each side measures each scenario.</summary>
    public required int Rounds { get; init; }

    /// <summary>Where the report goes: a file, "-" for standard output, null for nowhere.</summary>
    public string? JsonTarget { get; init; }
}
