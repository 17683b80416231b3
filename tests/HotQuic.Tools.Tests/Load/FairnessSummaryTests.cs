using HotQuic.Load.Measuring;
using HotQuic.Load.Scenarios;

namespace HotQuic.Tools.Tests.Load;

public sealed class FairnessSummaryTests
{
    [Fact]
    public void EqualSharesAreFair() => Assert.Equal(new FairnessSummary(1, 1, 1), FairnessSummary.Of([500, 500, 500, 500]));

    [Fact]
    public void OneThatHasEverythingOfFourIsAQuarter() => Assert.Equal(new FairnessSummary(0.25, 0, 4), FairnessSummary.Of([0, 800, 0, 0]));

    /// <summary>(1 + 3)² / (2 · (1² + 3²))</summary>
    [Fact]
    public void JainsIndexIsTheSquareOfTheSumByTheSumOfTheSquares()
    {
        FairnessSummary fairness = FairnessSummary.Of([1_000_000_000_000, 3_000_000_000_000])!;
        Assert.Equal(0.8, fairness.JainIndex, precision: 12);
        Assert.Equal((0.5, 1.5), (fairness.SmallestShareOfMean, fairness.LargestShareOfMean));
    }

    [Fact]
    public void NobodySharesWhereThereIsOneConnectionOrNothingMoved()
    {
        Assert.Null(FairnessSummary.Of([]));
        Assert.Null(FairnessSummary.Of([7]));
        Assert.Null(FairnessSummary.Of([0, 0]));
    }

    [Fact]
    public void EachConnectionHasItsOwnCount()
    {
        ConnectionShares shares = new(3);
        shares.Count(0, 5);
        shares.Count(2, 7);
        shares.Count(2, 1);
        Assert.Equal([5, 0, 8], shares.ToArray());
    }

    [Fact]
    public void WhereConnectionsDoNotLastNothingIsCounted()
    {
        ConnectionShares shares = new(0);
        shares.Count(4, 5);
        Assert.Empty(shares.ToArray());
    }
}
