using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Scheduling;

namespace HotQuic.Load.Tests.Scheduling;

public sealed class LoadPlanTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public void AnInjectedRateComesEvenlySpread()
    {
        LoadPlan plan = new([LoadSimulation.Inject(10, OneSecond, TimeSpan.FromSeconds(3))]);

        Assert.Equal(30, plan.Arrivals);
        Assert.Equal(3, plan.Seconds);
        for (int arrival = 0; arrival < 30; arrival++)
        {
            Assert.Equal(arrival / 10.0, plan.ArrivalSeconds(arrival), 9);
        }

        Assert.True(double.IsPositiveInfinity(plan.ArrivalSeconds(30)));
    }

    [Fact]
    public void TheIntervalDividesTheRate() =>
        Assert.Equal(5, new LoadPlan([LoadSimulation.Inject(1, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10))]).Arrivals);

    [Fact]
    public void ARampFromNothingHasHalfTheArrivalsOfItsEnd()
    {
        LoadPlan plan = new([LoadSimulation.RampingInject(100, OneSecond, TimeSpan.FromSeconds(10))]);

        Assert.Equal(500, plan.Arrivals);
        Assert.Equal(125, plan.ArrivalsBefore(5));
        Assert.Equal(5, plan.ArrivalSeconds(125), 9);
        Assert.Equal(0, plan.ArrivalSeconds(0));
        Assert.Equal(50, plan.RateAt(5), 9);
    }

    [Fact]
    public void ARampBeginsWithTheRateBeforeItAndMayFall()
    {
        LoadPlan plan = new([
            LoadSimulation.Inject(100, OneSecond, OneSecond),
            LoadSimulation.RampingInject(0, OneSecond, TimeSpan.FromSeconds(2)),
        ]);

        Assert.Equal(200, plan.Arrivals);
        Assert.Equal(100, plan.RateAt(1), 9);
        Assert.Equal(175, plan.ArrivalsBefore(2));
    }

    [Fact]
    public void ARampAfterAPauseOrAnotherModelBeginsWithNothing()
    {
        LoadPlan plan = new([
            LoadSimulation.KeepConstant(8, OneSecond),
            LoadSimulation.RampingInject(10, OneSecond, OneSecond),
            LoadSimulation.Pause(OneSecond),
            LoadSimulation.RampingInject(10, OneSecond, OneSecond),
        ]);

        Assert.Equal(10, plan.Arrivals);
        Assert.Equal(5, plan.ArrivalsBefore(2.5));
        Assert.Equal(3, plan.ArrivalSeconds(5), 9);
    }

    [Fact]
    public void AFractionIsCarriedOver()
    {
        LoadSimulation third = LoadSimulation.Inject(1, TimeSpan.FromSeconds(3), OneSecond);
        LoadPlan plan = new([third, third, third, third, third, third]);

        Assert.Equal(2, plan.Arrivals);
        Assert.Equal(3, plan.ArrivalSeconds(1), 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(12345)]
    public void WhatArrivesBeforeAMomentAgreesWithWhenItArrives(double rate)
    {
        LoadPlan plan = new([
            LoadSimulation.RampingInject(rate, OneSecond, OneSecond),
            LoadSimulation.Inject(rate, OneSecond, OneSecond),
            LoadSimulation.Pause(OneSecond),
            LoadSimulation.RampingInject(rate / 2, OneSecond, OneSecond),
        ]);

        double before = 0;
        for (long arrival = 0; arrival < plan.Arrivals; arrival++)
        {
            double at = plan.ArrivalSeconds(arrival);
            Assert.InRange(at, before, plan.Seconds);
            Assert.Equal(arrival + 1, plan.ArrivalsBefore((at + Math.Min(plan.ArrivalSeconds(arrival + 1), plan.Seconds)) / 2));
            before = at;
        }
    }

    [Fact]
    public void AHundredThousandASecondStayExactForAnHour()
    {
        LoadPlan plan = new([LoadSimulation.Inject(100_000, OneSecond, TimeSpan.FromHours(1))]);

        Assert.Equal(360_000_000, plan.Arrivals);
        Assert.Equal(3599.99999, plan.ArrivalSeconds(359_999_999), 9);
    }

    [Fact]
    public void CopiesAreKeptAndRamped()
    {
        LoadPlan plan = new([
            LoadSimulation.KeepConstant(4, OneSecond),
            LoadSimulation.RampingConstant(10, TimeSpan.FromSeconds(2)),
            LoadSimulation.RampingConstant(0, OneSecond),
        ]);

        Assert.Equal([4, 4, 7, 10, 5, 0], new[] { 0, 0.99, 2, 3, 3.5, 4 }.Select(plan.CopiesAt));
        Assert.Equal(0, plan.Arrivals);
    }

    [Fact]
    public void SharesTogetherAreTheWhole()
    {
        for (int parts = 1; parts <= 5; parts++)
        {
            for (int count = 0; count <= 23; count++)
            {
                long sum = Enumerable.Range(0, parts).Sum(part => new PlanShare(part, parts).Of(count));
                Assert.Equal(count, sum);
            }
        }

        PlanShare nested = new PlanShare(1, 3).Part(2, 4);
        Assert.Equal(new PlanShare(7, 12), nested);
    }

    [Fact]
    public void AWarmUpHasTheLoadOfTheFirstSimulation()
    {
        LoadScenario scenario = LoadScenario.Create("x", LoadTarget.Parse("quic://host:1"), LoadStep.Request("ask", 1))
            .WithWarmUpDuration(TimeSpan.FromSeconds(2))
            .WithLoadSimulations(LoadSimulation.Pause(OneSecond), LoadSimulation.RampingInject(100, OneSecond, OneSecond));

        Assert.Equal(100, LoadPlan.WarmUpOf(scenario).Arrivals);
    }
}
