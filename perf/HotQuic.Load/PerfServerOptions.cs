using System.Net;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Load.Transport;

namespace HotQuic.Load;

/// <summary>Where a <see cref="PerfServer"/> listens and with what.</summary>
public sealed record PerfServerOptions
{
    /// <summary>Where to listen; port 0 lets the system choose.</summary>
    public required IPEndPoint ListenEndPoint { get; init; }

    /// <summary>The certificate with its key; the caller keeps it alive and disposes it.</summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Certificates between <see cref="Certificate"/> and the authority.</summary>
    public X509Certificate2Collection Intermediates { get; init; } = [];

    /// <summary>Which API serves.</summary>
    public PerfApi Api { get; init; }

    /// <summary>How long the process's shards look for work before they sleep, in microseconds: what clients are told.</summary>
    public int? SpinMicroseconds { get; init; }

    /// <summary>What was chosen about the transport.</summary>
    public TransportChoices Transport { get; init; } = new();
}
