namespace HotQuic.Core.Acknowledgements;

/// <summary>
/// How often ack-eliciting 0-RTT and 1-RTT packets are acknowledged. Initial and Handshake packets never wait.
/// <code>
/// setting                  default   meaning
/// AckElicitingThreshold    2         so many ack-eliciting packets are answered at once (RFC 9000 §13.2.2)
/// MaxAckDelay              25 ms     fewer than that wait no longer than this: the transport parameter that the peer was given
/// </code>
/// The tracker is asked once after a batch of packets, so one ACK covers the batch whatever the threshold; a larger
/// threshold thins acknowledgments further, as an ACK frequency request of the peer may.
/// </summary>
internal readonly record struct AckPolicy
{
    public AckPolicy()
    {
    }

    public int AckElicitingThreshold { get; init; } = 2;

    public TimeSpan MaxAckDelay { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Throws where a setting is out of range, naming it; returns this policy otherwise.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public AckPolicy Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(AckElicitingThreshold, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAckDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(MaxAckDelay, TimeSpan.FromMilliseconds(1 << 14)); // RFC 9000 §18.2
        return this;
    }
}
