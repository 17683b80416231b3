using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// The controller that RFC 9002 §7 describes: the window grows by what is acknowledged in slow start, by one datagram a
/// window in congestion avoidance, and is halved once in a recovery period.
/// </summary>
internal sealed class NewReno : ICongestionController
{
    private CongestionWindowState _window;
    private long _acknowledgedInAvoidance;

    public NewReno(CongestionOptions options) => Begin(options);

    public string Name => "newreno";

    public long CongestionWindow => _window.Size;

    public long SlowStartThreshold { get; private set; } = long.MaxValue;

    public bool IsInSlowStart => _window.Size < SlowStartThreshold;

    public void Begin(CongestionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _window = new CongestionWindowState(options.Validate());
        _acknowledgedInAvoidance = 0;
        SlowStartThreshold = long.MaxValue;
    }

    public void OnPacketSent(int bytes, Instant now)
    {
        // The window counts acknowledged bytes; sending does not change it.
    }

    public void OnAcknowledged(in AcknowledgedBatch batch)
    {
        if (!_window.MayGrow(batch, IsInSlowStart))
        {
            return;
        }

        long bytes = batch.Bytes;
        if (IsInSlowStart)
        {
            // RFC 9002 §7.3.1. What is left at the threshold belongs to congestion avoidance.
            long growth = Math.Min(bytes, SlowStartThreshold - _window.Size);
            _window.Size += growth;
            bytes -= growth;
        }

        // RFC 9002 §7.3.3: one datagram for each window that is acknowledged.
        _acknowledgedInAvoidance += bytes;
        while (_acknowledgedInAvoidance >= _window.Size)
        {
            _acknowledgedInAvoidance -= _window.Size;
            _window.Size += _window.MaxDatagramSize;
        }
    }

    public bool OnCongestionEvent(in CongestionEvent congestion)
    {
        if (_window.IsCoveredByRecovery(congestion.SentAt))
        {
            return false;
        }

        // RFC 9002 §7.3.2: half the window, once.
        _window.EnterRecovery(congestion.Now);
        _window.Size /= 2;
        SlowStartThreshold = _window.Size;
        _acknowledgedInAvoidance = 0;
        return true;
    }

    public void OnPersistentCongestion()
    {
        // RFC 9002 §7.6.2
        _window.Size = _window.Minimum;
        _window.LeaveRecovery();
        _acknowledgedInAvoidance = 0;
    }

    public void OnSpuriousCongestion()
    {
        // RFC 9002 gives no response to it.
    }

    public void OnMtuChanged(int maxDatagramSize) => _window.OnMtuChanged(maxDatagramSize);
}
