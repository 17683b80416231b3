namespace HotQuic.Load.Scenarios;

/// <summary>
/// The table of scenarios. Every one keeps a constant number of copies working, each beginning its next operation when its
/// last has ended.
/// </summary>
/// <param name="Kind">Which scenario.</param>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Connections">Connections by default.</param>
/// <param name="Outstanding">Operations outstanding by default: on each connection, or in all where no connection lasts.</param>
/// <param name="Choices">Which of its numbers can be chosen.</param>
public sealed record ScenarioRules(
    ScenarioKind Kind, string Name, int Connections, int Outstanding, ScenarioChoices Choices)
{
    /// <summary>All scenarios, in the order in which they run when none is named.</summary>
    public static IReadOnlyList<ScenarioRules> All { get; } =
    [
        new(ScenarioKind.Upload, "upload", 1, 1, ScenarioChoices.Connections),
        new(ScenarioKind.Download, "download", 1, 1, ScenarioChoices.Connections),
        new(ScenarioKind.Handshake, "handshake", 0, 8, ScenarioChoices.Outstanding),
        new(ScenarioKind.Request, "request", 1, 32, ScenarioChoices.Connections | ScenarioChoices.Outstanding | ScenarioChoices.Sizes),
        new(ScenarioKind.Latency, "latency", 1, 1, ScenarioChoices.Sizes),
    ];

    /// <summary>The rules of one scenario.</summary>
    public static ScenarioRules Of(ScenarioKind kind) => All.First(rules => rules.Kind == kind);

    /// <summary>The settings that this scenario runs with: what was chosen where it has a choice, its own numbers elsewhere.</summary>
    public ScenarioSettings Apply(ScenarioSettings chosen, int? connections, int? outstanding)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        return chosen with
        {
            Connections = Choices.HasFlag(ScenarioChoices.Connections) ? connections ?? Connections : Connections,
            Outstanding = Choices.HasFlag(ScenarioChoices.Outstanding) ? outstanding ?? Outstanding : Outstanding,
            RequestSize = Choices.HasFlag(ScenarioChoices.Sizes) ? chosen.RequestSize : null,
            ResponseSize = Choices.HasFlag(ScenarioChoices.Sizes) ? chosen.ResponseSize : null,
        };
    }
}
