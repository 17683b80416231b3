using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>
/// How many streams of one direction the peer may open (RFC 9000 §4.6): a number of streams at a time, so each that
/// finishes makes room for another. <see cref="IsUpdateDue"/> says when to announce <see cref="Grant"/>'s limit.
/// </summary>
/// <remarks>
/// An announcement is due when a quarter of the streams were finished since the last one, or at once when the peer has
/// less than a quarter left to open: it never waits for STREAMS_BLOCKED.
/// </remarks>
internal struct StreamCountController(ulong maximum)
{
    private const int GrantFraction = 4;

    /// <summary>Streams that may be open at a time.</summary>
    public ulong Maximum { get; } = maximum;

    /// <summary>The limit announced last.</summary>
    public ulong Limit { get; private set; } = maximum;

    /// <summary>Streams the peer opened.</summary>
    public ulong Opened { get; private set; }

    /// <summary>Of those, the streams finished in every direction they have.</summary>
    public ulong Finished { get; private set; }

    public readonly bool IsUpdateDue
    {
        get
        {
            ulong raise = Finished + Maximum - Limit;
            return raise > 0 && (raise >= Maximum / GrantFraction || Limit - Opened <= Maximum / GrantFraction);
        }
    }

    public void OnOpened() => Opened++;

    public void OnFinished() => Finished++;

    public ulong Grant()
    {
        Limit = Math.Min(Finished + Maximum, MaxStreamsFrame.Limit);
        return Limit;
    }
}
