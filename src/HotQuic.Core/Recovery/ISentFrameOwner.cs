using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>
/// Hears what became of the frames that were sent, during <see cref="LossRecovery.OnAckReceived"/> and
/// <see cref="LossRecovery.OnTimeout"/>. It must not send packets from within; it notes what to send again.
/// </summary>
/// <remarks>
/// For each frame of each packet exactly one of acknowledged and lost is called, but for these: a frame that
/// <see cref="LossRecovery.TryMarkOldestForProbe"/> gave back as lost may still be acknowledged later; the frames of a discarded
/// space, and of packets without ack-eliciting frames that nobody ever acknowledged, get no call.
/// The frames of one packet are reported before the packet itself.
/// </remarks>
internal interface ISentFrameOwner
{
    void OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame);

    /// <summary>The information in this frame may have to be sent again (RFC 9000 §13.3).</summary>
    void OnFrameLost(PacketNumberSpace space, in SentFrame frame);

    void OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet);

    void OnPacketLost(PacketNumberSpace space, in PacketReport packet);
}

/// <summary>A packet that was acknowledged or lost.</summary>
internal readonly record struct PacketReport(PacketNumber Number, Instant SentAt, ushort Size, bool IsMtuProbe, PacketFate Fate);

/// <summary>How a packet's fate was learnt.</summary>
internal enum PacketFate : byte
{
    Acknowledged = 0,

    /// <summary>Lost: later packets, as many as the packet threshold, were acknowledged (RFC 9002 §6.1.1).</summary>
    LostByPacketThreshold = 1,

    /// <summary>Lost: a later packet was acknowledged, and it was sent long ago (RFC 9002 §6.1.2).</summary>
    LostByTimeThreshold = 2,

    /// <summary>The peer cannot process it any more: it sent Retry, or rejected 0-RTT.</summary>
    Withdrawn = 3,
}
