using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>What comes with an ACK frame.</summary>
/// <param name="AckDelay">The frame's ACK Delay field as a time, by the peer's exponent.</param>
/// <param name="Now">When the packet was received.</param>
internal readonly record struct AckContext(TimeSpan AckDelay, Instant Now);
