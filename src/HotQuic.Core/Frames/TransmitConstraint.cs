namespace HotQuic.Core.Frames;

/// <summary>
/// Why a packet may not carry all that waits to be sent, ordered from free to forbidden; a larger value forbids
/// everything that a smaller one does.
/// </summary>
internal enum TransmitConstraint : byte
{
    /// <summary>Anything may be sent.</summary>
    None = 0,

    /// <summary>The congestion window or the pacer is closed: ACK-only packets, and nothing that counts in flight (RFC 9002 §7).</summary>
    CongestionLimited = 1,

    /// <summary>An unvalidated address was sent three times what came from it: nothing at all (RFC 9000 §8.1).</summary>
    AmplificationLimited = 2,
}
