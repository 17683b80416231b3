namespace HotQuic.Core.Recovery;

/// <summary>Counters of one connection's loss recovery; they only rise, but for another connection.</summary>
internal sealed class RecoveryStatistics
{
    public long PacketsAcknowledged { get; set; }

    public long PacketsLost { get; set; }

    public long BytesLost { get; set; }

    /// <summary>Packets declared lost that were acknowledged after all.</summary>
    public long SpuriousLosses { get; set; }

    /// <summary>Probe timeouts that ran out.</summary>
    public long ProbeTimeouts { get; set; }

    /// <summary>Recovery periods that began.</summary>
    public long CongestionEvents { get; set; }

    /// <summary>Those among them that the peer's CE counts began.</summary>
    public long EcnCongestionEvents { get; set; }

    public long PersistentCongestions { get; set; }

    /// <summary>The newest sample of the delivery rate, in bytes a second; 0 before the first.</summary>
    public double DeliveryRate { get; set; }

    /// <summary>All to zero, for another connection.</summary>
    public void Begin()
    {
        PacketsAcknowledged = 0;
        PacketsLost = 0;
        BytesLost = 0;
        SpuriousLosses = 0;
        ProbeTimeouts = 0;
        CongestionEvents = 0;
        EcnCongestionEvents = 0;
        PersistentCongestions = 0;
        DeliveryRate = 0;
    }
}
