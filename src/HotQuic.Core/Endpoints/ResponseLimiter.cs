using HotQuic.Core.Paths;
using HotQuic.Core.Time;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Bounds what strangers can make us answer without state: a token bucket for each address prefix (/24 of IPv4, /56 of IPv6), in
/// a table of fixed size where prefixes share a bucket if they must, so that memory does not depend on who sends.
/// </summary>
internal sealed class ResponseLimiter
{
    private const int BucketCount = 4096;

    private readonly Bucket[] _buckets = new Bucket[BucketCount];
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

    /// <summary>Takes one answer from the bucket of the address; false where it is empty.</summary>
    public bool TryTake(PathAddress address, Instant now)
    {
        ref Bucket bucket = ref _buckets[(int)(address.PrefixHash(_hashKey) % BucketCount)];
        double tokens = bucket.IsUsed ? Math.Min(_burst, bucket.Tokens + ((now - bucket.At).Ticks * _perTick)) : _burst;
        bool isGranted = tokens >= 1;
        bucket = new Bucket(isGranted ? tokens - 1 : tokens, now, IsUsed: true);
        return isGranted;
    }

    private readonly record struct Bucket(double Tokens, Instant At, bool IsUsed);
}
