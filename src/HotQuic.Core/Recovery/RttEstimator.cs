using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>
/// One path's round-trip time (RFC 9002 §5), in ticks of 100 ns. <see cref="OnSample"/> for each ACK frame that gives a
/// sample; everything else reads.
/// </summary>
internal sealed class RttEstimator
{
    private TimeSpan _granularity;

    public RttEstimator(TimeSpan initialRtt, TimeSpan granularity) => Begin(initialRtt, granularity);

    /// <summary>The newest sample; zero before the first.</summary>
    public TimeSpan Latest { get; private set; }

    /// <summary>The smallest sample, without regard to acknowledgment delays; zero before the first.</summary>
    public TimeSpan Min { get; private set; }

    public TimeSpan Smoothed { get; private set; }

    /// <summary>rttvar: the mean deviation.</summary>
    public TimeSpan Variation { get; private set; }

    /// <summary>When the first sample was taken; never before that.</summary>
    public Instant FirstSampleAt { get; private set; }

    public bool HasSample => !FirstSampleAt.IsNever;

    /// <summary>What a probe timeout is without max_ack_delay and backoff (RFC 9002 §6.2.1).</summary>
    public TimeSpan ProbeBase => Smoothed + Max(Variation * 4, _granularity);

    /// <summary>How long after a packet was sent a later acknowledgment shows it lost (RFC 9002 §6.1.2).</summary>
    public TimeSpan LossDelay
    {
        get
        {
            TimeSpan rtt = Max(Latest, Smoothed);
            return Max(rtt + (rtt / 8), _granularity);
        }
    }

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(TimeSpan initialRtt, TimeSpan granularity)
    {
        _granularity = granularity;
        Reset(initialRtt);
    }

    /// <summary>Takes in a sample.</summary>
    /// <param name="latest">The time from sending the largest acknowledged packet until now.</param>
    /// <param name="ackDelay">The peer's own part in it, already limited to its max_ack_delay where that applies.</param>
    /// <param name="now">The time.</param>
    public void OnSample(TimeSpan latest, TimeSpan ackDelay, Instant now)
    {
        // Zero would mean "none"; a clock that stood still during a round trip gives the least that can be told.
        Latest = Max(latest, TimeSpan.FromTicks(1));
        if (!HasSample)
        {
            // RFC 9002 §5.3
            FirstSampleAt = now;
            Min = Latest;
            Smoothed = Latest;
            Variation = Latest / 2;
            return;
        }

        // RFC 9002 §5.2: the minimum ignores acknowledgment delays, so that no peer can lower it.
        Min = Latest < Min ? Latest : Min;

        // RFC 9002 §5.3: a delay that would take the sample below the minimum is not believed.
        TimeSpan adjusted = Latest - Min >= ackDelay ? Latest - ackDelay : Latest;
        Variation = TimeSpan.FromTicks(((3 * Variation.Ticks) + Math.Abs(Smoothed.Ticks - adjusted.Ticks)) / 4);
        Smoothed = TimeSpan.FromTicks(((7 * Smoothed.Ticks) + adjusted.Ticks) / 8);
    }

    /// <summary>The path may have changed for good: the minimum starts anew (RFC 9002 §5.2).</summary>
    public void OnPersistentCongestion() => Min = Latest;

    /// <summary>Forgets everything: a new path, or a better guess before the first sample.</summary>
    public void Reset(TimeSpan initialRtt)
    {
        // RFC 9002 §6.2.2
        Latest = TimeSpan.Zero;
        Min = TimeSpan.Zero;
        Smoothed = initialRtt;
        Variation = initialRtt / 2;
        FirstSampleAt = Instant.Never;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a >= b ? a : b;
}
