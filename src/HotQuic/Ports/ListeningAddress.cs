using System.Net;
using System.Net.Sockets;
using HotQuic.Core.Paths;

namespace HotQuic.Ports;

/// <summary>
/// The addresses that a listener takes: one of a family, all of a family, or all there are. Every socket is bound to a wildcard, so
/// <see cref="Takes"/> is what keeps a listener on 127.0.0.1 from answering the network.
/// </summary>
internal readonly record struct ListeningAddress
{
    private readonly PathAddress _address;

    private ListeningAddress(PathAddressFamily family, PathAddress address)
    {
        Family = family;
        _address = address;
    }

    /// <summary>None for either.</summary>
    public PathAddressFamily Family { get; }

    public bool IsWildcard => _address.Family == PathAddressFamily.None;

    /// <summary>L11: IPv6 before IPv4 before either; within a family one address before all.</summary>
    public int Order => (Family switch
    {
        PathAddressFamily.IPv6 => 0,
        PathAddressFamily.IPv4 => 2,
        _ => 4,
    }) + (IsWildcard ? 1 : 0);

    /// <param name="address">Null for both families; a family's wildcard for that family alone.</param>
    public static ListeningAddress From(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        IPAddress own = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        PathAddressFamily family = own.AddressFamily == AddressFamily.InterNetwork ? PathAddressFamily.IPv4 : PathAddressFamily.IPv6;
        bool isWildcard = own.Equals(IPAddress.Any) || own.Equals(IPAddress.IPv6Any);
        return new ListeningAddress(family, isWildcard ? default : PathAddress.From(new IPEndPoint(own, 0)));
    }

    /// <summary>Whether what was sent to an address is for this listener.</summary>
    /// <param name="local">The address that it was sent to; none where the system does not tell, and then only wildcards take it.</param>
    /// <param name="remote">The address that it came from, which tells the family in any case.</param>
    public bool Takes(PathAddress local, PathAddress remote)
    {
        if (Family == PathAddressFamily.None)
        {
            return true;
        }

        if (IsWildcard)
        {
            return Family == (local.Family == PathAddressFamily.None ? remote.Family : local.Family);
        }

        // A link-local address without a scope is meant on any interface.
        return _address.HasSameAddress(local) || (_address.ScopeId == 0 && _address.HasSameAddress(local.WithoutScope()));
    }
}
