using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>What one ACK frame newly acknowledged, as far as congestion control cares: packets that were in flight.</summary>
internal readonly record struct AcknowledgedBatch
{
    /// <summary>Bytes of the newly acknowledged packets.</summary>
    public required long Bytes { get; init; }

    /// <summary>When the first of those packets was sent.</summary>
    public required Instant EarliestSentAt { get; init; }

    /// <summary>When the last of those packets was sent.</summary>
    public required Instant LatestSentAt { get; init; }

    public required Instant Now { get; init; }

    /// <summary>The RTT that this ACK frame measured; zero where it gave no sample (RFC 9002 §5.1).</summary>
    public required TimeSpan RttSample { get; init; }

    public required TimeSpan SmoothedRtt { get; init; }

    public required TimeSpan MinRtt { get; init; }

    /// <summary>Bytes in flight before this ACK frame was processed.</summary>
    public required long BytesInFlightBefore { get; init; }

    /// <summary>True where the newest of these packets was sent while there was too little to send to fill the window.</summary>
    public required bool IsApplicationLimited { get; init; }

    /// <summary>Bytes acknowledged since the newest of these was sent: a delivery rate with <see cref="DeliveryInterval"/>.</summary>
    public required long BytesDelivered { get; init; }

    /// <summary>The time in which <see cref="BytesDelivered"/> were acknowledged.</summary>
    public required TimeSpan DeliveryInterval { get; init; }
}

/// <summary>Packets were lost, or marked with CE.</summary>
/// <param name="SentAt">When the newest packet concerned was sent: a recovery period covers everything sent before it began.</param>
/// <param name="Now">When it was noticed.</param>
/// <param name="IsEcn">True for CE marks, false for lost packets.</param>
internal readonly record struct CongestionEvent(Instant SentAt, Instant Now, bool IsEcn);
