using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>What <see cref="LossRecovery"/> knows of one packet number space (RFC 9002 §A.3).</summary>
internal sealed class RecoverySpace(RecoveryMemory memory)
{
    public SentPackets Packets { get; } = new(memory);

    public PacketNumber LargestAcknowledged = PacketNumber.None;

    /// <summary>The lowest number ever acknowledged: the peer had keys for what was sent after it (RFC 9002 §7.4).</summary>
    public PacketNumber EarliestAcknowledged = PacketNumber.MaxValue;

    /// <summary>When the newest of the acknowledged packets was sent.</summary>
    public Instant LatestAcknowledgedSentAt = new(long.MinValue);

    /// <summary>When the oldest outstanding packet is lost by the time threshold (RFC 9002 §6.1.2).</summary>
    public Instant LossTime = Instant.Never;

    public Instant LastAckElicitingSentAt;

    public int AckElicitingInFlight;

    public long BytesInFlight;

    public bool IsDiscarded;

    /// <summary>When the first of an unbroken run of lost packets was sent; never where the run is empty (RFC 9002 §7.6.2).</summary>
    public Instant LossRunStart = Instant.Never;

    /// <summary>Lost packets, made on the first loss.</summary>
    public RecentLosses? RecentLosses;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin()
    {
        Packets.Begin();
        Clear();
        LargestAcknowledged = PacketNumber.None;
        EarliestAcknowledged = PacketNumber.MaxValue;
        LatestAcknowledgedSentAt = new Instant(long.MinValue);
        LastAckElicitingSentAt = default;
        IsDiscarded = false;
        RecentLosses?.Clear();
    }

    /// <summary>Drops packets at the front that are settled; an acknowledged one among them ends a run of losses.</summary>
    public void Advance()
    {
        if (Packets.Advance())
        {
            LossRunStart = Instant.Never;
        }
    }

    /// <summary>Forgets what is outstanding, and the timers with it (RFC 9002 §6.4).</summary>
    public void Clear()
    {
        Packets.Clear();
        AckElicitingInFlight = 0;
        BytesInFlight = 0;
        LossTime = Instant.Never;
        LossRunStart = Instant.Never;
    }
}
