using HotQuic.Load.Measuring;

namespace HotQuic.Load.Scenarios;

/// <summary>What the copies of one run share.</summary>
internal sealed record LoadContext
{
    /// <summary>Makes the connections.</summary>
    public required ILoadApi Api { get; init; }

    /// <summary>Which scenario.</summary>
    public required ScenarioKind Kind { get; init; }

    /// <summary>With what.</summary>
    public required ScenarioSettings Settings { get; init; }

    /// <summary>Whether to count, and when to stop.</summary>
    public required MeasuringWindow Window { get; init; }

    /// <summary>Where to count.</summary>
    public required TallySet Tallies { get; init; }

    /// <summary>Where to count what each connection moves.</summary>
    public required ConnectionShares Shares { get; init; }
}
