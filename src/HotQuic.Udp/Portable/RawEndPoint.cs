using System.Net;
using System.Net.Sockets;

namespace HotQuic.Udp.Portable;

/// <summary>
/// An end point over one socket address that is written in place, so that neither sending nor receiving makes a new one:
/// <see cref="Set"/> before a send, <see cref="Clear"/> before a receive and <see cref="Get"/> after it.
/// </summary>
internal sealed class RawEndPoint : EndPoint
{
    private const int Inet4Length = 16;
    private const int Inet6Length = 28;

    private readonly SocketAddress _address;

    public RawEndPoint(AddressFamily family)
    {
        AddressFamily = family;
        _address = new SocketAddress(family, family == AddressFamily.InterNetwork ? Inet4Length : Inet6Length);
    }

    public override AddressFamily AddressFamily { get; }

    public override SocketAddress Serialize() => _address;

    /// <summary>What a receive reports is in the address already.</summary>
    public override EndPoint Create(SocketAddress socketAddress)
    {
        if (!ReferenceEquals(socketAddress, _address))
        {
            socketAddress.Buffer.Span[..socketAddress.Size].CopyTo(_address.Buffer.Span);
            _address.Size = socketAddress.Size;
        }

        return this;
    }

    /// <summary>Makes it the unspecified address, also because the platform looks for packet info by what it finds here.</summary>
    public void Clear()
    {
        _address.Size = AddressFamily == AddressFamily.InterNetwork ? Inet4Length : Inet6Length;
        _address.Buffer.Span[2.._address.Size].Clear();
    }

    public void Set(in UdpAddress address)
    {
        Clear();
        Span<byte> bytes = _address.Buffer.Span;
        bytes[2] = (byte)(address.Port >> 8);
        bytes[3] = (byte)address.Port;
        if (AddressFamily == AddressFamily.InterNetwork)
        {
            address.CopyTo(bytes[4..]);
        }
        else
        {
            address.CopyMappedTo(bytes[8..]);
            BitConverter.TryWriteBytes(bytes[24..], address.ScopeId);
        }
    }

    public UdpAddress Get()
    {
        ReadOnlySpan<byte> bytes = _address.Buffer.Span;
        ushort port = (ushort)((bytes[2] << 8) | bytes[3]);
        return AddressFamily == AddressFamily.InterNetwork
            ? new UdpAddress(bytes.Slice(4, 4), port)
            : new UdpAddress(bytes.Slice(8, 16), port, BitConverter.ToUInt32(bytes[24..]));
    }
}
