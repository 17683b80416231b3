namespace HotQuic.Load.Measuring;

/// <summary>
/// The tallies of a run: few, so that ten thousand workers cost no more memory than sixteen, and more than one, so that
/// workers on different cores seldom meet on one counter. Hand them out with <see cref="For"/>, then sum.
/// </summary>
public sealed class TallySet(int workers)
{
    private const int MostTallies = 16;

    private readonly Tally[] _tallies = [.. Enumerable.Range(0, Math.Clamp(workers, 1, MostTallies)).Select(_ => new Tally())];

    /// <summary>Operations counted so far.</summary>
    public long Operations
    {
        get
        {
            long total = 0;
            foreach (Tally tally in _tallies)
            {
                total += tally.Operations;
            }

            return total;
        }
    }

    /// <summary>Application bytes counted so far.</summary>
    public long Bytes
    {
        get
        {
            long total = 0;
            foreach (Tally tally in _tallies)
            {
                total += tally.Bytes;
            }

            return total;
        }
    }

    /// <summary>The tally of the worker with this number.</summary>
    public Tally For(int worker) => _tallies[worker % _tallies.Length];

    /// <summary>All latencies in one histogram.</summary>
    public LatencyHistogram MergedLatency()
    {
        LatencyHistogram merged = new();
        foreach (Tally tally in _tallies)
        {
            tally.Latency.AddTo(merged);
        }

        return merged;
    }
}
