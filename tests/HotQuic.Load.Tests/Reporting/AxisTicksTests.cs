using HotQuic.Load.Harness.Reporting;

namespace HotQuic.Load.Tests.Reporting;

public sealed class AxisTicksTests
{
    [Theory]
    [InlineData(0, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    [InlineData(100, new[] { 0.0, 20, 40, 60, 80, 100 })]
    [InlineData(101, new[] { 0.0, 50, 100, 150 })]
    [InlineData(0.7, new[] { 0, 0.2, 0.4, 0.6, 0.8 })]
    [InlineData(98765, new[] { 0.0, 20000, 40000, 60000, 80000, 100000 })]
    public void ALinearAxisHasRoundTicksAndShowsAll(double most, double[] expected)
    {
        AxisTicks axis = AxisTicks.Linear(most, 5);

        Assert.Equal(expected, axis.Values.Select(value => Math.Round(value, 9)));
        Assert.True(axis.High >= most);
    }

    [Theory]
    [InlineData(0.3, 7, new[] { 0.2, 0.5, 1, 2, 5, 10 })]
    [InlineData(1, 1000, new[] { 1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000 })]
    [InlineData(0.02, 3000, new[] { 0.01, 0.1, 1, 10, 100, 1000, 10000 })]
    [InlineData(5, 5, new[] { 5.0, 6 })]
    [InlineData(10.3, 16.3, new[] { 10.0, 12, 14, 16, 18 })]
    public void ALogarithmicAxisHasRoundTicksAndShowsAll(double least, double most, double[] expected)
    {
        AxisTicks axis = AxisTicks.Logarithmic(least, most);

        Assert.Equal(expected, axis.Values.Select(value => Math.Round(value, 9)));
        Assert.True(axis.Low <= least && axis.High >= most);
    }

    [Fact]
    public void ATimeAxisEndsWhereTheTimeDoes()
    {
        AxisTicks axis = AxisTicks.Time(25.5, 8);

        Assert.Equal(25.5, axis.High);
        Assert.Equal([0, 5, 10, 15, 20, 25], axis.Values);
    }

    [Fact]
    public void ValuesLieBetweenTheEnds()
    {
        Assert.Equal(0.25, AxisTicks.Linear(100, 5).At(25), 9);
        Assert.Equal(0.5, AxisTicks.Logarithmic(1, 100).At(10), 9);
        Assert.Equal((0.0, 1.0), (AxisTicks.Logarithmic(1, 100).At(0.1), AxisTicks.Linear(100, 5).At(1000)));
    }

    [Theory]
    [InlineData(0.0001, "0.0001")]
    [InlineData(2500, "2,500")]
    [InlineData(20000, "20k")]
    [InlineData(1500000, "1.5M")]
    public void ATickIsShortAndExact(double value, string text) => Assert.Equal(text, Quantity.Tick(value));
}
