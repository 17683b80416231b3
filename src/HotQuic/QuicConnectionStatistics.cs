namespace HotQuic;

/// <summary>What a connection has measured and counted, at one moment; see <see cref="QuicConnection.GetStatistics"/>.</summary>
public readonly record struct QuicConnectionStatistics
{
    /// <summary>The smoothed round-trip time (RFC 9002 §5.3).</summary>
    public TimeSpan SmoothedRtt { get; init; }

    /// <summary>The last round-trip time measured.</summary>
    public TimeSpan LatestRtt { get; init; }

    /// <summary>The shortest round-trip time measured.</summary>
    public TimeSpan MinRtt { get; init; }

    /// <summary>How much the round-trip time varies (RFC 9002 §5.3).</summary>
    public TimeSpan RttVariance { get; init; }

    /// <summary>What may be in flight, in bytes (RFC 9002 §7).</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Sent, and neither acknowledged nor lost, in bytes.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>QUIC packets sent.</summary>
    public long PacketsSent { get; init; }

    /// <summary>QUIC packets received and opened.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets that were declared lost (RFC 9002 §6).</summary>
    public long PacketsLost { get; init; }

    /// <summary>Packets that came and were dropped.</summary>
    public long PacketsDropped { get; init; }

    /// <summary>UDP payload sent, in bytes.</summary>
    public long BytesSent { get; init; }

    /// <summary>UDP payload received, in bytes.</summary>
    public long BytesReceived { get; init; }

    /// <summary>UDP datagrams sent.</summary>
    public long DatagramsSent { get; init; }

    /// <summary>UDP datagrams received.</summary>
    public long DatagramsReceived { get; init; }

    /// <summary>The largest UDP payload sent so far, in bytes.</summary>
    public int LargestUdpPayloadSent { get; init; }

    /// <summary>Whether the client had to prove its address by a Retry (RFC 9000 §8.1.2).</summary>
    public bool UsedRetry { get; init; }

    /// <summary>The group of the key exchange; null before it is agreed.</summary>
    public QuicKeyExchangeGroup? KeyExchangeGroup { get; init; }

    /// <summary>The QUIC version, such as 0x00000001 (RFC 9000 §15).</summary>
    public uint Version { get; init; }

    /// <summary>Key updates that this side began (RFC 9001 §6).</summary>
    public int KeyUpdatesInitiated { get; init; }

    /// <summary>Key updates that the peer began.</summary>
    public int KeyUpdatesReceived { get; init; }
}
