using System.Net;
using System.Net.Security;

namespace HotQuic;

/// <summary>One thing that a <see cref="QuicServer"/> listens for: protocols, on an address and a port.</summary>
public sealed record QuicServerBinding
{
    /// <summary>
    /// The protocols, the preferred first: this order decides, not the client's. At least one, of 1 to 255 bytes each, and at most 65,535
    /// bytes in all with a length byte for each.
    /// </summary>
    public required IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; init; }

    /// <summary>
    /// The address: null, the default, for any address of either family; <see cref="IPAddress.Any"/> or <see cref="IPAddress.IPv6Any"/> for
    /// any address of that family alone; otherwise one address of this host.
    /// </summary>
    public IPAddress? Address { get; init; }

    /// <summary>The UDP port, 0 to 65,535; 0, the default, lets the system choose one that nobody has.</summary>
    public int Port { get; init; }
}
