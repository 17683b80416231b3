using HotQuic.Core.Paths;
using HotQuic.Core.Time;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Bounds what strangers can make us answer without state: a token bucket for each address prefix (/24 of IPv4, /56 of IPv6), and
/// one answer in 100 ms to the same connection ID from the same address and port. Both tables have a fixed size, where strangers share a
/// place if they must, so that memory does not depend on who sends.
/// </summary>
internal sealed class ResponseLimiter
{
    private const int BucketCount = 4096;
    private const int RecentCount = 4096;

    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMilliseconds(100);

    private readonly Bucket[] _buckets = new Bucket[BucketCount];
    private readonly Recent[] _recent = new Recent[RecentCount];
    private readonly ulong _hashKey;
    private readonly double _burst;
    private readonly double _perTick;

    /// <param name="hashKey">Makes collisions unpredictable.</param>
    /// <param name="perSecond">Answers a second that a prefix gets in the long run.</param>
    /// <param name="burst">Answers that a prefix gets at once, such as a NAT full of clients that start together.</param>
    public ResponseLimiter(ulong hashKey, int perSecond, int burst)
    {
        _hashKey = hashKey | 1;
        _burst = burst;
        _perTick = (double)perSecond / TimeSpan.TicksPerSecond;
    }

    /// <summary>Takes one answer; false where the same was just answered, or the bucket of the address is empty.</summary>
    /// <param name="address">Who is to be answered.</param>
    /// <param name="destinationId">The connection ID that the datagram was sent to.</param>
    /// <param name="now">The time.</param>
    public bool TryTake(PathAddress address, ReadOnlySpan<byte> destinationId, Instant now)
    {
        ulong hash = HashOf(address, destinationId);
        ref Recent recent = ref _recent[(int)(hash % RecentCount)];
        if (recent.Hash == hash && now - recent.At < RepeatInterval)
        {
            return false;
        }

        ref Bucket bucket = ref _buckets[(int)(address.PrefixHash(_hashKey) % BucketCount)];
        double tokens = bucket.IsUsed ? Math.Min(_burst, bucket.Tokens + ((now - bucket.At).Ticks * _perTick)) : _burst;
        bool isGranted = tokens >= 1;
        bucket = new Bucket(isGranted ? tokens - 1 : tokens, now, IsUsed: true);
        if (isGranted)
        {
            recent = new Recent(hash, now);
        }

        return isGranted;
    }

    /// <summary>Never 0, which is what an unused place holds.</summary>
    private ulong HashOf(PathAddress address, ReadOnlySpan<byte> destinationId)
    {
        Span<byte> bytes = stackalloc byte[PathAddress.AddressLength];
        address.WriteBytes(bytes);
        ulong hash = KeyedHash.Of(bytes, _hashKey + address.Port);
        return KeyedHash.Of(destinationId, hash) | 1;
    }

    private readonly record struct Bucket(double Tokens, Instant At, bool IsUsed);

    private readonly record struct Recent(ulong Hash, Instant At);
}
