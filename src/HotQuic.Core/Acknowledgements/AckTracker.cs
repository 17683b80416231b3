using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Acknowledgements;

/// <summary>
/// What was received in one packet number space, and when to say so (RFC 9000 §13.2). For every packet that was opened:
/// <see cref="IsDuplicate"/> before its frames are handled, <see cref="OnPacketReceived"/> after. When packets can be
/// sent, and at <see cref="Deadline"/>: <see cref="UrgencyAt"/>, then <see cref="TryWrite"/> into a packet of the same
/// space. When such a packet is acknowledged: <see cref="OnAckAcknowledged"/>.
/// </summary>
internal sealed class AckTracker
{
    /// <summary>
    /// An ACK frame in a packet that elicits nothing is never acknowledged itself, so ranges pile up. After so many of
    /// them a PING asks for an acknowledgment (RFC 9000 §13.2.4), and never in all of them (§13.2.1).
    /// </summary>
    private const int AckFramesPerPing = 64;

    private readonly bool _mayDelay;
    private AckPolicy _policy;
    private ReceivedRanges _ranges = new();
    private PacketNumber _largestAckEliciting = PacketNumber.None;
    private Instant _largestReceivedAt;
    private Instant _deadline = Instant.Never;
    private EcnCounts _ecnCounts;
    private int _unacknowledged;
    private bool _isImmediate;
    private int _framesSincePing;

    public AckTracker(PacketNumberSpace space, AckPolicy policy)
    {
        // RFC 9000 §13.2.1: Initial and Handshake packets are acknowledged at once.
        _mayDelay = space == PacketNumberSpace.Application;
        _policy = policy.Validate();
    }

    public AckPolicy Policy
    {
        get => _policy;
        set => _policy = value.Validate();
    }

    /// <summary>The largest number received so far, kept for good: packet numbers are decoded against it (RFC 9000 §17.1).</summary>
    public PacketNumber LargestReceived => _ranges.Largest;

    /// <summary>Packets received with each ECN mark (RFC 9000 §13.4.1).</summary>
    public EcnCounts EcnCounts => _ecnCounts;

    /// <summary>When an acknowledgment has to leave at the latest: in the past where it was due at once, never where none waits.</summary>
    public Instant Deadline => _deadline;

    /// <summary>True where the next packet with an ACK frame should also carry a PING; then call <see cref="OnPingSent"/>.</summary>
    public bool IsPingDue => _framesSincePing >= AckFramesPerPing;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(AckPolicy policy)
    {
        _policy = policy.Validate();
        _ranges.Clear();
        _largestAckEliciting = PacketNumber.None;
        _largestReceivedAt = default;
        _deadline = Instant.Never;
        _ecnCounts = default;
        _unacknowledged = 0;
        _isImmediate = false;
        _framesSincePing = 0;
    }

    /// <summary>True for a number that was received, or that is too old to tell: such a packet is dropped (RFC 9000 §12.3).</summary>
    public bool IsDuplicate(PacketNumber number) => _ranges.Contains(number);

    /// <summary>A packet was opened and all its frames were handled; a duplicate counts for nothing.</summary>
    public void OnPacketReceived(in ReceivedPacketInfo packet)
    {
        if (_ranges.Contains(packet.Number))
        {
            return;
        }

        CountEcn(packet.Ecn);
        if (packet.Number > _ranges.Largest)
        {
            _largestReceivedAt = packet.ReceivedAt;
        }

        PacketNumber runStart = _ranges.Add(packet.Number);
        if (!packet.IsAckEliciting)
        {
            // RFC 9000 §13.2.1: never a reason to send anything.
            return;
        }

        bool isOutOfOrder = IsOutOfOrder(packet.Number, runStart);
        _largestAckEliciting = packet.Number > _largestAckEliciting ? packet.Number : _largestAckEliciting;
        _unacknowledged++;
        _isImmediate |= !_mayDelay
            || isOutOfOrder
            || packet.Ecn == EcnCodepoint.Ce
            || _unacknowledged >= _policy.AckElicitingThreshold;
        _deadline = Instant.Min(_deadline, _isImmediate ? packet.ReceivedAt : packet.ReceivedAt + _policy.MaxAckDelay);
    }

    public AckUrgency UrgencyAt(Instant now)
    {
        if (_unacknowledged == 0)
        {
            return AckUrgency.None;
        }

        return now >= _deadline || _isImmediate ? AckUrgency.Now : AckUrgency.Piggyback;
    }

    /// <summary>
    /// Writes an ACK frame (ACK_ECN once any mark was seen) with as many ranges as fit, the newest first, and logs it with
    /// the largest number covered as its offset. False, with nothing written, where nothing waits or nothing fits.
    /// </summary>
    /// <param name="writer">The payload of a packet in this tracker's space.</param>
    /// <param name="now">When the packet is sent: the ACK Delay field counts from the largest packet's arrival.</param>
    /// <param name="ackDelayExponent">Our parameter; <see cref="AckDelay.DefaultExponent"/> in Initial and Handshake packets.</param>
    public bool TryWrite(ref FrameWriter writer, Instant now, int ackDelayExponent)
    {
        if (_unacknowledged == 0 || writer.Remaining == 0)
        {
            return false;
        }

        bool hasEcn = (_ecnCounts.Ect0 | _ecnCounts.Ect1 | _ecnCounts.Ce) != 0;
        var content = new AckFrameContent(_ranges.Descending)
        {
            AckDelay = AckDelay.Encode(now - _largestReceivedAt, ackDelayExponent),
            EcnCounts = hasEcn ? _ecnCounts : null,
            MaxLength = writer.Remaining,
        };
        if (AckFrame.Write(ref writer.Wire, in content) == 0)
        {
            return false;
        }

        FrameType type = hasEcn ? FrameType.AckEcn : FrameType.Ack;
        writer.Log(new SentFrame(type, Length: 0, Id: 0, Offset: (ulong)_ranges.Largest.Value));
        _unacknowledged = 0;
        _isImmediate = false;
        _deadline = Instant.Never;
        _framesSincePing++;
        return true;
    }

    /// <summary>A PING went along, since <see cref="IsPingDue"/> asked for one.</summary>
    public void OnPingSent() => _framesSincePing = 0;

    /// <summary>The peer has an ACK frame of ours that covered numbers up to this one: no need to repeat it (RFC 9000 §13.2.4).</summary>
    public void OnAckAcknowledged(PacketNumber largest)
    {
        _framesSincePing = 0;
        _ranges.ForgetUpTo(largest);
    }

    // RFC 9000 §13.2.1: below an ack-eliciting packet that came before it, or above it with something missing in between.
    private bool IsOutOfOrder(PacketNumber number, PacketNumber runStart) =>
        number < _largestAckEliciting || runStart.Value > _largestAckEliciting.Value + 1;

    private void CountEcn(EcnCodepoint codepoint)
    {
        _ecnCounts = codepoint switch
        {
            EcnCodepoint.Ect0 => _ecnCounts with { Ect0 = _ecnCounts.Ect0 + 1 },
            EcnCodepoint.Ect1 => _ecnCounts with { Ect1 = _ecnCounts.Ect1 + 1 },
            EcnCodepoint.Ce => _ecnCounts with { Ce = _ecnCounts.Ce + 1 },
            _ => _ecnCounts,
        };
    }
}
