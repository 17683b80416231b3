using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// Decides how many bytes may be in flight (RFC 9002 §7). Loss recovery drives it, on the connection's thread:
/// <see cref="OnPacketSent"/> for each packet that counts in flight; then, once for each ACK frame that newly
/// acknowledges something, <see cref="OnCongestionEvent"/> where packets were lost or marked,
/// <see cref="OnPersistentCongestion"/> where that is established, and last <see cref="OnAcknowledged"/>.
/// </summary>
internal interface ICongestionController
{
    /// <summary>A short name for logs and statistics.</summary>
    string Name { get; }

    /// <summary>How many bytes may be in flight.</summary>
    long CongestionWindow { get; }

    /// <summary>Where slow start ends, in bytes; <see cref="long.MaxValue"/> until something ended it.</summary>
    long SlowStartThreshold { get; }

    /// <summary>True while the window grows exponentially, which a pacer has to know (RFC 9002 §7.7).</summary>
    bool IsInSlowStart { get; }

    /// <summary>Starts anew, for another connection or for another try of this one.</summary>
    void Begin(CongestionOptions options);

    /// <summary>A packet that counts in flight was sent.</summary>
    void OnPacketSent(int bytes, Instant now);

    /// <summary>One ACK frame newly acknowledged packets that were in flight.</summary>
    void OnAcknowledged(in AcknowledgedBatch batch);

    /// <summary>Packets were lost, or the peer reported more CE marks (RFC 9002 §7.3.2).</summary>
    /// <returns>True where this began a recovery period, false where one that covers the event was running.</returns>
    bool OnCongestionEvent(in CongestionEvent congestion);

    /// <summary>Nothing came through for several probe timeouts: the window falls to its minimum (RFC 9002 §7.6).</summary>
    void OnPersistentCongestion();

    /// <summary>
    /// Every packet whose loss began the latest recovery period was acknowledged after all: a controller may undo its
    /// reduction (RFC 9438 §4.9.2).
    /// </summary>
    void OnSpuriousCongestion();

    /// <summary>The largest datagram, in bytes of UDP payload, that this path takes from now on.</summary>
    void OnMtuChanged(int maxDatagramSize);
}
