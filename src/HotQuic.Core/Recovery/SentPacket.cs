using System.Runtime.InteropServices;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>A packet that is being sent, for <see cref="LossRecovery.OnPacketSent"/>.</summary>
internal readonly record struct SentPacketInfo
{
    public required PacketNumberSpace Space { get; init; }

    /// <summary>Higher than any before it in its space; numbers left out are remembered as never sent (RFC 9000 §21.4).</summary>
    public required PacketNumber Number { get; init; }

    public required Instant SentAt { get; init; }

    /// <summary>Bytes of the packet, header and tag included, UDP and IP not.</summary>
    public required ushort Size { get; init; }

    public required bool IsAckEliciting { get; init; }

    /// <summary>False for packets of only ACK and CONNECTION_CLOSE frames; true for others, PADDING included (RFC 9002 §2).</summary>
    public required bool IsInFlight { get; init; }

    /// <summary>A probe for a larger MTU, whose loss says nothing of congestion (RFC 9000 §14.4).</summary>
    public bool IsMtuProbe { get; init; }

    /// <summary>The mark in the IP header.</summary>
    public EcnCodepoint Ecn { get; init; }
}

[Flags]
internal enum SentPacketFlags : byte
{
    None = 0,
    AckEliciting = 1 << 0,
    InFlight = 1 << 1,
    MtuProbe = 1 << 2,
    Ect0 = 1 << 3,
    Ect1 = 1 << 4,

    /// <summary>Sent while the application gave too little to fill the window.</summary>
    ApplicationLimited = 1 << 5,

    /// <summary>Its frames were given back for a probe already (RFC 9002 §6.2.4); they are not reported lost a second time.</summary>
    Probed = 1 << 6,
}

/// <summary>
/// <code>
///            sent                       acknowledged
/// NeverSent ------> Outstanding --------------------> Acknowledged
///                        |  lost, or forgotten
///                        +-----------------------> (leaves the ring)
/// </code>
/// </summary>
internal enum SentPacketState : byte
{
    NeverSent = 0,
    Outstanding = 1,
    Acknowledged = 2,
}

/// <summary>What is kept of a sent packet (RFC 9002 §A.1.1); its number is its place in <see cref="SentPackets"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SentPacket
{
    public Instant SentAt;

    /// <summary>Bytes acknowledged when the packet was sent, and when the last of them were: for a delivery rate sample.</summary>
    public long DeliveredBefore;
    public Instant DeliveredBeforeAt;

    /// <summary>Where its frames start in the ring of frames.</summary>
    public uint FrameStart;

    /// <summary>Where acknowledged: so many numbers, this one and those right below it, are known to be acknowledged.</summary>
    public int AcknowledgedRun;

    public ushort Size;
    public ushort FrameCount;
    public SentPacketFlags Flags;
    public SentPacketState State;

    public readonly bool Has(SentPacketFlags flags) => (Flags & flags) != 0;

    /// <summary>Marks the packet acknowledged, with how many numbers right below it, itself included, are known to be.</summary>
    public void MarkAcknowledged(int run)
    {
        State = SentPacketState.Acknowledged;
        AcknowledgedRun = run;
    }
}
