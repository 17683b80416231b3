namespace HotQuic.Load.Scenarios;

/// <summary>What is measured. <see cref="ScenarioRules"/> has the table of what each one does.</summary>
public enum ScenarioKind
{
    /// <summary>The client writes as fast as it can, on one stream a connection.</summary>
    Upload,

    /// <summary>The server writes as fast as it can, on one stream a connection.</summary>
    Download,

    /// <summary>Connections are made, with a full handshake and the certificate validated, and closed.</summary>
    Handshake,

    /// <summary>Requests and responses, a new stream each, many outstanding.</summary>
    Request,

    /// <summary>As <see cref="Request"/>, one outstanding.</summary>
    Latency,
}
