using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// What every window-based controller shares: the window's bounds, the recovery period, and the question whether the
/// window was in use. A controller holds one, asks it first, and then sets <see cref="Size"/>.
/// </summary>
internal struct CongestionWindowState
{
    /// <summary>The initial window is at most the larger of this and two datagrams (RFC 9002 §7.2).</summary>
    private const int InitialWindowCap = 14720;

    /// <summary>A sender that left no more than this many datagrams of the window unused has used it: packets come whole.</summary>
    private const int UnusedDatagrams = 3;

    private readonly CongestionOptions _options;
    private int _maxDatagramSize;
    private long _size;
    private bool _isInitial;
    private Instant _recoveryStart;

    public CongestionWindowState(CongestionOptions options)
    {
        _options = options;
        _maxDatagramSize = options.MaxDatagramSize;
        _isInitial = true;
        _recoveryStart = new Instant(long.MinValue);
        _size = Initial;
    }

    public readonly int MaxDatagramSize => _maxDatagramSize;

    // RFC 9002 §7.2
    public readonly long Initial =>
        Math.Min((long)_options.InitialWindowPackets * _maxDatagramSize, Math.Max(InitialWindowCap, 2L * _maxDatagramSize));

    // RFC 9002 §7.2
    public readonly long Minimum => 2L * _maxDatagramSize;

    /// <summary>The window in bytes; what is set is brought between minimum and maximum.</summary>
    public long Size
    {
        readonly get => _size;
        set
        {
            _isInitial = false;
            _size = Math.Clamp(value, Minimum, _options.MaximumWindow);
        }
    }

    /// <summary>A window that was not touched yet follows the datagram size; any other only keeps its minimum (RFC 9002 §7.2).</summary>
    public void OnMtuChanged(int maxDatagramSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDatagramSize, 1200);
        _maxDatagramSize = maxDatagramSize;
        _size = _isInitial ? Initial : Math.Max(_size, Minimum);
    }

    /// <summary>True where a packet sent then belongs to the current recovery period or to the time before it (RFC 9002 §7.3.2).</summary>
    public readonly bool IsCoveredByRecovery(Instant sentAt) => sentAt <= _recoveryStart;

    public void EnterRecovery(Instant now) => _recoveryStart = now;

    public void LeaveRecovery() => _recoveryStart = new Instant(long.MinValue);

    /// <summary>
    /// Whether this batch may make the window grow: it belongs to no recovery period (RFC 9002 §7.3.2), and the window
    /// was in use (RFC 9002 §7.8): filled, or half of it where the sender had enough to send or is in slow start, where the window
    /// doubles in the time that the acknowledgment took. A sender that its processor or flow control limits leaves it emptier.
    /// </summary>
    public readonly bool MayGrow(in AcknowledgedBatch batch, bool isInSlowStart) =>
        !IsCoveredByRecovery(batch.EarliestSentAt) && IsUtilized(batch, isInSlowStart);

    public readonly bool IsUtilized(in AcknowledgedBatch batch, bool isInSlowStart) =>
        batch.BytesInFlightBefore + ((long)UnusedDatagrams * _maxDatagramSize) >= _size
        || ((isInSlowStart || !batch.IsApplicationLimited) && batch.BytesInFlightBefore >= _size / 2);
}
