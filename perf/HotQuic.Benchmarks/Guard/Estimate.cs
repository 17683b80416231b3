namespace HotQuic.Benchmarks.Guard;

/// <summary>A median, and where the true one lies with a probability of 95 %, whatever the distribution.</summary>
internal readonly record struct Estimate(double Median, double Low, double High)
{
    private const double ErrorProbability = 0.05;

    /// <summary>
    /// The values' median, and an interval between two of them: each of n values lies below the true median with a probability of one half, so
    /// the k-th from either end lies beyond it with that of fewer than k heads among n coins. With five values or fewer no interval is that
    /// sure, and their whole range is given.
    /// </summary>
    public static Estimate Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int k = 0;
        double combinations = 1;
        double below = Math.Pow(0.5, sorted.Length);
        while (2 * below <= ErrorProbability && k < sorted.Length / 2)
        {
            k++;
            combinations *= (double)(sorted.Length - k + 1) / k;
            below += combinations * Math.Pow(0.5, sorted.Length);
        }

        int outermost = Math.Max(0, k - 1);
        return new Estimate(MedianOfSorted(sorted), sorted[outermost], sorted[^(outermost + 1)]);
    }

    public static double MedianOf(IEnumerable<double> values) => MedianOfSorted([.. values.Order()]);

    private static double MedianOfSorted(double[] sorted)
    {
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
