using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// CUBIC (RFC 9438) with windows in bytes and HyStart++ (RFC 9406) in the first slow start. After a reduction the window
/// follows a cubic curve in time, back to where congestion was met and then beyond, and never falls behind what Reno
/// would have.
/// </summary>
/// <remarks>
/// The time on the curve is a sum of what passed between batches, not a difference of clocks, so that a time in which the
/// application sent too little can be left out (RFC 9438 §4.2, §5.8).
/// </remarks>
internal sealed class Cubic : ICongestionController
{
    // RFC 9438 §4.6, §5.1
    private const double Beta = 0.7;
    private const double C = 0.4;

    // RFC 9438 §4.3
    private const double RenoFriendlyAlpha = 3.0 * (1.0 - Beta) / (1.0 + Beta);

    private bool _useFastConvergence;
    private CongestionWindowState _window;
    private HyStart _hyStart;
    private Curve _curve;
    private Undo _undo;

    /// <summary>The part of a byte by which the window should be larger than it is.</summary>
    private double _fraction;

    public Cubic(CongestionOptions options) => Begin(options);

    public string Name => "cubic";

    public long CongestionWindow => _window.Size;

    public long SlowStartThreshold { get; private set; } = long.MaxValue;

    public bool IsInSlowStart => _window.Size < SlowStartThreshold;

    public void Begin(CongestionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _window = new CongestionWindowState(options.Validate());
        _hyStart = new HyStart(isEnabled: options.UseHyStart);
        _useFastConvergence = options.UseFastConvergence;
        _curve = default;
        _undo = default;
        _fraction = 0;
        SlowStartThreshold = long.MaxValue;
    }

    public void OnPacketSent(int bytes, Instant now)
    {
        // The window moves with acknowledgments; sending does not change it.
    }

    public void OnAcknowledged(in AcknowledgedBatch batch)
    {
        bool mayGrow = _window.MayGrow(batch, IsInSlowStart);
        if (!IsInSlowStart)
        {
            if (!_window.IsCoveredByRecovery(batch.EarliestSentAt))
            {
                Avoid(batch, mayGrow);
            }
        }
        else if (mayGrow)
        {
            SlowStart(batch);
        }
    }

    public bool OnCongestionEvent(in CongestionEvent congestion)
    {
        if (_window.IsCoveredByRecovery(congestion.SentAt))
        {
            return false;
        }

        _undo = new Undo(_window.Size, SlowStartThreshold, _curve, IsValid: !congestion.IsEcn);
        _window.EnterRecovery(congestion.Now);
        double window = _window.Size;
        _curve = new Curve
        {
            // RFC 9438 §4.7
            MaxWindow = _useFastConvergence && window < _curve.MaxWindow ? window * (1.0 + Beta) / 2.0 : window,
            PriorWindow = window,
        };

        // RFC 9438 §4.6
        _window.Size = (long)(window * Beta);
        SlowStartThreshold = _window.Size;
        _fraction = 0;
        return true;
    }

    public void OnPersistentCongestion()
    {
        // RFC 9438 §4.8: the curve after it starts flat (K = 0) wherever slow start then ends.
        _undo = default;
        _curve = new Curve { PriorWindow = _curve.PriorWindow };
        _window.Size = _window.Minimum;
        _window.LeaveRecovery();
        _fraction = 0;
    }

    public void OnSpuriousCongestion()
    {
        // RFC 9438 §4.9.2: restored only where the window has not outgrown it since.
        if (_undo.IsValid && _window.Size < _curve.PriorWindow)
        {
            _window.Size = Math.Max(_window.Size, _undo.Window);
            SlowStartThreshold = _undo.SlowStartThreshold;
            _curve = _undo.Curve;
            _fraction = 0;
        }

        _undo = default;
    }

    public void OnMtuChanged(int maxDatagramSize) => _window.OnMtuChanged(maxDatagramSize);

    private void SlowStart(in AcknowledgedBatch batch)
    {
        // RFC 9406 §4.3: for the first slow start only; later ones know their threshold.
        long growth = SlowStartThreshold == long.MaxValue ? _hyStart.Grow(batch) : batch.Bytes;
        if (SlowStartThreshold == long.MaxValue && _hyStart.IsFinished)
        {
            SlowStartThreshold = _window.Size;
            _curve = new Curve { PriorWindow = _window.Size };
            Avoid(batch, mayGrow: true);
            return;
        }

        _window.Size += Math.Min(growth, SlowStartThreshold - _window.Size);
    }

    private void Avoid(in AcknowledgedBatch batch, bool mayGrow)
    {
        if (!_curve.IsStarted)
        {
            _curve.Start(_window.Size, _window.MaxDatagramSize, batch.Now);
        }

        _curve.Advance(batch, mayGrow);
        if (!mayGrow)
        {
            return;
        }

        double window = _window.Size + _fraction;
        double acknowledgedShare = batch.Bytes / window;

        // RFC 9438 §4.3: Reno's pace once its window has come back to where the last reduction was.
        double alpha = _curve.EstimatedRenoWindow >= _curve.PriorWindow ? 1.0 : RenoFriendlyAlpha;
        _curve.EstimatedRenoWindow += alpha * acknowledgedShare * _window.MaxDatagramSize;

        if (_curve.At(TimeSpan.Zero, _window.MaxDatagramSize) < _curve.EstimatedRenoWindow)
        {
            window = Math.Max(window, _curve.EstimatedRenoWindow);
        }
        else
        {
            // RFC 9438 §4.2, §4.4, §4.5: towards where the curve is one RTT from now.
            double target = Math.Clamp(_curve.At(batch.SmoothedRtt, _window.MaxDatagramSize), window, 1.5 * window);
            window += (target - window) * Math.Min(acknowledgedShare, 1.0);
        }

        _window.Size = (long)window;
        _fraction = _window.Size == (long)window ? window - _window.Size : 0;
    }

    /// <summary>The curve of one congestion avoidance stage, in bytes and seconds.</summary>
    private struct Curve
    {
        private double _seconds;
        private double _secondsToMaxWindow;
        private Instant _advancedAt;

        /// <summary>W_max: the plateau of the curve; 0 where none is known.</summary>
        public double MaxWindow;

        /// <summary>cwnd_prior: the window when the slow start threshold was set last.</summary>
        public double PriorWindow;

        /// <summary>W_est: the window that Reno would have.</summary>
        public double EstimatedRenoWindow;

        public bool IsStarted;

        public void Start(long window, int maxDatagramSize, Instant now)
        {
            IsStarted = true;
            MaxWindow = Math.Max(MaxWindow, window);
            EstimatedRenoWindow = window;
            _secondsToMaxWindow = Math.Cbrt((MaxWindow - window) / maxDatagramSize / C);
            _seconds = 0;
            _advancedAt = now;
        }

        /// <summary>Moves along the curve; time in which too little was sent is left out (RFC 9438 §5.8).</summary>
        public void Advance(in AcknowledgedBatch batch, bool mayGrow)
        {
            TimeSpan passed = batch.Now - _advancedAt;
            _advancedAt = batch.Now;
            if (!mayGrow)
            {
                return;
            }

            // The window is full again after a pause: at most the last round trip was spent with a full one.
            _seconds += batch.IsApplicationLimited && passed > batch.SmoothedRtt ? batch.SmoothedRtt.TotalSeconds : passed.TotalSeconds;
        }

        /// <summary>W_cubic, some time ahead of now.</summary>
        public readonly double At(TimeSpan ahead, int maxDatagramSize)
        {
            double distance = _seconds + ahead.TotalSeconds - _secondsToMaxWindow;
            return (C * distance * distance * distance * maxDatagramSize) + MaxWindow;
        }
    }

    /// <summary>What was before the latest reduction (RFC 9438 §4.9.2).</summary>
    private readonly record struct Undo(long Window, long SlowStartThreshold, Curve Curve, bool IsValid);
}
