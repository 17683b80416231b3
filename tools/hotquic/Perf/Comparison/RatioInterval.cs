namespace HotQuic.Tools.Perf.Comparison;

/// <summary>
/// The ratio that pairs of measurements show, with its confidence interval, after Hodges and Lehmann: the median of the pairs' averages, and the
/// interval that Wilcoxon's signed-rank test does not reject. Nothing is assumed of the noise but that it may turn either way, which measuring in
/// turns sees to. Fewer than six pairs carry less than 95 % of confidence, which is then said.
/// </summary>
/// <param name="Ratio">The estimate.</param>
/// <param name="Low">The lower end of the interval.</param>
/// <param name="High">The upper end.</param>
/// <param name="Confidence">How often such an interval has the true ratio, at least.</param>
internal sealed record RatioInterval(double Ratio, double Low, double High, double Confidence)
{
    /// <summary>The confidence that is wanted.</summary>
    public const double Wanted = 0.95;

    /// <summary>The fewest pairs that carry it.</summary>
    public const int FewestPairs = 6;

    /// <summary>Of the ratios of pairs.</summary>
    /// <param name="ratios">At least one, each above zero.</param>
    public static RatioInterval Of(IReadOnlyList<double> ratios)
    {
        double[] averages = Averages([.. ratios.Select(ratio => Math.Log(ratio))]);
        (int rank, double confidence) = Rank(ratios.Count);
        int middle = averages.Length / 2;
        double median = averages.Length % 2 == 1 ? averages[middle] : (averages[middle - 1] + averages[middle]) / 2;
        return new(Math.Exp(median), Math.Exp(averages[rank]), Math.Exp(averages[averages.Length - 1 - rank]), confidence);
    }

    /// <summary>The means of all pairs of values, each with itself too, rising.</summary>
    private static double[] Averages(double[] values)
    {
        List<double> averages = [];
        for (int first = 0; first < values.Length; first++)
        {
            for (int second = first; second < values.Length; second++)
            {
                averages.Add((values[first] + values[second]) / 2);
            }
        }

        averages.Sort();
        return [.. averages];
    }

    /// <summary>How many of the averages may be left out at either end, and what confidence is left.</summary>
    private static (int Rank, double Confidence) Rank(int pairs)
    {
        double[] probabilities = SignedRanks(pairs);
        double tail = probabilities[0];
        int rank = 0;
        while (tail + probabilities[rank + 1] <= (1 - Wanted) / 2)
        {
            rank++;
            tail += probabilities[rank];
        }

        return (rank, 1 - (2 * tail));
    }

    /// <summary>How likely each sum of ranks is where each of the ranks is in it or not, as a coin falls.</summary>
    private static double[] SignedRanks(int pairs)
    {
        double[] probabilities = new double[(pairs * (pairs + 1) / 2) + 1];
        probabilities[0] = 1;
        for (int rank = 1; rank <= pairs; rank++)
        {
            for (int sum = probabilities.Length - 1; sum >= 0; sum--)
            {
                probabilities[sum] = (probabilities[sum] + (sum >= rank ? probabilities[sum - rank] : 0)) / 2;
            }
        }

        return probabilities;
    }
}
