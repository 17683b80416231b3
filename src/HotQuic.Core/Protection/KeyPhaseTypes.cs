using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Protection;

/// <summary>What <see cref="KeyPhases"/> is made of, but for the secrets.</summary>
/// <param name="Version">Chooses the labels.</param>
/// <param name="Suite">The suite that TLS negotiated.</param>
/// <param name="Backend">Who does the arithmetic.</param>
/// <param name="FailedOpens">The connection's counter.</param>
internal readonly record struct KeyPhaseSettings(QuicVersion Version, CipherSuite Suite, CipherBackend Backend, FailedOpens FailedOpens)
{
    /// <summary>Packets that one key may seal: the suite's limit, or a lower one (RFC 9001 §6.6).</summary>
    public long ConfidentialityLimit { get; init; } = Suite.Facts().ConfidentialityLimit;

    /// <summary>Packets after which keys are replaced, as soon as that is possible; where it is not, only the limit stops them.</summary>
    public long UpdateAfter { get; init; } = long.MaxValue;
}

/// <summary>A received 1-RTT packet, header protection removed.</summary>
/// <param name="PacketNumber">Its full packet number.</param>
/// <param name="KeyPhase">Its Key Phase bit.</param>
/// <param name="Now">When it came.</param>
/// <param name="Pto">The connection's probe timeout, which tells how long old keys stay.</param>
internal readonly record struct ReceivedOneRttPacket(PacketNumber PacketNumber, bool KeyPhase, Instant Now, TimeSpan Pto);

/// <summary>How opening a 1-RTT packet went.</summary>
/// <param name="DropReason">Why the packet is dropped; none where it opened.</param>
/// <param name="Error">The peer broke a rule, or the integrity limit is reached: close the connection.</param>
/// <param name="IsKeyUpdate">The packet is the first that opened with the keys of a new phase.</param>
internal readonly record struct KeyPhaseOpenResult(DropReason DropReason, TransportError? Error, bool IsKeyUpdate);

/// <summary>
/// Why this endpoint may not start a key update now (RFC 9001 §6.1, §6.5); the first that holds.
/// <code>
///  HandshakeNotConfirmed
///        | OnHandshakeConfirmed
///        v
///  NotAcknowledged  &lt;------------------------------ an update, by either side
///        | OnAcknowledged of a packet of this phase            ^
///        v                                                     |
///  TooSoon (after the first update: 3 PTO from there) -------->|  by the peer
///        | time                                                |
///        v                                                     |
///  None  ------------------------------------------------------+  by either side
/// </code>
/// The peer's updates are followed in every state.
/// </summary>
internal enum KeyUpdateObstacle : byte
{
    /// <summary>An update may start.</summary>
    None,

    /// <summary>The handshake is not confirmed (RFC 9001 §6.1).</summary>
    HandshakeNotConfirmed,

    /// <summary>No packet of the current phase was acknowledged yet (RFC 9001 §6.1).</summary>
    NotAcknowledged,

    /// <summary>The previous update was confirmed less than three PTOs ago (RFC 9001 §6.5).</summary>
    TooSoon,
}
