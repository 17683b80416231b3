using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace HotQuic.Udp;

/// <summary>
/// An IP address and port by value: made, compared and hashed without allocating. An IPv4-mapped IPv6 address is always
/// held as the IPv4 address it stands for, so that one peer has one value whatever socket it came through.
/// The default value is no address.
/// </summary>
/// <remarks>
/// The layout is plain, for callers that copy it field by field: sixteen address bytes in network order as two words of
/// memory (IPv4 fills the first four and leaves the rest zero), scope ID, port in host order, family.
/// </remarks>
internal readonly struct UdpAddress : IEquatable<UdpAddress>
{
    private const int IPv4Length = 4;
    private const int IPv6Length = 16;

    private readonly ulong _first;
    private readonly ulong _second;

    /// <param name="address">Four bytes for IPv4 or sixteen for IPv6, in network order.</param>
    /// <param name="port">The port, in host order.</param>
    /// <param name="scopeId">The zone of an IPv6 address; only link-local addresses keep it, since it names nothing elsewhere.</param>
    /// <exception cref="ArgumentException">The address is neither four nor sixteen bytes.</exception>
    public UdpAddress(ReadOnlySpan<byte> address, ushort port, uint scopeId = 0)
    {
        Port = port;
        if (address.Length == IPv4Length)
        {
            Family = UdpFamily.IPv4;
            _first = WordOf(address);
        }
        else if (address.Length == IPv6Length)
        {
            bool mapped = IsMapped(address);
            Family = mapped ? UdpFamily.IPv4 : UdpFamily.IPv6;
            _first = mapped ? WordOf(address[12..]) : MemoryMarshal.Read<ulong>(address);
            _second = mapped ? 0 : MemoryMarshal.Read<ulong>(address[8..]);
            ScopeId = !mapped && IsLinkLocal(address) ? scopeId : 0;
        }
        else
        {
            throw new ArgumentException("An IP address has four or sixteen bytes.", nameof(address));
        }
    }

    public ushort Port { get; }

    public uint ScopeId { get; }

    public UdpFamily Family { get; }

    /// <summary>True for the default value.</summary>
    public bool IsNone => Family == UdpFamily.None;

    /// <summary>True for 0.0.0.0 and ::.</summary>
    public bool IsUnspecified => !IsNone && (_first | _second) == 0;

    public static UdpAddress From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return From(endPoint.Address, (ushort)endPoint.Port);
    }

    public static UdpAddress From(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[IPv6Length];
        address.TryWriteBytes(bytes, out int written);
        return new UdpAddress(bytes[..written], port, address.AddressFamily == AddressFamily.InterNetworkV6 ? (uint)address.ScopeId : 0);
    }

    public UdpAddress WithPort(ushort port)
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        return IsNone ? default : new UdpAddress(bytes[..CopyTo(bytes)], port, ScopeId);
    }

    /// <summary>Allocates; for logs and for the application, not for the data path.</summary>
    /// <exception cref="InvalidOperationException">This is no address.</exception>
    public IPEndPoint ToIPEndPoint()
    {
        if (IsNone)
        {
            throw new InvalidOperationException("There is no address to convert.");
        }

        Span<byte> bytes = stackalloc byte[IPv6Length];
        bytes = bytes[..CopyTo(bytes)];
        return new IPEndPoint(Family == UdpFamily.IPv4 ? new IPAddress(bytes) : new IPAddress(bytes, ScopeId), Port);
    }

    /// <summary>Writes the four or sixteen bytes of the address in network order and returns how many they are.</summary>
    public int CopyTo(Span<byte> destination)
    {
        switch (Family)
        {
            case UdpFamily.IPv4:
                BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)LittleEndian(_first));
                return IPv4Length;
            case UdpFamily.IPv6:
                MemoryMarshal.Write(destination, _first);
                MemoryMarshal.Write(destination[8..], _second);
                return IPv6Length;
            default:
                return 0;
        }
    }

    /// <summary>Writes sixteen bytes in network order, IPv4 in its mapped form (RFC 4291 §2.5.5.2).</summary>
    public void CopyMappedTo(Span<byte> destination)
    {
        if (Family == UdpFamily.IPv4)
        {
            destination[..10].Clear();
            destination[10] = 0xff;
            destination[11] = 0xff;
            CopyTo(destination[12..]);
        }
        else
        {
            MemoryMarshal.Write(destination, _first);
            MemoryMarshal.Write(destination[8..], _second);
        }
    }

    /// <summary>True where the addresses are the same, whatever the ports.</summary>
    public bool HasSameAddress(in UdpAddress other) =>
        _first == other._first && _second == other._second && ScopeId == other.ScopeId && Family == other.Family;

    public bool Equals(UdpAddress other) => HasSameAddress(other) && Port == other.Port;

    public override bool Equals(object? obj) => obj is UdpAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_first, _second, ScopeId, Port, Family);

    public override string ToString() => IsNone ? "none" : ToIPEndPoint().ToString();

    public static bool operator ==(UdpAddress a, UdpAddress b) => a.Equals(b);

    public static bool operator !=(UdpAddress a, UdpAddress b) => !a.Equals(b);

    private static bool IsMapped(ReadOnlySpan<byte> address) =>
        MemoryMarshal.Read<ulong>(address) == 0 && BinaryPrimitives.ReadUInt32BigEndian(address[8..]) == 0xffff;

    private static bool IsLinkLocal(ReadOnlySpan<byte> address) => address[0] == 0xfe && (address[1] & 0xc0) == 0x80;

    private static ulong WordOf(ReadOnlySpan<byte> address) => LittleEndian(BinaryPrimitives.ReadUInt32LittleEndian(address));

    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
}
