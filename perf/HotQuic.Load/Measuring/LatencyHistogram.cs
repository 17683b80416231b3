using System.Numerics;

namespace HotQuic.Load.Measuring;

/// <summary>
/// Counts durations in log-linear buckets, so that a percentile comes out within <see cref="RelativeError"/> of the true value
/// (exactly, below 256 ns), whatever the spread. <see cref="Record"/> from any thread, allocating nothing; then
/// <see cref="AddTo"/> one histogram to sum several, and <see cref="ValueAt"/> to read it.
/// </summary>
/// <remarks>
/// Each power of two is split into 128 equal buckets, and a bucket is read as its middle: half a bucket is at most 1/256 of the
/// value. Durations above <see cref="LargestNanoseconds"/> (18 minutes) count as that.
/// </remarks>
public sealed class LatencyHistogram
{
    /// <summary>The bound on a read value's distance from the recorded one, as a part of the latter.</summary>
    public const double RelativeError = 1.0 / 256;

    /// <summary>The largest duration told apart from longer ones.</summary>
    public const long LargestNanoseconds = (1L << LargestBits) - 1;

    private const int LargestBits = 40;
    private const int SplitBits = 7;
    private const int Split = 1 << SplitBits;

    private readonly long[] _counts = new long[IndexOf(LargestNanoseconds) + 1];

    /// <summary>How many durations were recorded.</summary>
    public long Count
    {
        get
        {
            long total = 0;
            foreach (long count in _counts)
            {
                total += count;
            }

            return total;
        }
    }

    /// <summary>Counts one duration; a negative one as zero.</summary>
    public void Record(long nanoseconds) =>
        Interlocked.Increment(ref _counts[IndexOf(Math.Clamp(nanoseconds, 0, LargestNanoseconds))]);

    /// <summary>Adds what was counted here to another histogram.</summary>
    public void AddTo(LatencyHistogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int index = 0; index < _counts.Length; index++)
        {
            other._counts[index] += _counts[index];
        }
    }

    /// <summary>
    /// Takes off what an earlier reading of the same counters had, which becomes what this one had: the rest is what was recorded between them.
    /// </summary>
    public void TakeSince(LatencyHistogram earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        for (int index = 0; index < _counts.Length; index++)
        {
            long now = _counts[index];
            _counts[index] -= earlier._counts[index];
            earlier._counts[index] = now;
        }
    }

    /// <summary>The mean in nanoseconds, within <see cref="RelativeError"/>; 0 when there are none.</summary>
    public double Mean()
    {
        double sum = 0;
        long count = 0;
        for (int index = 0; index < _counts.Length; index++)
        {
            count += _counts[index];
            sum += (double)_counts[index] * MiddleOf(index);
        }

        return count == 0 ? 0 : sum / count;
    }

    /// <summary>The buckets that are not empty, each as its number and its count, to be sent elsewhere.</summary>
    public long[] ToPairs()
    {
        List<long> pairs = [];
        for (int index = 0; index < _counts.Length; index++)
        {
            if (_counts[index] != 0)
            {
                pairs.AddRange([index, _counts[index]]);
            }
        }

        return [.. pairs];
    }

    /// <summary>Adds what <see cref="ToPairs"/> gave elsewhere.</summary>
    /// <exception cref="InvalidDataException">These are no such pairs.</exception>
    public void AddPairs(IReadOnlyList<long> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        for (int at = 0; at < pairs.Count; at += 2)
        {
            if (at + 1 == pairs.Count || pairs[at] < 0 || pairs[at] >= _counts.Length || pairs[at + 1] < 0)
            {
                throw new InvalidDataException("Expected pairs of a histogram's bucket and its count.");
            }

            _counts[pairs[at]] += pairs[at + 1];
        }
    }

    /// <summary>The duration in nanoseconds that the given part of all durations does not exceed; 0 when there are none.</summary>
    /// <param name="quantile">From 0 to 1; 0.99 is the 99th percentile.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quantile"/> is not within 0 to 1.</exception>
    public long ValueAt(double quantile)
    {
        if (quantile is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), quantile, "Expected a value from 0 to 1.");
        }

        long rank = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        for (int index = 0; index < _counts.Length; index++)
        {
            rank -= _counts[index];
            if (rank <= 0)
            {
                return MiddleOf(index);
            }
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)value) - SplitBits);
        return (shift * Split) + (int)(value >> shift);
    }

    private static long MiddleOf(int index)
    {
        int shift = Math.Max(0, (index / Split) - 1);
        long lowest = (long)(index - (shift * Split)) << shift;
        return lowest + (((1L << shift) - 1) / 2);
    }
}
