using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>What the errors of System.Net.Sockets mean for a datagram.</summary>
internal static class SocketErrors
{
    public static UdpErrorKind ToKind(SocketError error) => error switch
    {
        SocketError.Success => UdpErrorKind.None,
        SocketError.MessageSize => UdpErrorKind.MessageTooLarge,
        SocketError.ConnectionRefused or SocketError.ConnectionReset => UdpErrorKind.PortUnreachable,
        SocketError.HostUnreachable or SocketError.HostDown => UdpErrorKind.HostUnreachable,
        SocketError.NetworkUnreachable or SocketError.NetworkDown => UdpErrorKind.NetworkUnreachable,
        SocketError.AddressNotAvailable or SocketError.InvalidArgument => UdpErrorKind.LocalAddressUnavailable,
        SocketError.AccessDenied => UdpErrorKind.NotPermitted,
        SocketError.NoBufferSpaceAvailable => UdpErrorKind.NoBuffers,
        _ => UdpErrorKind.Other,
    };

    /// <summary>True for what ICMP may have said about an earlier datagram, so that the call itself is worth repeating.</summary>
    public static bool MayBePending(SocketError error) =>
        ToKind(error) is UdpErrorKind.PortUnreachable or UdpErrorKind.HostUnreachable or UdpErrorKind.NetworkUnreachable
            or UdpErrorKind.NotPermitted;
}
