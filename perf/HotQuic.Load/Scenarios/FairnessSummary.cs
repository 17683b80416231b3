namespace HotQuic.Load.Scenarios;

/// <summary>
/// How evenly connections shared what was moved, as the client counted it: uploads as they were written, everything else as it came.
/// </summary>
/// <param name="JainIndex">Jain's index: 1 where all have the same, 1/n where one of n has everything.</param>
/// <param name="SmallestShareOfMean">What the connection with the least had, as a part of the mean.</param>
/// <param name="LargestShareOfMean">What the connection with the most had.</param>
public sealed record FairnessSummary(double JainIndex, double SmallestShareOfMean, double LargestShareOfMean)
{
    /// <summary>Of the bytes of each connection; null for fewer than two, and where nothing was moved at all.</summary>
    public static FairnessSummary? Of(IReadOnlyList<long> shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        double sum = shares.Sum(share => (double)share);
        if (shares.Count < 2 || sum == 0)
        {
            return null;
        }

        double mean = sum / shares.Count;
        return new(sum * sum / (shares.Count * shares.Sum(share => (double)share * share)), shares.Min() / mean, shares.Max() / mean);
    }
}
