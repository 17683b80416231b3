namespace HotQuic.Load.Scenarios;

/// <summary>Which numbers of a scenario its user may choose.</summary>
[Flags]
public enum ScenarioChoices
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>How many connections.</summary>
    Connections = 1,

    /// <summary>How many operations are outstanding.</summary>
    Outstanding = 2,

    /// <summary>The sizes of request and response.</summary>
    Sizes = 4,
}
