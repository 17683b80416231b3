using System.Net;

namespace HotQuic.Ports;

/// <summary>One address, port and list of protocols of a listener: what it asks for, and then what it has.</summary>
internal sealed class PortBinding
{
    /// <param name="entry">Whose it is.</param>
    /// <param name="address">Null for either family.</param>
    /// <param name="port">0 to let the system choose.</param>
    /// <param name="protocols">What it takes, the preferred first.</param>
    public PortBinding(ListenerEntry entry, IPAddress? address, int port, ProtocolNames protocols)
    {
        Entry = entry;
        AskedAddress = address;
        Address = ListeningAddress.From(address);
        AskedPort = port;
        Protocols = protocols;
    }

    public ListenerEntry Entry { get; }

    /// <summary>As it was asked for; null for either family.</summary>
    public IPAddress? AskedAddress { get; }

    /// <summary>The same as a socket is bound to it: an IPv4-mapped address is an IPv4 address.</summary>
    public IPAddress? SocketAddress => AskedAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : AskedAddress;

    public int AskedPort { get; }

    public ListeningAddress Address { get; }

    public ProtocolNames Protocols { get; }

    /// <summary>L3: the real port, with family and address as they were asked for.</summary>
    public IPEndPoint LocalEndPoint => new(AskedAddress ?? IPAddress.IPv6Any, Port?.Number ?? AskedPort);

    /// <summary>The port that it listens on; null while it does not.</summary>
    public ListeningPort? Port { get; set; }

    /// <summary>L9: the same address, and a protocol in common. One address and a wildcard may overlap, and so may families.</summary>
    public bool Conflicts(PortBinding other) => Address == other.Address && Protocols.Overlaps(other.Protocols);
}
