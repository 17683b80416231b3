using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HotQuic.Udp.Linux;

/// <summary>Reads and writes struct sockaddr_in and sockaddr_in6.</summary>
internal static class SocketAddressCodec
{
    /// <summary>Room for the longer of the two, rounded up to whole words.</summary>
    public const int Room = 32;

    private const int Inet4Length = 16;
    private const int Inet6Length = 28;

    /// <summary>Gives the default value for a family that is neither.</summary>
    public static UdpAddress Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < Inet4Length)
        {
            return default;
        }

        ushort family = MemoryMarshal.Read<ushort>(source);
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return family switch
        {
            Family.Inet => new UdpAddress(source.Slice(4, 4), port),
            Family.Inet6 when source.Length >= Inet6Length =>
                new UdpAddress(source.Slice(8, 16), port, MemoryMarshal.Read<uint>(source[24..])),
            _ => default,
        };
    }

    /// <summary>Writes for a socket of that family, IPv4 addresses mapped where it is an IPv6 socket; returns the length.</summary>
    public static int Write(in UdpAddress address, int socketFamily, Span<byte> destination)
    {
        ushort family = (ushort)socketFamily;
        MemoryMarshal.Write(destination, in family);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], address.Port);
        if (socketFamily == Family.Inet)
        {
            destination[4..Inet4Length].Clear();
            address.CopyTo(destination[4..]);
            return Inet4Length;
        }

        destination[4..8].Clear();
        address.CopyMappedTo(destination[8..]);
        uint scopeId = address.ScopeId;
        MemoryMarshal.Write(destination[24..], in scopeId);
        return Inet6Length;
    }
}
