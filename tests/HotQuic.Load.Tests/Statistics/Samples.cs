using HotQuic.Load.Harness.Model;
using HotQuic.Load.Harness.Statistics;

namespace HotQuic.Load.Tests.Statistics;

/// <summary>A scenario of two steps, and intervals with known numbers.</summary>
internal static class Samples
{
    public static LoadScenario Scenario(params string[] thresholds) => LoadScenario
        .Create("sample <&>", LoadTarget.Parse("quic://127.0.0.1:1"), LoadStep.Request("first", 1), LoadStep.Request("second", 1))
        .WithLoadSimulations(LoadSimulation.Inject(100, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)))
        .WithThresholds(thresholds);

    /// <summary>A second in which 90 iterations went well, in 1 ms each, and 10 failed; 100,000 bytes moved.</summary>
    public static IntervalCounts Interval(int second, double milliseconds = 1)
    {
        IntervalCounts counts = new(steps: 2)
        {
            Started = 100,
            Due = 101,
            EndSeconds = second,
            Seconds = 1,
            Process = new(0.5, 1000, 50_000_000, 1),
            Transport = new(200, 210, 3, 2, 600, 150),
        };
        foreach (StepCounts account in counts.Accounts)
        {
            for (int iteration = 0; iteration < 90; iteration++)
            {
                account.Latency.Record((long)(milliseconds * 1e6));
            }

            account.Bytes = 100_000;
        }

        counts.Accounts[0].Failures["timeout"] = 10;
        counts.Accounts[2].Failures["timeout"] = 10;
        counts.Lag.Record(20_000);
        return counts;
    }

    /// <summary>Three seconds.</summary>
    public static LoadReport Report(params string[] thresholds)
    {
        Timeline timeline = new(Scenario(thresholds), machines: 1, static _ => { });
        for (int second = 1; second <= 3; second++)
        {
            timeline.Add(second, Interval(second, second));
        }

        return new()
        {
            StartedAt = DateTimeOffset.UnixEpoch,
            Version = "1.2.3",
            Environment = new("runtime", "system", "x64", 2),
            Scenarios = [timeline.ToReport(interrupted: false)],
        };
    }
}
