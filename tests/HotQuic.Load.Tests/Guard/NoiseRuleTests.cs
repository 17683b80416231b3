using HotQuic.Benchmarks.Guard;

namespace HotQuic.Load.Tests.Guard;

/// <summary>The time guard's verdicts over figures as a noisy machine gives them: each test draws a thousand rooms from its seed.</summary>
public class NoiseRuleTests
{
    private const int Rooms = 1000;
    private const int FirstLook = 12;
    private const int SecondLook = 24;

    [Fact]
    public void Rooms_that_did_not_change_are_not_called_slower()
    {
        Assert.Equal(0, CountSlower(change: 1, seed: 1));
    }

    [Fact]
    public void A_tenth_more_time_is_caught_in_every_room()
    {
        Assert.Equal(Rooms, CountSlower(change: 1.10, seed: 2));
    }

    [Fact]
    public void A_faster_room_is_not_even_suspected()
    {
        var random = new Random(3);
        Assert.DoesNotContain(Enumerable.Range(0, Rooms), _ => NoiseRule.IsSuspect(Look(0.9, FirstLook, random)));
    }

    [Fact]
    public void A_median_beyond_the_limit_is_not_enough_where_processes_disagree()
    {
        Estimate split = Estimate.Of([0.99, 0.98, 1.00, 0.99, 1.01, 1.07, 1.08, 1.10, 1.12, 1.11, 1.10, 1.09]);
        Assert.True(split.Median > NoiseRule.Limit);
        Assert.False(NoiseRule.IsSlower(split));
    }

    [Fact]
    public void A_suspicion_that_the_second_look_does_not_share_is_cleared()
    {
        var suspected = new Estimate(1.08, 1.05, 1.10);
        Assert.Equal(RoomVerdict.NotSlower, new RoomReport("room", 100, new Estimate(1.0, 0.99, 1.01), SecondLook: null).Verdict);
        Assert.Equal(RoomVerdict.Cleared, new RoomReport("room", 100, suspected, new Estimate(1.01, 0.99, 1.02)).Verdict);
        Assert.Equal(RoomVerdict.Slower, new RoomReport("room", 100, suspected, suspected).Verdict);
    }

    private static int CountSlower(double change, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, Rooms).Count(_ => NoiseRule.IsSuspect(Look(change, FirstLook, random)) && NoiseRule.IsSlower(Look(change, SecondLook, random)));
    }

    /// <summary>Processes differ by 2.5 % (one deviation), and one in ten was disturbed, either way, by up to a half.</summary>
    private static Estimate Look(double change, int processes, Random random) => Estimate.Of(Enumerable.Range(0, processes).Select(_ =>
    {
        double deviation = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double disturbance = random.Next(10) == 0 ? random.NextDouble() - 0.5 : 0;
        return change * Math.Exp((0.025 * deviation) + disturbance);
    }));
}
