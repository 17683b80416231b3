using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>The one timer: time-threshold losses first, then the probe timeout (RFC 9002 §6.2, §A.8, §A.9).</summary>
internal sealed partial class LossRecovery
{
    /// <summary>Backoff stops doubling here; idle timeouts end a connection long before.</summary>
    private const int MaxBackoffShift = 30;

    /// <summary>When something last happened from which a probe timeout without packets in flight counts.</summary>
    private Instant _timerRestartedAt = Instant.Never;

    /// <summary>How many probe timeouts ran out since the last acknowledgment that counts (RFC 9002 §6.2.1).</summary>
    public int PtoCount { get; private set; }

    /// <summary>When <see cref="OnTimeout"/> is to be called; it may lie in the past.</summary>
    public Instant Deadline
    {
        get
        {
            // RFC 9002 §6.2.1: no probe timeout while a time-threshold timer is armed.
            Instant lossTime = EarliestLossTime(out _);
            if (!lossTime.IsNever)
            {
                return lossTime;
            }

            return IsAmplificationLimited ? Instant.Never : ProbeTime(out _);
        }
    }

    /// <summary>True where the peer is known to have validated our address; a client's always is, to a server (RFC 9002 §A.8).</summary>
    private bool HasPeerValidatedAddress => _role == EndpointRole.Server || _isHandshakeAcknowledged || IsHandshakeConfirmed;

    /// <summary>The probe timeout of a space, without backoff (RFC 9002 §6.2.1).</summary>
    public TimeSpan Pto(PacketNumberSpace space) =>
        space == PacketNumberSpace.Application ? Rtt.ProbeBase + PeerMaxAckDelay : Rtt.ProbeBase;

    /// <summary>Call at <see cref="Deadline"/>; too early does nothing.</summary>
    public TimeoutResult OnTimeout(Instant now, ISentFrameOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        Instant lossTime = EarliestLossTime(out PacketNumberSpace lossSpace);
        if (!lossTime.IsNever)
        {
            if (now < lossTime)
            {
                return TimeoutResult.None;
            }

            DetectLostPackets(lossSpace, now, owner);
            Pacer.SetRate(Congestion, Rtt.Smoothed, now);
            return new TimeoutResult(TimeoutKind.PacketsLost, lossSpace, Probes: 0);
        }

        Instant probeTime = ProbeTime(out PacketNumberSpace space);
        if (IsAmplificationLimited || now < probeTime)
        {
            return TimeoutResult.None;
        }

        // RFC 9002 §6.2.1, §6.2.4: the backoff doubles, nothing is lost, and one or two probes go.
        PtoCount++;
        Statistics.ProbeTimeouts++;
        Ecn.OnProbeTimeout(PtoCount);
        _timerRestartedAt = now;
        return new TimeoutResult(TimeoutKind.ProbesWanted, space, Probes: Space(space).AckElicitingInFlight > 1 ? 2 : 1);
    }

    /// <summary>
    /// For a probe without new data: gives back the frames of the oldest ack-eliciting packet whose frames were not given
    /// back yet, as if lost, so that the probe repeats them (RFC 9002 §6.2.4). The packet itself stays in flight, and may
    /// be acknowledged, or declared lost without its frames, later. False where there is none left: send a PING.
    /// </summary>
    public bool TryMarkOldestForProbe(PacketNumberSpace space, ISentFrameOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        SentPackets packets = Space(space).Packets;
        for (long number = packets.Oldest.Value; number < packets.Next.Value; number++)
        {
            ref SentPacket packet = ref packets.At(number);
            if (packet.State != SentPacketState.Outstanding
                || !packet.Has(SentPacketFlags.AckEliciting)
                || packet.Has(SentPacketFlags.Probed | SentPacketFlags.MtuProbe))
            {
                continue;
            }

            packet.Flags |= SentPacketFlags.Probed;
            for (int i = 0; i < packet.FrameCount; i++)
            {
                owner.OnFrameLost(space, in packets.FrameAt(in packet, i));
            }

            return true;
        }

        return false;
    }

    private Instant EarliestLossTime(out PacketNumberSpace space)
    {
        space = PacketNumberSpace.Initial;
        Instant earliest = Instant.Never;
        for (int i = 0; i < _spaces.Length; i++)
        {
            if (_spaces[i].LossTime < earliest)
            {
                earliest = _spaces[i].LossTime;
                space = (PacketNumberSpace)i;
            }
        }

        return earliest;
    }

    private Instant ProbeTime(out PacketNumberSpace space)
    {
        Instant earliest = Instant.Never;
        space = PacketNumberSpace.Initial;
        for (int i = 0; i < _spaces.Length; i++)
        {
            var candidate = (PacketNumberSpace)i;
            if (_spaces[i].AckElicitingInFlight == 0 || (candidate == PacketNumberSpace.Application && !IsHandshakeConfirmed))
            {
                continue;
            }

            Instant time = _spaces[i].LastAckElicitingSentAt + Backoff(Pto(candidate));
            if (time < earliest)
            {
                earliest = time;
                space = candidate;
            }
        }

        if (!earliest.IsNever || HasPeerValidatedAddress || _timerRestartedAt.IsNever)
        {
            return earliest;
        }

        // RFC 9002 §6.2.2.1: the server may be waiting for bytes before it can send more, so a client never falls silent.
        space = _hasHandshakeKeys ? PacketNumberSpace.Handshake : PacketNumberSpace.Initial;
        return _timerRestartedAt + Backoff(Rtt.ProbeBase);
    }

    private TimeSpan Backoff(TimeSpan timeout)
    {
        int shift = Math.Min(PtoCount, MaxBackoffShift);
        return timeout.Ticks <= TimeSpan.MaxValue.Ticks >> shift ? TimeSpan.FromTicks(timeout.Ticks << shift) : TimeSpan.MaxValue;
    }
}
