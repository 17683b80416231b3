using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Certificates;

/// <summary>
/// Chains that were found good, so that the next handshake with the same peer need not build them anew. An entry serves until one of its
/// certificates expires, and a minute at most: the machine's own trusted roots may change. Bounded; from any thread.
/// </summary>
internal sealed class VerdictCache
{
    private const int DefaultCapacity = 1024;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<VerdictKey, Entry> _entries = [];
    private readonly TimeProvider _clock;
    private readonly int _capacity;

    public VerdictCache(TimeProvider clock, int capacity = DefaultCapacity)
    {
        _clock = clock;
        _capacity = capacity;
    }

    /// <summary>The one of the process.</summary>
    public static VerdictCache Shared { get; } = new(TimeProvider.System);

    public int Count => _entries.Count;

    /// <summary>The key of the first certificate of a chain that was accepted and still serves.</summary>
    public bool TryGet(VerdictKey key, [NotNullWhen(true)] out PeerKey? peerKey)
    {
        peerKey = _entries.TryGetValue(key, out Entry? entry) && entry.ServesAt(_clock.GetUtcNow()) ? entry.Key : null;
        return peerKey is not null;
    }

    /// <summary>Remembers that a chain was accepted.</summary>
    /// <param name="key">What the verdict depends on.</param>
    /// <param name="peerKey">The key of its first certificate.</param>
    /// <param name="chain">The chain as it was built, roots included.</param>
    public void Add(VerdictKey key, PeerKey peerKey, X509Chain chain)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        (DateTimeOffset from, DateTimeOffset until) = (DateTimeOffset.MinValue, now + Lifetime);
        foreach (X509ChainElement element in chain.ChainElements)
        {
            from = Later(from, element.Certificate.NotBefore);
            until = Earlier(until, element.Certificate.NotAfter);
        }

        if (_entries.Count >= _capacity)
        {
            MakeRoom(now);
        }

        _entries[key] = new Entry(peerKey, from, until);
    }

    private void MakeRoom(DateTimeOffset now)
    {
        foreach ((VerdictKey key, Entry entry) in _entries)
        {
            if (!entry.ServesAt(now) || _entries.Count >= _capacity)
            {
                _entries.TryRemove(key, out _);
            }
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private sealed record Entry(PeerKey Key, DateTimeOffset From, DateTimeOffset Until)
    {
        public bool ServesAt(DateTimeOffset time) => time >= From && time < Until;
    }
}
