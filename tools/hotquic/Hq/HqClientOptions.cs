using HotQuic.Load.Transport;

namespace HotQuic.Tools.Hq;

/// <summary>How files are fetched, and where they go.</summary>
internal sealed record HqClientOptions
{
    /// <summary>The directory for the files; it must exist.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>The application protocol's name.</summary>
    public required string ApplicationProtocol { get; init; }

    /// <summary>Which servers are trusted.</summary>
    public required ServerTrust Trust { get; init; }

    /// <summary>What was chosen about the transport.</summary>
    public required TransportChoices Transport { get; init; }
}
