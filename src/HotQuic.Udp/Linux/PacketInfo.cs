using System.Runtime.InteropServices;

namespace HotQuic.Udp.Linux;

/// <summary>struct in_pktinfo (interface, local address, header's destination) and in6_pktinfo (address, interface).</summary>
internal static class PacketInfo
{
    public const int Inet4Length = 12;
    public const int Inet6Length = 20;

    /// <summary>The destination that the IP header of an IPv4 datagram names.</summary>
    public static ReadOnlySpan<byte> Inet4Destination(ReadOnlySpan<byte> info) => info.Slice(8, 4);

    /// <summary>Adds the address to send from.</summary>
    public static void Write(in UdpAddress local, ref ControlWriter control)
    {
        if (local.Family == UdpFamily.IPv4)
        {
            Span<byte> info = control.Append(Level.Ip, IpOption.PacketInfo, Inet4Length);
            local.CopyTo(info[4..]);
        }
        else
        {
            Span<byte> info = control.Append(Level.Ipv6, Ipv6Option.PacketInfo, Inet6Length);
            local.CopyTo(info);
            uint scopeId = local.ScopeId;
            MemoryMarshal.Write(info[16..], in scopeId);
        }
    }
}
