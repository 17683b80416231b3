using System.Diagnostics;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>Declaring packets lost, and what follows for the window (RFC 9002 §6.1, §7.6, §A.10, §B.8).</summary>
internal sealed partial class LossRecovery
{
    /// <summary>RFC 9002 §7.6.1</summary>
    private const int PersistentCongestionThreshold = 3;

    /// <summary>A loss can be shown spurious for so many probe timeouts (RFC 9002 §A.1 keeps lost packets for a while).</summary>
    private const int RememberLossTimeouts = 3;

    /// <summary>Packets that elicit no acknowledgment are remembered behind one that the peer does not acknowledge, so many at most ...</summary>
    private const int MaxBehindUnacknowledged = 4096;

    /// <summary>... once so many probe timeouts in a row were of no use.</summary>
    private const int UselessProbeTimeouts = 3;

    /// <summary>
    /// Losses behind the present recovery period that no acknowledgment has refuted yet; 0 also where the period cannot be
    /// refuted, since something else than losses speaks for it.
    /// </summary>
    private int _refutableLosses;

    /// <summary>
    /// Send times never fall while numbers rise, so both thresholds mark off the lost packets as those at the front: the walk
    /// ends at the first that is not lost.
    /// </summary>
    private void DetectLostPackets(PacketNumberSpace spaceName, Instant now, ISentFrameOwner owner)
    {
        RecoverySpace space = Space(spaceName);
        SentPackets packets = space.Packets;
        TimeSpan lossDelay = Rtt.LossDelay;
        var losses = new LossPass(now);
        space.LossTime = Instant.Never;

        // RFC 9002 §6.1: only what was sent before an acknowledged packet.
        while (packets.Oldest <= space.LargestAcknowledged)
        {
            PacketNumber number = packets.Oldest;
            ref SentPacket packet = ref packets.At(number.Value);
            Instant lostAt = packet.SentAt + lossDelay;
            PacketFate fate = IsBeyondPacketThreshold(space, number) ? PacketFate.LostByPacketThreshold : PacketFate.LostByTimeThreshold;
            if (fate == PacketFate.LostByTimeThreshold && now < lostAt)
            {
                space.LossTime = lostAt;
                break;
            }

            Note(spaceName, number, in packet, ref losses);
            ReportLost(spaceName, number, fate, owner);
            RemoveFromFlight(space, in packet);
            packets.RemoveOldest();
            space.Advance();
        }

        RespondTo(in losses);
    }

    /// <summary>
    /// What a packet in flight carried is given back as lost where the peer goes on sending, acknowledges nothing for several probe timeouts,
    /// and what it is sent in answer piles up behind that packet. The record of it is then bounded as the window is.
    /// </summary>
    public void Bound(PacketNumberSpace spaceName, ISentFrameOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        RecoverySpace space = Space(spaceName);
        SentPackets packets = space.Packets;
        while (PtoCount >= UselessProbeTimeouts
            && packets.Next.Value - packets.Oldest.Value - space.AckElicitingInFlight > MaxBehindUnacknowledged
            && packets.At(packets.Oldest.Value) is var oldest && oldest.Has(SentPacketFlags.InFlight))
        {
            ReportLost(spaceName, packets.Oldest, PacketFate.LostByPacketThreshold, owner);
            RemoveFromFlight(space, in oldest);
            packets.RemoveOldest();
            space.Advance();
        }
    }

    private bool IsBeyondPacketThreshold(RecoverySpace space, PacketNumber number)
    {
        long distance = space.LargestAcknowledged.Value - number.Value;

        // Numbers that were never sent are not packets that overtook this one (RFC 9002 §A.10).
        AckRange skipped = space.Packets.LastSkipped;
        if (skipped.Smallest > number && skipped.Largest < space.LargestAcknowledged)
        {
            distance -= skipped.Count;
        }

        return distance >= _options.PacketThreshold;
    }

    private void Note(PacketNumberSpace spaceName, PacketNumber number, in SentPacket packet, ref LossPass losses)
    {
        RecoverySpace space = Space(spaceName);
        Statistics.PacketsLost++;
        Statistics.BytesLost += packet.Size;
        if (packet.Has(SentPacketFlags.Ect0 | SentPacketFlags.Ect1) && !IsOfOtherPath(spaceName, number))
        {
            Ecn.OnPacketLost();
        }

        // RFC 9000 §14.4: a lost MTU probe was too large. RFC 9002 §7.4: before the first packet that the peer acknowledged it
        // may have had no keys.
        bool mayHaveLackedKeys = !IsHandshakeConfirmed && space != Space(PacketNumberSpace.Initial) && number < space.EarliestAcknowledged;
        if (!packet.Has(SentPacketFlags.InFlight) || packet.Has(SentPacketFlags.MtuProbe) || mayHaveLackedKeys || IsOfOtherPath(spaceName, number))
        {
            return;
        }

        losses.Count++;
        losses.LatestSentAt = packet.SentAt;
        space.RecentLosses ??= new RecentLosses();
        space.RecentLosses.Add(number, losses.Now + (Pto(PacketNumberSpace.Application) * RememberLossTimeouts));
        losses.IsPersistent |= packet.Has(SentPacketFlags.AckEliciting) && ExtendsToPersistentCongestion(space, packet.SentAt);
    }

    /// <summary>RFC 9002 §7.6.2: two ack-eliciting packets, sent after the first RTT sample, far apart, none acknowledged between.</summary>
    private bool ExtendsToPersistentCongestion(RecoverySpace space, Instant sentAt)
    {
        if (!Rtt.HasSample || sentAt <= Rtt.FirstSampleAt)
        {
            return false;
        }

        if (space.LossRunStart.IsNever || WasAcknowledgedElsewhere(space, space.LossRunStart, sentAt))
        {
            space.LossRunStart = sentAt;
            return false;
        }

        // RFC 9002 §7.6.1: max_ack_delay counts whatever the space.
        return sentAt - space.LossRunStart > (Rtt.ProbeBase + PeerMaxAckDelay) * PersistentCongestionThreshold;
    }

    /// <summary>Looks at the newest acknowledged packet of the other spaces: they overlap in the handshake only.</summary>
    private bool WasAcknowledgedElsewhere(RecoverySpace space, Instant from, Instant to)
    {
        foreach (RecoverySpace other in _spaces)
        {
            if (other != space && other.LatestAcknowledgedSentAt >= from && other.LatestAcknowledgedSentAt <= to)
            {
                return true;
            }
        }

        return false;
    }

    private void ReportLost(PacketNumberSpace space, PacketNumber number, PacketFate fate, ISentFrameOwner owner)
    {
        SentPackets packets = Space(space).Packets;
        ref SentPacket packet = ref packets.At(number.Value);
        Debug.Assert(packet.State == SentPacketState.Outstanding, "only an outstanding packet can be lost");
        if (!packet.Has(SentPacketFlags.Probed))
        {
            for (int i = 0; i < packet.FrameCount; i++)
            {
                owner.OnFrameLost(space, in packets.FrameAt(in packet, i));
            }
        }

        owner.OnPacketLost(space, Report(number, in packet, fate));
    }

    private void RespondTo(in LossPass losses)
    {
        if (losses.Count == 0)
        {
            return;
        }

        // RFC 9002 §B.8
        bool isNewPeriod = SignalCongestion(new CongestionEvent(losses.LatestSentAt, losses.Now, IsEcn: false));
        if (isNewPeriod)
        {
            _refutableLosses = losses.Count;
        }
        else if (_refutableLosses > 0)
        {
            _refutableLosses += losses.Count;
        }

        if (losses.IsPersistent)
        {
            Statistics.PersistentCongestions++;
            _refutableLosses = 0;
            Congestion.OnPersistentCongestion();
            Rtt.OnPersistentCongestion();
            foreach (RecoverySpace space in _spaces)
            {
                space.LossRunStart = Instant.Never;
            }
        }
    }

    private bool SignalCongestion(in CongestionEvent congestion)
    {
        bool isNewPeriod = Congestion.OnCongestionEvent(congestion);
        if (isNewPeriod)
        {
            Statistics.CongestionEvents++;
            Statistics.EcnCongestionEvents += congestion.IsEcn ? 1 : 0;

            // RFC 9002 §7.3.2: one packet may go at once, to speed up recovery.
            _mayEnterRecoveryWithPacket = !congestion.IsEcn;
        }

        return isNewPeriod;
    }

    /// <summary>What one pass over a space found lost.</summary>
    private struct LossPass(Instant now)
    {
        public readonly Instant Now = now;

        /// <summary>Lost packets that speak for congestion.</summary>
        public int Count;

        public Instant LatestSentAt;
        public bool IsPersistent;
    }
}
