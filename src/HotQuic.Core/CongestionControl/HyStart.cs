using HotQuic.Core.Time;

namespace HotQuic.Core.CongestionControl;

/// <summary>
/// HyStart++ (RFC 9406): leaves the first slow start when the RTT of a round rises above that of the round before, first
/// into a conservative phase that shows whether the rise was real. Ask <see cref="Grow"/> once a batch for what the
/// window gains; <see cref="IsFinished"/> then says whether slow start is over.
/// </summary>
/// <remarks>
/// Rounds are told by send times in place of sequence numbers: a round ends with the first acknowledgment of a packet
/// that was sent after the round began. Sending is paced, so growth is not limited (L = infinity, RFC 9406 §4.3).
/// </remarks>
internal struct HyStart
{
    // RFC 9406 §4.3
    private const int RttSamplesNeeded = 8;
    private const int ConservativeGrowthDivisor = 4;
    private const int ConservativeRounds = 5;
    private const int MinRttDivisor = 8;
    private static readonly TimeSpan MinRttThreshold = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan MaxRttThreshold = TimeSpan.FromMilliseconds(16);

    private readonly bool _isEnabled;
    private Instant _roundStart;
    private TimeSpan _lastRoundMinRtt = TimeSpan.MaxValue;
    private TimeSpan _currentRoundMinRtt = TimeSpan.MaxValue;
    private TimeSpan _baselineMinRtt = TimeSpan.MaxValue;
    private int _samples;
    private int _conservativeRoundsDone;
    private long _undivided;

    public HyStart(bool isEnabled)
    {
        _isEnabled = isEnabled;
        _roundStart = new Instant(long.MinValue);
    }

    /// <summary>True in the conservative phase, where the window grows by a quarter of what slow start gives.</summary>
    public bool IsConservative { get; private set; }

    /// <summary>True once the conservative phase has run its rounds: the window found its size.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Takes in a batch and returns by how many bytes the window grows.</summary>
    public long Grow(in AcknowledgedBatch batch)
    {
        if (!_isEnabled || IsFinished)
        {
            return batch.Bytes;
        }

        if (batch.LatestSentAt >= _roundStart)
        {
            OnRoundEnded(batch.Now);
        }

        long growth = GrowthOf(batch.Bytes);
        if (batch.RttSample > TimeSpan.Zero)
        {
            _currentRoundMinRtt = batch.RttSample < _currentRoundMinRtt ? batch.RttSample : _currentRoundMinRtt;
            _samples++;
            Judge();
        }

        return growth;
    }

    private void OnRoundEnded(Instant now)
    {
        _roundStart = now;
        _lastRoundMinRtt = _currentRoundMinRtt;
        _currentRoundMinRtt = TimeSpan.MaxValue;
        _samples = 0;

        // RFC 9406 §4.2: a round in whose middle the phase began counts as one.
        if (IsConservative && ++_conservativeRoundsDone >= ConservativeRounds)
        {
            IsFinished = true;
        }
    }

    private long GrowthOf(long bytes)
    {
        if (!IsConservative)
        {
            return bytes;
        }

        long share = bytes + _undivided;
        _undivided = share % ConservativeGrowthDivisor;
        return share / ConservativeGrowthDivisor;
    }

    private void Judge()
    {
        if (_samples < RttSamplesNeeded)
        {
            return;
        }

        if (IsConservative)
        {
            if (_currentRoundMinRtt < _baselineMinRtt)
            {
                // The rise was not ours: slow start goes on.
                IsConservative = false;
                _baselineMinRtt = TimeSpan.MaxValue;
            }
        }
        else if (_lastRoundMinRtt != TimeSpan.MaxValue && _currentRoundMinRtt >= _lastRoundMinRtt + Threshold())
        {
            IsConservative = true;
            _baselineMinRtt = _currentRoundMinRtt;
            _conservativeRoundsDone = 0;
        }
    }

    private readonly TimeSpan Threshold()
    {
        TimeSpan share = _lastRoundMinRtt / MinRttDivisor;
        share = share < MaxRttThreshold ? share : MaxRttThreshold;
        return share > MinRttThreshold ? share : MinRttThreshold;
    }
}
