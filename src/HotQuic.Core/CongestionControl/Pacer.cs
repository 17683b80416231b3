using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// Spreads packets over the round trip (RFC 9002 §7.7): a bucket of credit that fills with a multiple of the window in
/// each smoothed RTT. <see cref="SetRate"/> whenever window or RTT changed; before sending ask <see cref="Allowance"/>;
/// <see cref="OnSent"/> for each packet that counts in flight; where the allowance is 0, come back at <see cref="NextSend"/>.
/// </summary>
/// <remarks>
/// A system call for a train of packets costs little more than one for a packet, and sleeping is precise to a fraction
/// of a millisecond at best. So a bucket that ran dry opens again only with credit for a train, and keeps what a few
/// milliseconds gave: on paths with an RTT below that, the window alone limits. Trains are still a fraction of the window,
/// and at low rates no burst is larger than the initial window (RFC 9002 §7.7).
/// </remarks>
internal sealed class Pacer
{
    // RFC 9002 §7.7: some more than one window a round trip, so that pacing never is what limits; slow start doubles.
    private const double AvoidanceGain = 1.25;
    private const double SlowStartGain = 2.0;

    /// <summary>A train is at most this share of the window, so that a small window is not sent at one stroke.</summary>
    private const int TrainsPerWindow = 4;

    private CongestionOptions _options;
    private int _maxDatagramSize;
    private double _bytesPerTick;
    private double _credit;
    private Instant _filledAt;
    private bool _isDry;

    public Pacer(CongestionOptions options)
    {
        _options = options;
        Begin(options);
    }

    /// <summary>The most bytes that may leave at one stroke after a pause.</summary>
    public long Capacity { get; private set; }

    /// <summary>The bytes for which a bucket that ran dry waits.</summary>
    public long TrainSize { get; private set; }

    /// <summary>Bytes in a second.</summary>
    public double Rate => _bytesPerTick * TimeSpan.TicksPerSecond;

    private long MinTrainSize => (long)_options.PacingMinTrainPackets * _maxDatagramSize;

    /// <summary>Starts anew, for another connection.</summary>
    public void Begin(CongestionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Validate();
        _maxDatagramSize = options.MaxDatagramSize;
        _filledAt = new Instant(long.MinValue);
        _bytesPerTick = 0;
        _isDry = false;
        TrainSize = MinTrainSize;
        Capacity = MinTrainSize;
        _credit = Capacity;
    }

    /// <summary>Takes in the controller's window and the smoothed RTT.</summary>
    public void SetRate(ICongestionController congestion, TimeSpan smoothedRtt, Instant now)
    {
        Fill(now);
        long window = congestion.CongestionWindow;
        double gain = congestion.IsInSlowStart ? SlowStartGain : AvoidanceGain;
        _bytesPerTick = gain * window / Math.Max(smoothedRtt.Ticks, 1);

        long maxTrain = (long)_options.PacingMaxTrainPackets * _maxDatagramSize;
        long train = Math.Clamp((long)(_bytesPerTick * _options.PacingTrainInterval.Ticks), MinTrainSize, maxTrain);
        TrainSize = Math.Max(Math.Min(train, window / TrainsPerWindow), _maxDatagramSize);
        Capacity = Math.Max((long)(_bytesPerTick * _options.PacingCreditInterval.Ticks), MinTrainSize);
        _credit = Math.Min(_credit, Capacity);
    }

    public void OnMtuChanged(int maxDatagramSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDatagramSize, 1200);
        _maxDatagramSize = maxDatagramSize;
        Capacity = Math.Max(Capacity, MinTrainSize);
        TrainSize = Math.Max(TrainSize, maxDatagramSize);
    }

    /// <summary>How many bytes may be sent now; 0 until there is enough for a train.</summary>
    public long Allowance(Instant now)
    {
        Fill(now);
        if (_isDry && _credit < TrainSize)
        {
            return 0;
        }

        _isDry = false;
        return Math.Max((long)_credit, 0);
    }

    /// <summary>A packet that counts in flight was sent; one that had to go whatever the pacer said is paid back later.</summary>
    public void OnSent(int bytes, Instant now)
    {
        Fill(now);
        _credit = Math.Max(_credit - bytes, -Capacity);
        _isDry = _credit < _maxDatagramSize;
    }

    /// <summary>When <see cref="Allowance"/> becomes positive: <paramref name="now"/> where it is.</summary>
    public Instant NextSend(Instant now)
    {
        if (Allowance(now) > 0)
        {
            return now;
        }

        if (_bytesPerTick <= 0)
        {
            return Instant.Never;
        }

        double ticks = Math.Ceiling((TrainSize - _credit) / _bytesPerTick);
        return ticks < TimeSpan.MaxValue.Ticks ? now + TimeSpan.FromTicks(Math.Max((long)ticks, 1)) : Instant.Never;
    }

    private void Fill(Instant now)
    {
        if (now <= _filledAt)
        {
            return;
        }

        if (_filledAt.Ticks != long.MinValue)
        {
            _credit = Math.Min(_credit + (_bytesPerTick * (now - _filledAt).Ticks), Capacity);
        }

        _filledAt = now;
    }
}
