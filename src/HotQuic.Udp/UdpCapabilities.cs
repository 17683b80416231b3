using System.Globalization;
using System.Text;

namespace HotQuic.Udp;

/// <summary>What a bound socket really does, found by trying. <see cref="ToString"/> is a line for a log.</summary>
internal sealed record UdpCapabilities
{
    /// <summary>
    /// The way the socket reaches the system: never <see cref="UdpIo.Auto"/>, and <see cref="UdpIo.Sockets"/> only where that is more than
    /// <see cref="UdpIo.Datagrams"/>.
    /// </summary>
    public required UdpIo Io { get; init; }

    /// <summary>Serves IPv4 and IPv6 peers.</summary>
    public bool DualMode { get; init; }

    /// <summary>A train leaves in one system call and is cut into datagrams below the socket.</summary>
    public bool Gso { get; init; }

    /// <summary>Datagrams of one flow arrive merged into trains.</summary>
    public bool Gro { get; init; }

    /// <summary>Datagrams in a train that leaves in one system call; longer ones take several.</summary>
    public int MaxSegments { get; init; } = 1;

    /// <summary>ECN is read from what arrives and set on what leaves.</summary>
    public bool Ecn { get; init; }

    /// <summary>The address a datagram was sent to is reported.</summary>
    public bool PacketInfo { get; init; }

    /// <summary>The address to send from can be chosen for each train.</summary>
    public bool SourceAddress { get; init; }

    /// <summary>Several sockets of one process can share the port.</summary>
    public bool ReusePort { get; init; }

    /// <summary>What arrives on the shared port goes to the shard it names; otherwise to any of them.</summary>
    public bool Steering { get; init; }

    public bool KernelTimestamps { get; init; }

    /// <summary>Dead ports are reported, with the destination they were noticed on.</summary>
    public bool ErrorQueue { get; init; }

    public bool DontFragment { get; init; }

    /// <summary>Bytes the system gave, after its own limits.</summary>
    public int ReceiveBufferSize { get; init; }

    public int SendBufferSize { get; init; }

    public override string ToString()
    {
        var line = new StringBuilder();
        line.Append(Io == UdpIo.Offload ? "offload" : "sockets");
        Add(line, Io == UdpIo.Datagrams, "one datagram a call");
        Add(line, DualMode, "dual mode");
        Add(line, Gso, string.Create(CultureInfo.InvariantCulture, $"GSO x{MaxSegments}"));
        Add(line, Gro, "GRO");
        Add(line, Ecn, "ECN");
        Add(line, PacketInfo, "packet info");
        Add(line, SourceAddress, "source address");
        Add(line, ReusePort, "port sharing");
        Add(line, Steering, "steering");
        Add(line, KernelTimestamps, "kernel timestamps");
        Add(line, ErrorQueue, "error queue");
        Add(line, DontFragment, "don't fragment");
        return line.Append(
            CultureInfo.InvariantCulture, $"; buffers {ReceiveBufferSize >> 10} KiB in, {SendBufferSize >> 10} KiB out").ToString();
    }

    private static void Add(StringBuilder line, bool has, string name)
    {
        if (has)
        {
            line.Append(", ").Append(name);
        }
    }
}
