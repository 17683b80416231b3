namespace HotQuic.Tools.Perf.Comparison;

/// <summary>One of the two that are compared: a build, with settings.</summary>
internal sealed record ComparedSide
{
    /// <summary>What the first side is called.</summary>
    public const string First = "A";

    /// <summary>What the other side is called.</summary>
    public const string Other = "B";

    /// <summary><see cref="First"/> or <see cref="Other"/>.</summary>
    public required string Name { get; init; }

    /// <summary>How it was given, in words.</summary>
    public required string Description { get; init; }

    /// <summary>The build.</summary>
    public required ToolCommand Command { get; init; }

    /// <summary>Options of perf.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Environment variables that it gets beside those of this process.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
}
