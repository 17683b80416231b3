namespace HotQuic.Kestrel.Streams;

/// <summary>
/// A connection's stream contexts that wait for another stream, with what Kestrel keeps with them. The one that came last goes first, and
/// <see cref="Trim"/> drops those that waited too long. From any thread.
/// </summary>
internal sealed class StreamContextPool
{
    /// <summary>As many as a client has streams at a time, by default.</summary>
    public const int Capacity = 100;

    /// <summary>Milliseconds after which a context that nobody needed is dropped.</summary>
    public const long Patience = 5_000;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    public QuicStreamContext? TryTake()
    {
        lock (_gate)
        {
            if (_entries.Count == 0)
            {
                return null;
            }

            QuicStreamContext context = _entries[^1].Context;
            _entries.RemoveAt(_entries.Count - 1);
            return context;
        }
    }

    public void Return(QuicStreamContext context)
    {
        lock (_gate)
        {
            if (_entries.Count < Capacity)
            {
                _entries.Add(new Entry(context, Environment.TickCount64));
            }
        }
    }

    /// <summary>Drops what has waited since before <see cref="Patience"/>.</summary>
    /// <param name="now">The time, in milliseconds of <see cref="Environment.TickCount64"/>.</param>
    public void Trim(long now)
    {
        lock (_gate)
        {
            // The oldest are at the front.
            int count = 0;
            while (count < _entries.Count && now - _entries[count].ReturnedAt > Patience)
            {
                count++;
            }

            _entries.RemoveRange(0, count);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
        }
    }

    private readonly record struct Entry(QuicStreamContext Context, long ReturnedAt);
}
