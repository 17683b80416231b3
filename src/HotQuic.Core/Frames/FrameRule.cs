using HotQuic.Core.Packets;

namespace HotQuic.Core.Frames;

/// <summary>The packets that may carry a frame; each bit is one shifted by its <see cref="EncryptionLevel"/>.</summary>
[Flags]
internal enum PermittedPackets : byte
{
    None = 0,
    Initial = 1 << EncryptionLevel.Initial,
    ZeroRtt = 1 << EncryptionLevel.ZeroRtt,
    Handshake = 1 << EncryptionLevel.Handshake,
    OneRtt = 1 << EncryptionLevel.OneRtt,
    ApplicationData = ZeroRtt | OneRtt,
    AllButZeroRtt = Initial | Handshake | OneRtt,
    All = AllButZeroRtt | ZeroRtt,
}

/// <summary>What a frame does to the packet that carries it.</summary>
[Flags]
internal enum FrameTraits : byte
{
    None = 0,

    /// <summary>The packet is to be acknowledged (RFC 9000 §13.2).</summary>
    AckEliciting = 1,

    /// <summary>The packet counts toward bytes in flight (RFC 9002 §2).</summary>
    InFlight = 2,

    /// <summary>The packet may probe a path without moving the connection to it (RFC 9000 §9.1).</summary>
    Probing = 4,
}

/// <summary>One row of <see cref="FrameRules"/>.</summary>
internal readonly record struct FrameRule(PermittedPackets Packets, FrameTraits Traits, EndpointRoles Senders)
{
    public bool IsAckEliciting => (Traits & FrameTraits.AckEliciting) != 0;

    public bool CountsInFlight => (Traits & FrameTraits.InFlight) != 0;

    public bool IsProbing => (Traits & FrameTraits.Probing) != 0;

    public bool IsPermittedIn(EncryptionLevel level) => ((int)Packets & (1 << (int)level)) != 0;

    public bool MayBeSentBy(EndpointRole sender) => Senders.Include(sender);
}
