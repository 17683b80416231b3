using System.Diagnostics;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>Taking in ACK frames (RFC 9002 §A.7, §B.5).</summary>
internal sealed partial class LossRecovery
{
    private static readonly TransportError AcknowledgedUnsent = new(
        TransportErrorCode.ProtocolViolation, (ulong)FrameType.Ack, "ACK frame acknowledges a packet that was not sent");

    /// <summary>
    /// An ACK frame came in a packet of this space. Reports what it newly acknowledges and what is thereby lost, and tells the
    /// congestion controller.
    /// </summary>
    /// <returns>Null, or why the connection has to end: the peer acknowledged what it cannot have received (RFC 9000 §13.1).</returns>
    public TransportError? OnAckReceived(PacketNumberSpace spaceName, in AckFrame frame, in AckContext context, ISentFrameOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        RecoverySpace space = Space(spaceName);
        if (space.IsDiscarded)
        {
            return null;
        }

        if (frame.LargestAcknowledged >= space.Packets.Next)
        {
            return AcknowledgedUnsent;
        }

        var pass = new AckPass(BytesInFlight);
        bool raisesLargest = frame.LargestAcknowledged > space.LargestAcknowledged;
        int refuted = 0;
        bool mayRefute = space.RecentLosses is { } recent && recent.Any(context.Now);
        foreach (AckRange range in frame.Ranges)
        {
            refuted += mayRefute ? space.RecentLosses!.Take(range) : 0;
            if (!TryAcknowledge(spaceName, range, ref pass, owner))
            {
                return AcknowledgedUnsent;
            }
        }

        space.LargestAcknowledged = raisesLargest ? frame.LargestAcknowledged : space.LargestAcknowledged;
        OnLossesRefuted(space, refuted);
        if (pass.Packets > 0)
        {
            space.Advance();
            OnNewlyAcknowledged(spaceName, frame, context, ref pass);
            OnEcnCounts(spaceName, new EcnReport(frame.EcnCounts, pass.Ect0, pass.Ect1, raisesLargest), in pass, context.Now);
            DetectLostPackets(spaceName, context.Now, owner);
            GrowWindow(in pass, context.Now);
        }

        Pacer.SetRate(Congestion, Rtt.Smoothed, context.Now);
        return null;
    }

    /// <summary>
    /// Acknowledges what is outstanding in a range, from the top down in runs, and each run upward. A range seen before is
    /// crossed by the run that its top remembers. False where the range covers a number that was never sent.
    /// </summary>
    private bool TryAcknowledge(PacketNumberSpace spaceName, AckRange range, ref AckPass pass, ISentFrameOwner owner)
    {
        SentPackets packets = Space(spaceName).Packets;
        AckRange skipped = packets.LastSkipped;
        if (range.Smallest <= skipped.Largest && range.Largest >= skipped.Smallest)
        {
            return false;
        }

        long lowest = Math.Max(range.Smallest.Value, packets.Oldest.Value);
        long number = range.Largest.Value;
        while (number >= lowest)
        {
            ref SentPacket packet = ref packets.At(number);
            if (packet.State == SentPacketState.Acknowledged)
            {
                number -= packet.AcknowledgedRun;
                continue;
            }

            long top = number;
            while (number >= lowest && packets.At(number).State == SentPacketState.Outstanding)
            {
                number--;
            }

            if (number == top)
            {
                return false;
            }

            for (long acknowledged = number + 1; acknowledged <= top; acknowledged++)
            {
                AcknowledgeOne(spaceName, acknowledged, (int)(acknowledged - number), ref pass, owner);
            }
        }

        if (range.Largest >= packets.Oldest)
        {
            packets.At(range.Largest.Value).AcknowledgedRun = (int)(range.Largest.Value - number);
        }

        return true;
    }

    private void AcknowledgeOne(PacketNumberSpace spaceName, long number, int run, ref AckPass pass, ISentFrameOwner owner)
    {
        RecoverySpace space = Space(spaceName);
        SentPackets packets = space.Packets;
        ref SentPacket packet = ref packets.At(number);
        packet.MarkAcknowledged(run);
        RemoveFromFlight(space, in packet);
        pass.Add(new PacketNumber(number), in packet, countsForWindow: !IsOfOtherPath(spaceName, new PacketNumber(number)));
        for (int i = 0; i < packet.FrameCount; i++)
        {
            owner.OnFrameAcknowledged(spaceName, in packets.FrameAt(in packet, i));
        }

        owner.OnPacketAcknowledged(spaceName, Report(new PacketNumber(number), in packet, PacketFate.Acknowledged));
    }

    private void OnNewlyAcknowledged(PacketNumberSpace spaceName, in AckFrame frame, in AckContext context, ref AckPass pass)
    {
        RecoverySpace space = Space(spaceName);
        Statistics.PacketsAcknowledged += pass.Packets;
        space.EarliestAcknowledged = pass.Smallest < space.EarliestAcknowledged ? pass.Smallest : space.EarliestAcknowledged;
        space.LatestAcknowledgedSentAt = Instant.Max(space.LatestAcknowledgedSentAt, pass.Largest.SentAt);
        _isHandshakeAcknowledged |= spaceName == PacketNumberSpace.Handshake;
        _timerRestartedAt = context.Now;

        // RFC 9002 §5.1: the largest acknowledged is newly acknowledged, and something ack-eliciting is.
        if (pass.LargestNumber == frame.LargestAcknowledged && pass.HasAckEliciting && ShowsRttOfPath(spaceName, in pass))
        {
            Rtt.OnSample(context.Now - pass.Largest.SentAt, EffectiveAckDelay(spaceName, context.AckDelay), context.Now);
            pass.RttSample = Rtt.Latest;
        }

        // RFC 9002 §6.2.1: a client keeps backing off until it knows that the server can answer freely.
        if (HasPeerValidatedAddress)
        {
            PtoCount = 0;
        }

        _delivered += pass.Bytes;
        _deliveredAt = context.Now;
        if (_applicationLimitedUntil > 0 && _delivered > _applicationLimitedUntil)
        {
            _applicationLimitedUntil = 0;
        }
    }

    /// <summary>RFC 9000 §9.4: what was sent another way, as before a change of the path and in challenges to an old one, shows nothing.</summary>
    private bool ShowsRttOfPath(PacketNumberSpace space, in AckPass pass) =>
        _pathStart.Value == 0 || !(IsOfOtherPath(space, pass.LargestNumber) || pass.Largest.Has(SentPacketFlags.MtuProbe));

    // RFC 9002 §5.3: no delay in Initial packets; the peer's own limit holds once the handshake is confirmed, not before.
    private TimeSpan EffectiveAckDelay(PacketNumberSpace space, TimeSpan ackDelay)
    {
        if (space == PacketNumberSpace.Initial)
        {
            return TimeSpan.Zero;
        }

        return IsHandshakeConfirmed && ackDelay > PeerMaxAckDelay ? PeerMaxAckDelay : ackDelay;
    }

    private void OnEcnCounts(PacketNumberSpace space, in EcnReport report, in AckPass pass, Instant now)
    {
        if (Ecn.OnAckReceived(space, report))
        {
            // RFC 9002 §B.7. Marks speak for congestion whatever becomes of losses in the same period.
            _refutableLosses = 0;
            SignalCongestion(new CongestionEvent(pass.Largest.SentAt, now, IsEcn: true));
        }
    }

    private void OnLossesRefuted(RecoverySpace space, int count)
    {
        if (count == 0)
        {
            return;
        }

        Statistics.SpuriousLosses += count;
        space.LossRunStart = Instant.Never;
        if (_refutableLosses > 0 && (_refutableLosses -= count) <= 0)
        {
            _refutableLosses = 0;
            Congestion.OnSpuriousCongestion();
        }
    }

    private void GrowWindow(in AckPass pass, Instant now)
    {
        if (pass.Bytes == 0)
        {
            return;
        }

        TimeSpan interval = now - pass.Largest.DeliveredBeforeAt;
        long delivered = _delivered - pass.Largest.DeliveredBefore;
        if (interval > TimeSpan.Zero)
        {
            Statistics.DeliveryRate = delivered / interval.TotalSeconds;
        }

        Congestion.OnAcknowledged(new AcknowledgedBatch
        {
            Bytes = pass.Bytes,
            EarliestSentAt = pass.EarliestSentAt,
            LatestSentAt = pass.LatestSentAt,
            Now = now,
            RttSample = pass.RttSample,
            SmoothedRtt = Rtt.Smoothed,
            MinRtt = Rtt.Min,
            BytesInFlightBefore = pass.BytesInFlightBefore,
            IsApplicationLimited = pass.Largest.Has(SentPacketFlags.ApplicationLimited),
            BytesDelivered = delivered,
            DeliveryInterval = interval,
        });
    }

    /// <summary>What one ACK frame newly acknowledged.</summary>
    private struct AckPass(long bytesInFlightBefore)
    {
        public readonly long BytesInFlightBefore = bytesInFlightBefore;
        public int Packets;
        public PacketNumber LargestNumber = PacketNumber.None;
        public PacketNumber Smallest = PacketNumber.MaxValue;
        public SentPacket Largest;
        public bool HasAckEliciting;
        public int Ect0;
        public int Ect1;

        /// <summary>Zero where the ACK frame gave no sample.</summary>
        public TimeSpan RttSample;

        /// <summary>Bytes of those that were in flight, and when the first and the last of them were sent.</summary>
        public long Bytes;
        public Instant EarliestSentAt = Instant.Never;
        public Instant LatestSentAt = new(long.MinValue);

        public void Add(PacketNumber number, in SentPacket packet, bool countsForWindow)
        {
            Debug.Assert(packet.State == SentPacketState.Acknowledged, "a packet is marked before it is counted");
            Packets++;
            Smallest = number < Smallest ? number : Smallest;
            HasAckEliciting |= packet.Has(SentPacketFlags.AckEliciting);
            Ect0 += packet.Has(SentPacketFlags.Ect0) ? 1 : 0;
            Ect1 += packet.Has(SentPacketFlags.Ect1) ? 1 : 0;
            if (number > LargestNumber)
            {
                LargestNumber = number;
                Largest = packet;
            }

            if (packet.Has(SentPacketFlags.InFlight) && countsForWindow)
            {
                Bytes += packet.Size;
                EarliestSentAt = Instant.Min(EarliestSentAt, packet.SentAt);
                LatestSentAt = Instant.Max(LatestSentAt, packet.SentAt);
            }
        }
    }
}
