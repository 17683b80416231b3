using System.Net;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>Which server a <see cref="PerfClient"/> measures, and how it connects.</summary>
public sealed record PerfClientOptions
{
    /// <summary>Where the server is.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>The name that the server's certificate is to prove.</summary>
    public required string TargetHost { get; init; }

    /// <summary>Which certificates are taken.</summary>
    public required ServerTrust Trust { get; init; }

    /// <summary>What was chosen about the transport.</summary>
    public TransportChoices Transport { get; init; } = new();
}
