using HotQuic.Core.Time;

namespace HotQuic.Shards;

/// <summary>
/// How long a shard that has nothing to do looks for work before it sleeps. Work that comes while it looks spares both sides the price of
/// a sleep; where that keeps failing it looks for a shorter time, halved each time down to a small part, until work comes once in the
/// time that it was allowed. <see cref="OnWork"/> after a turn that had work, <see cref="GoesOn"/> after one that had none.
/// </summary>
internal sealed class Spinning(TimeSpan limit)
{
    /// <summary>Halvings: what is left costs next to nothing.</summary>
    private const int MostMisses = 5;

    private Instant _lastWork;
    private bool _isSleeping;
    private int _misses;

    /// <summary>A turn had work.</summary>
    /// <param name="now">The time of the turn.</param>
    public void OnWork(Instant now)
    {
        if (_isSleeping)
        {
            // The whole limit would have been enough, or not even that.
            _misses = now - _lastWork <= limit ? 0 : Math.Min(_misses + 1, MostMisses);
            _isSleeping = false;
        }

        _lastWork = now;
    }

    /// <summary>Whether to look once more; if not, the shard sleeps.</summary>
    /// <param name="now">The time.</param>
    public bool GoesOn(Instant now)
    {
        _isSleeping = limit <= TimeSpan.Zero || now - _lastWork >= limit / (1 << _misses);
        return !_isSleeping;
    }
}
