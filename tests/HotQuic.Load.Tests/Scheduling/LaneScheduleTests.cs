using System.Diagnostics;
using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Tests.Scheduling;

/// <summary>The schedule takes its time as a parameter: nothing here waits.</summary>
public sealed class LaneScheduleTests
{
    private const long Start = 1_000_000_000_000;
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public void WhatIsDueIsTakenAndItsTimeRunsFromThen()
    {
        (LaneSchedule schedule, LoadRecorder recorder) = Of(LoadSimulation.Inject(10, OneSecond, OneSecond));

        Assert.False(schedule.TryTake(At(-0.01), out _));
        Assert.Equal([At(0), At(0.1), At(0.2)], TakeAll(schedule, At(0.25)).Select(start => start.Due));
        IntervalCounts counts = recorder.TakeInterval();
        Assert.Equal(3, counts.Started);
        Assert.Equal(250e6, counts.Lag.ValueAt(1), 250e6 / 256);
    }

    [Fact]
    public void ALateTurnTakesAllThatWasMissed() =>
        Assert.Equal(10, TakeAll(Of(LoadSimulation.Inject(10, OneSecond, OneSecond)).Schedule, At(1.1)).Count);

    [Fact]
    public void NoMoreThanAllowedAreUnderWay()
    {
        (LaneSchedule schedule, _) = Of(LoadSimulation.Inject(10, OneSecond, OneSecond), outstanding: 2);
        List<IterationStart> taken = TakeAll(schedule, At(0.9));

        Assert.Equal(2, taken.Count);
        schedule.OnEnded(taken[0]);
        Assert.Equal(At(0.2), Assert.Single(TakeAll(schedule, At(0.9))).Due);
    }

    [Fact]
    public void CopiesBeginAgainWhenTheyHaveEnded()
    {
        (LaneSchedule schedule, _) = Of(LoadSimulation.KeepConstant(3, OneSecond));
        List<IterationStart> taken = TakeAll(schedule, At(0));

        Assert.Equal(3, taken.Count);
        Assert.All(taken, start => Assert.True(start.IsCopy));
        schedule.OnEnded(taken[0]);
        Assert.Equal(At(0.5), Assert.Single(TakeAll(schedule, At(0.5))).Due);
        schedule.OnEnded(taken[1]);
        Assert.Empty(TakeAll(schedule, At(1)));
    }

    [Fact]
    public void WhatWaitedTooLongHasFailedAndIsPassedOver()
    {
        (LaneSchedule schedule, LoadRecorder recorder) = Of(LoadSimulation.Inject(10, OneSecond, TimeSpan.FromSeconds(5)), timeout: 1);

        Assert.Equal(11, TakeAll(schedule, At(2)).Count);
        Assert.Equal(10, recorder.TakeInterval().Accounts[0].Failures[FailureKinds.NotStartedInTime]);
    }

    [Fact]
    public async Task WhatWasDueAndNeverBeganIsTold()
    {
        (LaneSchedule schedule, LoadRecorder recorder) = Of(LoadSimulation.Inject(10, OneSecond, OneSecond), outstanding: 1);
        IterationStart only = Assert.Single(TakeAll(schedule, At(0.95)));

        Assert.Empty(TakeAll(schedule, At(2)));
        Assert.False(schedule.Phase.Drained.IsCompleted);
        schedule.OnEnded(only);
        await schedule.Phase.Drained;
        Assert.Equal(9, recorder.TakeInterval().Accounts[0].Failures[FailureKinds.NotStarted]);
    }

    [Fact]
    public void WhatIsDueAtTheVeryEndStillBegins()
    {
        (LaneSchedule schedule, LoadRecorder recorder) = Of(LoadSimulation.Inject(10, OneSecond, OneSecond));

        Assert.Equal(10, TakeAll(schedule, At(1.2)).Count);
        Assert.Empty(TakeAll(schedule, At(1.3)));
        Assert.Equal(0, recorder.TakeInterval().Accounts[0].Failed);
    }

    [Fact]
    public void WithoutAConnectionWhatIsDueFails()
    {
        (LaneSchedule schedule, LoadRecorder recorder) = Of(LoadSimulation.Inject(10, OneSecond, OneSecond));

        schedule.FailDue(At(0.5), "not connected");
        IntervalCounts counts = recorder.TakeInterval();
        Assert.Equal((6, 0), (counts.Accounts[0].Failures["not connected"], counts.Started));
        Assert.Equal(4, TakeAll(schedule, At(0.95)).Count);
    }

    [Fact]
    public void LanesTogetherDoWhatOneWould()
    {
        LoadPlan plan = new([LoadSimulation.RampingInject(50, OneSecond, TimeSpan.FromSeconds(2))]);
        LoadPhase phase = new(plan, new(1, 3), Start, OneSecond, 3);
        IEnumerable<long> together = Enumerable.Range(0, 3)
            .SelectMany(lane => TakeAll(new(phase, PlanShare.Whole.Part(lane, 3), 1000, lane), At(1)))
            .Select(start => start.Due)
            .Order();

        (LaneSchedule alone, _) = Of(LoadSimulation.RampingInject(50, OneSecond, TimeSpan.FromSeconds(2)));
        Assert.Equal(TakeAll(alone, At(1)).Select(start => start.Due), together);
    }

    private static long At(double seconds) => Start + (long)Math.Round(seconds * Stopwatch.Frequency);

    private static (LaneSchedule Schedule, LoadRecorder Recorder) Of(LoadSimulation simulation, int outstanding = 1000, double timeout = 10)
    {
        LoadRecorder recorder = new(steps: 1, lanes: 1);
        LoadPhase phase = new(new([simulation]), recorder, Start, TimeSpan.FromSeconds(timeout), lanes: 1);
        return (new(phase, PlanShare.Whole, outstanding, lane: 0), recorder);
    }

    private static List<IterationStart> TakeAll(LaneSchedule schedule, long now)
    {
        List<IterationStart> taken = [];
        while (schedule.TryTake(now, out IterationStart start))
        {
            taken.Add(start);
        }

        return taken;
    }
}
