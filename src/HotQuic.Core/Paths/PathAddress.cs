using System.Buffers.Binary;
using System.Net;

namespace HotQuic.Core.Paths;

internal enum PathAddressFamily : byte
{
    /// <summary>No address.</summary>
    None = 0,
    IPv4 = 4,
    IPv6 = 6,
}

/// <summary>
/// An address and a port by value: 24 bytes, compared as three words, no allocation. Made from the bytes of a socket
/// address or from an <see cref="IPEndPoint"/>, and given back as one.
/// </summary>
internal readonly record struct PathAddress
{
    private const int IPv4Length = 4;

    // An IPv4 address is held in its IPv4-mapped form, ::ffff:a.b.c.d.
    private const ulong MappedPrefix = 0xffff_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;

    // Scope in the upper half, then the family, then the port.
    private readonly ulong _rest;

    private PathAddress(ulong high, ulong low, ulong rest)
    {
        _high = high;
        _low = low;
        _rest = rest;
    }

    /// <summary>Bytes that <see cref="WriteBytes"/> writes.</summary>
    public const int AddressLength = 16;

    public PathAddressFamily Family => (PathAddressFamily)(byte)(_rest >> 16);

    public ushort Port => (ushort)_rest;

    /// <summary>The scope of a link-local IPv6 address; 0 for others.</summary>
    public uint ScopeId => (uint)(_rest >> 32);

    /// <summary>From the four bytes of an IPv4 address, in network order.</summary>
    public static PathAddress FromIPv4(ReadOnlySpan<byte> address, ushort port) =>
        new(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address), Rest(PathAddressFamily.IPv4, port, 0));

    /// <summary>
    /// From the sixteen bytes of an IPv6 address, in network order. An IPv4-mapped one stays what it is. Only a link-local address keeps
    /// its scope: sockets report none for others, so that a peer at "::1%1" would answer from another address than was asked.
    /// </summary>
    public static PathAddress FromIPv6(ReadOnlySpan<byte> address, ushort port, uint scopeId) => new(
        BinaryPrimitives.ReadUInt64BigEndian(address),
        BinaryPrimitives.ReadUInt64BigEndian(address[8..]),
        Rest(PathAddressFamily.IPv6, port, IsLinkLocal(address) ? scopeId : 0));

    public static PathAddress From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[AddressLength];
        _ = endPoint.Address.TryWriteBytes(bytes, out int length);
        return length == IPv4Length
            ? FromIPv4(bytes, (ushort)endPoint.Port)
            : FromIPv6(bytes, (ushort)endPoint.Port, (uint)endPoint.Address.ScopeId);
    }

    /// <exception cref="InvalidOperationException">This is no address.</exception>
    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[AddressLength];
        WriteBytes(bytes);
        return Family switch
        {
            PathAddressFamily.IPv4 => new IPEndPoint(new IPAddress(bytes[^IPv4Length..]), Port),
            PathAddressFamily.IPv6 => new IPEndPoint(new IPAddress(bytes, ScopeId), Port),
            _ => throw new InvalidOperationException("There is no address to convert."),
        };
    }

    /// <summary>Writes the address as sixteen bytes, an IPv4 address in its IPv4-mapped form.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>True where only the port differs, which a NAT that forgot its binding may cause (RFC 9000 §9.4).</summary>
    public bool DiffersOnlyInPort(PathAddress other) =>
        _high == other._high && _low == other._low && (_rest ^ other._rest) is > 0 and <= ushort.MaxValue;

    public PathAddress WithoutScope() => new(_high, _low, (uint)_rest);

    /// <summary>True where family, address and scope are the same, whatever the ports.</summary>
    public bool HasSameAddress(PathAddress other) => _high == other._high && _low == other._low && (_rest ^ other._rest) <= ushort.MaxValue;

    /// <summary>
    /// A number that is the same for addresses of one network: a /24 of IPv4, a /56 of IPv6. It serves to share a budget among
    /// them; whoever does not know the key cannot choose where an address falls.
    /// </summary>
    public ulong PrefixHash(ulong key)
    {
        bool isIPv4 = _high == 0 && _low >> 32 == MappedPrefix >> 32;
        ulong prefix = isIPv4 ? _low >> 8 : _high >> 8;
        return Mix(Mix(prefix ^ key) + key);
    }

    public override string ToString() => Family == PathAddressFamily.None ? "none" : ToIPEndPoint().ToString();

    // fe80::/10 (RFC 4291 §2.4).
    private static bool IsLinkLocal(ReadOnlySpan<byte> address) => address[0] == 0xfe && (address[1] & 0xc0) == 0x80;

    private static ulong Rest(PathAddressFamily family, ushort port, uint scopeId) => ((ulong)scopeId << 32) | ((ulong)family << 16) | port;

    // Every bit of the result depends on every bit of the value: multiplying by an odd constant carries bits up, shifting
    // brings them down.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * 0x9e37_79b9_7f4a_7c15;
        value = (value ^ (value >> 29)) * 0x9e37_79b9_7f4a_7c15;
        return value ^ (value >> 32);
    }
}
