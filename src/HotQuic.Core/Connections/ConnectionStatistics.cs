namespace HotQuic.Core.Connections;

/// <summary>Counters of one connection, since it began. Written by the thread that drives it.</summary>
internal struct ConnectionStatistics
{
    public long DatagramsSent;
    public long DatagramsReceived;
    public long PacketsSent;
    public long PacketsReceived;
    public long PacketsDropped;
    public long BytesSent;
    public long BytesReceived;

    /// <summary>Key updates that the peer began (RFC 9001 §6).</summary>
    public int KeyUpdatesByPeer;

    /// <summary>Key updates that we began.</summary>
    public int KeyUpdatesInitiated;

    /// <summary>The largest UDP payload sent.</summary>
    public int LargestDatagramSent;
}
