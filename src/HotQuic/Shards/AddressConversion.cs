using HotQuic.Core.Paths;
using HotQuic.Udp;

namespace HotQuic.Shards;

/// <summary>Addresses as Core and as the sockets hold them, from one to the other without allocation.</summary>
internal static class AddressConversion
{
    public static PathAddress ToPath(this in UdpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        int length = address.CopyTo(bytes);
        return length switch
        {
            4 => PathAddress.FromIPv4(bytes, address.Port),
            16 => PathAddress.FromIPv6(bytes, address.Port, address.ScopeId),
            _ => default,
        };
    }

    public static UdpAddress ToUdp(this in PathAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        switch (address.Family)
        {
            case PathAddressFamily.IPv4:
                address.WriteBytes(bytes);
                return new UdpAddress(bytes[12..], address.Port);
            case PathAddressFamily.IPv6:
                address.WriteBytes(bytes);
                return new UdpAddress(bytes, address.Port, address.ScopeId);
            default:
                return default;
        }
    }
}
