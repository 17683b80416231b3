using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Tests.Statistics;

public sealed class TimelineTests
{
    [Fact]
    public void TheReportIsTheSumOfItsIntervals()
    {
        ScenarioReport report = Samples.Report().Scenarios[0];

        Assert.Equal(3, report.MeasuredSeconds);
        Assert.Equal((270, 30), (report.Iterations.Succeeded, report.Iterations.Failed));
        Assert.Equal(90, report.Iterations.PerSecond, 9);
        Assert.Equal(10, report.Iterations.FailedPercent, 9);
        Assert.Equal(0.8, report.Iterations.MegabitPerSecond, 9);
        Assert.Equal((303, 300), (report.Due, report.Started));
        Assert.Equal(30, report.Iterations.Failures["timeout"]);
        Assert.Equal(0, report.Steps[0].Failed);
        Assert.Equal(2000, report.Iterations.LatencyMicroseconds.P50, 8.0);
        Assert.Equal(3000, report.Iterations.LatencyMicroseconds.Max, 12.0);
        Assert.Equal(50, report.Harness.CpuPercent, 9);
        Assert.Equal((600, 9), (report.Transport.PacketsSent, report.Transport.PacketsLost));
        Assert.Equal((300.0, 150.0), (report.Transport.RttMicroseconds, report.Transport.MinRttMicroseconds));
        Assert.Equal([1.0, 2, 3], report.Intervals.Select(interval => interval.EndSeconds));
    }

    [Fact]
    public void MachinesThatTellAnIntervalAtDifferentTimesAreOne()
    {
        List<IntervalReport> told = [];
        Timeline timeline = new(Samples.Scenario(), machines: 2, told.Add);

        timeline.Add(0, Samples.Interval(1));
        timeline.Add(1, Samples.Interval(2));
        Assert.Empty(told);
        timeline.Add(0, Samples.Interval(1));
        Assert.Equal(180, Assert.Single(told).Iterations.Succeeded);
        ScenarioReport report = timeline.ToReport(interrupted: true);

        Assert.True(report.Interrupted);
        Assert.Equal(2, report.Intervals.Count);
        Assert.Equal(270, report.Iterations.Succeeded);
        Assert.Equal(2, report.MeasuredSeconds);
    }

    /// <summary>What the others tell afterwards is shown as it comes, and kept as figures, not as counts that wait for the one that is gone.</summary>
    [Fact]
    public void AMachineThatIsGoneHoldsNoIntervalBack()
    {
        List<IntervalReport> told = [];
        Timeline timeline = new(Samples.Scenario(), machines: 2, told.Add);
        timeline.Add(0, Samples.Interval(1));
        timeline.Add(0, Samples.Interval(1));
        timeline.Add(1, Samples.Interval(2));
        timeline.Add(2, Samples.Interval(3));
        Assert.Single(told);

        timeline.Leave(told: 1);
        Assert.Equal(3, told.Count);
        timeline.Add(3, Samples.Interval(4));

        Assert.Equal([180, 90, 90, 90], told.Select(interval => interval.Iterations.Succeeded));
        Assert.Equal([1.0, 2, 3, 4], told.Select(interval => interval.EndSeconds));
    }

    /// <summary>A week of seconds would be a report that no browser opens, and no string holds.</summary>
    [Fact]
    public void ALongRunIsReportedInIntervalsThatCanBeShown()
    {
        const int Hours = 3;
        LoadScenario scenario = Samples.Scenario().WithLoadSimulations(LoadSimulation.KeepConstant(1, TimeSpan.FromHours(Hours)));
        int told = 0;
        Timeline timeline = new(scenario, machines: 1, _ => told++);
        IntervalCounts counts = Samples.Interval(0);
        for (int second = 1; second <= Hours * 3600; second++)
        {
            counts.EndSeconds = second;
            timeline.Add(second - 1, counts);
        }

        ScenarioReport report = timeline.ToReport(interrupted: false);

        Assert.Equal(Hours * 3600, told);
        Assert.InRange(report.Intervals.Count, 1000, 4000);
        Assert.Equal(report.Iterations.Succeeded, report.Intervals.Sum(interval => interval.Iterations.Succeeded));
        Assert.Equal(Hours * 3600.0, report.Intervals.Sum(interval => interval.Seconds), 6);
        Assert.Equal(Hours * 3600.0, report.Intervals[^1].EndSeconds, 6);
        Assert.All(report.Intervals, interval => Assert.Equal(90, interval.Iterations.PerSecond, 6));
    }

    [Theory]
    [InlineData("rate >= 90", true)]
    [InlineData("rate > 90", false)]
    [InlineData("failed <= 10%", true)]
    [InlineData("first: failed < 1%", true)]
    [InlineData("second: failed < 1%", false)]
    [InlineData("p99 < 4ms", true)]
    [InlineData("max < 2ms", false)]
    [InlineData("mbit > 1", false)]
    public void AThresholdThatDoesNotHoldFailsTheRun(string condition, bool holds)
    {
        LoadReport report = Samples.Report(condition);

        Assert.Equal(holds, report.Passed);
        Assert.Equal(holds, Assert.Single(report.Scenarios[0].Thresholds).Holds);
    }

    [Fact]
    public void NoConditionOnLatencyHoldsWhereNothingWentWell()
    {
        Timeline timeline = new(Samples.Scenario("p99 < 1s"), machines: 1, static _ => { });
        timeline.Add(0, new(steps: 2) { EndSeconds = 1, Seconds = 1 });

        Assert.False(timeline.ToReport(interrupted: false).Thresholds[0].Holds);
    }
}
