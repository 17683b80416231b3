namespace HotQuic.Core.Streams;

/// <summary>
/// A limit that the peer sets and we keep (RFC 9000 §4.1, §4.6): bytes of a connection or of a stream, or the number of
/// streams. The peer raises it with <see cref="TryRaise"/>, we spend it with <see cref="Use"/>, and say once for each limit
/// that it blocks us.
/// </summary>
internal struct SendFlowController(ulong limit)
{
    private const ulong NotAnnounced = ulong.MaxValue;

    private ulong _announcedAt = NotAnnounced;

    public ulong Limit { get; private set; } = limit;

    public ulong Used { get; private set; }

    public readonly ulong Available => Limit - Used;

    /// <summary>False where the limit does not rise; then nothing changes (RFC 9000 §4.1).</summary>
    public bool TryRaise(ulong limit)
    {
        if (limit <= Limit)
        {
            return false;
        }

        Limit = limit;
        return true;
    }

    /// <exception cref="InvalidOperationException">More than <see cref="Available"/>.</exception>
    public void Use(ulong count)
    {
        if (count > Available)
        {
            throw new InvalidOperationException("The peer's limit would be passed.");
        }

        Used += count;
    }

    /// <summary>True the first time that a given limit is found to block us: a *_BLOCKED frame is due.</summary>
    public bool TryAnnounceBlocked()
    {
        if (Available != 0 || _announcedAt == Limit)
        {
            return false;
        }

        _announcedAt = Limit;
        return true;
    }

    /// <summary>
    /// Whether a frame that announced <paramref name="limit"/> is still true (RFC 9000 §13.3): what is spent never comes back, so
    /// only a higher limit ends a block.
    /// </summary>
    public readonly bool IsBlockedAt(ulong limit) => Limit == limit;
}
