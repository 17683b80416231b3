using HotQuic.Core.Time;
using HotQuic.Udp;

namespace HotQuic.Shards;

/// <summary>
/// How long a shard that has nothing to do looks for work before it sleeps. Work that comes while it looks spares both sides the price of
/// a sleep; where that keeps failing it looks for a shorter time, halved each time down to a small part, until work comes once in the
/// time that it was allowed. Now and then it tries again all the same: of two sides that wait for each other asleep, each would find the
/// other too slow for good. <see cref="OnWork"/> after a turn that had work, <see cref="GoesOn"/> after one that had none.
/// </summary>
/// <param name="limit">The longest that it looks; zero for not at all.</param>
/// <param name="hasRoom">Whether a processor is to spare for it, asked now and then; null where that does not matter.</param>
internal sealed class Spinning(TimeSpan limit, Func<bool>? hasRoom = null)
{
    /// <summary>Misses in a row that change nothing: the system keeps everybody waiting now and then.</summary>
    private const int FreeMisses = 3;

    /// <summary>What is left then costs next to nothing.</summary>
    private const int MostHalvings = 5;

    /// <summary>Misses in a row after which it begins anew.</summary>
    private const int MostMisses = FreeMisses + MostHalvings + 64;

    /// <summary>
    /// An answer comes within this even where it has to wake its sender first, on processors that are virtual: once both sides look, neither
    /// sleeps. A wake costs more processor time than the look.
    /// </summary>
    private static readonly TimeSpan AutomaticLimit = TimeSpan.FromMicroseconds(100);

    /// <summary>An answer costs a few microseconds, and holds for so long.</summary>
    private static readonly TimeSpan AnswerLifetime = TimeSpan.FromMilliseconds(10);

    private Instant _lastWork;
    private Instant _answerEnds;
    private bool _mayLook = hasRoom is null;
    private bool _isSleeping;
    private int _misses;

    /// <summary>As it was asked for, or where it was not, as long as every thread of the machine has a processor.</summary>
    /// <param name="limit">What was asked for; null for nothing.</param>
    public static Spinning For(TimeSpan? limit) => limit switch
    {
        { } asked => new Spinning(asked),
        null when ProcessorLoad.IsKnown => new Spinning(AutomaticLimit, ProcessorLoad.HasRoom),
        _ => new Spinning(TimeSpan.Zero),
    };

    /// <summary>A turn had work.</summary>
    /// <param name="now">The time of the turn.</param>
    public void OnWork(Instant now)
    {
        if (_isSleeping)
        {
            // The whole limit would have been enough, or not even that.
            _misses = now - _lastWork <= limit || _misses == MostMisses ? 0 : _misses + 1;
            _isSleeping = false;
        }

        _lastWork = now;
    }

    /// <summary>Whether to look once more; if not, the shard sleeps.</summary>
    /// <param name="now">The time.</param>
    public bool GoesOn(Instant now)
    {
        _isSleeping = limit <= TimeSpan.Zero || now - _lastWork >= Allowed() || !MayLook(now);
        return !_isSleeping;
    }

    private TimeSpan Allowed() => limit / (1 << Math.Clamp(_misses - FreeMisses, 0, MostHalvings));

    private bool MayLook(Instant now)
    {
        if (hasRoom is not null && now >= _answerEnds)
        {
            _mayLook = hasRoom();
            _answerEnds = now + AnswerLifetime;
        }

        return _mayLook;
    }
}
