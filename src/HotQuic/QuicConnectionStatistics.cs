namespace HotQuic;

/// <summary>
/// What a connection has measured and counted since it began, taken at one moment; see <see cref="QuicConnection.GetStatistics"/>. Counters
/// only rise. "UDP datagrams" are what the network carries, "datagrams" the messages of RFC 9221.
/// </summary>
public readonly record struct QuicConnectionStatistics
{
    /// <summary>The time since the connection began, up to its end.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The smoothed round-trip time (RFC 9002 §5.3); before the first sample, what is assumed.</summary>
    public TimeSpan SmoothedRtt { get; init; }

    /// <summary>The last round-trip time measured; zero before the first.</summary>
    public TimeSpan LatestRtt { get; init; }

    /// <summary>The shortest round-trip time measured; zero before the first.</summary>
    public TimeSpan MinRtt { get; init; }

    /// <summary>How much the round-trip time varies (RFC 9002 §5.3).</summary>
    public TimeSpan RttVariance { get; init; }

    /// <summary>What may be in flight, in bytes (RFC 9002 §7).</summary>
    public long CongestionWindow { get; init; }

    /// <summary>Sent, and neither acknowledged nor lost, in bytes.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>The rate at which data was acknowledged last, in bytes a second; 0 before the first measurement.</summary>
    public double DeliveryRate { get; init; }

    /// <summary>The largest UDP payload that the path is known to carry, in bytes (RFC 9000 §14.3).</summary>
    public int PathMtu { get; init; }

    /// <summary>QUIC packets sent.</summary>
    public long PacketsSent { get; init; }

    /// <summary>QUIC packets received and opened.</summary>
    public long PacketsReceived { get; init; }

    /// <summary>Packets that were declared lost (RFC 9002 §6).</summary>
    public long PacketsLost { get; init; }

    /// <summary>Packets that were declared lost and acknowledged after all.</summary>
    public long PacketsSpuriouslyLost { get; init; }

    /// <summary>Packets that came and were dropped.</summary>
    public long PacketsDropped { get; init; }

    /// <summary>UDP payload sent, in bytes.</summary>
    public long BytesSent { get; init; }

    /// <summary>UDP payload received, in bytes.</summary>
    public long BytesReceived { get; init; }

    /// <summary>The bytes of the packets that were declared lost.</summary>
    public long BytesLost { get; init; }

    /// <summary>Probe timeouts that ran out (RFC 9002 §6.2).</summary>
    public long ProbeTimeouts { get; init; }

    /// <summary>Times that losses or ECN marks reduced the congestion window.</summary>
    public long CongestionEvents { get; init; }

    /// <summary>UDP datagrams sent.</summary>
    public long UdpDatagramsSent { get; init; }

    /// <summary>UDP datagrams received.</summary>
    public long UdpDatagramsReceived { get; init; }

    /// <summary>The largest UDP payload sent so far, in bytes.</summary>
    public int LargestUdpPayloadSent { get; init; }

    /// <summary>Whether packets are marked for ECN now: the path is being tested, or was found to keep the marks (RFC 9000 §13.4.2).</summary>
    public bool IsEcnInUse { get; init; }

    /// <summary>Packets sent with an ECN mark.</summary>
    public long EcnMarkedPacketsSent { get; init; }

    /// <summary>Packets that the peer reports to have come marked ECT(0).</summary>
    public long EcnReportedEct0 { get; init; }

    /// <summary>Packets that the peer reports to have come marked ECT(1).</summary>
    public long EcnReportedEct1 { get; init; }

    /// <summary>Packets that the peer reports to have come marked CE: the path was congested.</summary>
    public long EcnReportedCe { get; init; }

    /// <summary>Datagrams sent (RFC 9221).</summary>
    public long DatagramsSent { get; init; }

    /// <summary>Datagrams whose packet was acknowledged.</summary>
    public long DatagramsAcknowledged { get; init; }

    /// <summary>Datagrams whose packet was declared lost.</summary>
    public long DatagramsLost { get; init; }

    /// <summary>Datagrams that were never sent: the queue was full, or the path no longer carries their size.</summary>
    public long DatagramsDiscarded { get; init; }

    /// <summary>Datagrams received.</summary>
    public long DatagramsReceived { get; init; }

    /// <summary>Datagrams received and dropped, since nobody took them in time.</summary>
    public long DatagramsDropped { get; init; }

    /// <summary>Bidirectional streams that this side opened.</summary>
    public long BidirectionalStreamsOpened { get; init; }

    /// <summary>Unidirectional streams that this side opened.</summary>
    public long UnidirectionalStreamsOpened { get; init; }

    /// <summary>Bidirectional streams that the peer opened.</summary>
    public long BidirectionalStreamsReceived { get; init; }

    /// <summary>Unidirectional streams that the peer opened.</summary>
    public long UnidirectionalStreamsReceived { get; init; }

    /// <summary>The QUIC version, such as 0x00000001 (RFC 9000 §15).</summary>
    public uint Version { get; init; }

    /// <summary>Whether the client had to prove its address by a Retry (RFC 9000 §8.1.2).</summary>
    public bool UsedRetry { get; init; }

    /// <summary>Whether the server asked for a second ClientHello, one round trip more (RFC 8446 §4.1.4).</summary>
    public bool UsedHelloRetryRequest { get; init; }

    /// <summary>The group of the key exchange; null before it is agreed.</summary>
    public QuicKeyExchangeGroup? KeyExchangeGroup { get; init; }

    /// <summary>Key updates that this side began (RFC 9001 §6).</summary>
    public int KeyUpdatesInitiated { get; init; }

    /// <summary>Key updates that the peer began.</summary>
    public int KeyUpdatesReceived { get; init; }
}
