using System.Globalization;

namespace HotQuic.Simulation;

/// <summary>
/// Runs over simulated networks in virtual time. A short set runs always; HOTQUIC_LONG=1 runs 2,000 seeds, and HOTQUIC_SEED=N
/// replays one and writes its trace to a file that the failure names.
/// </summary>
public class SeedTests
{
    private const int ShortSet = 120;
    private const int LongSet = 2000;

    [Fact]
    public void Given_any_link_a_transfer_completes_with_equal_bytes_or_ends_in_a_defined_way()
    {
        var failures = new List<string>();
        var timedOut = new List<ulong>();
        int runs = 0;
        foreach (ulong seed in Seeds.Of(ShortSet, LongSet))
        {
            string? fault = Run(seed, trace: null, out bool isComplete);
            runs++;
            if (!isComplete && fault is null)
            {
                timedOut.Add(seed);
                WriteTrace(seed);
            }

            if (fault is not null)
            {
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"HOTQUIC_SEED={seed}: {fault}{WriteTrace(seed)}"));
            }
        }

        // Timing out is a defined end, but on these links the exception.
        Assert.True(timedOut.Count <= (runs / 500) + 1, $"{timedOut.Count} of {runs} transfers timed out: {string.Join(' ', timedOut)}");
        Assert.True(failures.Count == 0, $"{failures.Count} seeds failed; replay one with:\n{string.Join('\n', failures)}");
    }

    [Fact]
    public void Given_one_seed_two_runs_are_the_same_to_the_last_event()
    {
        Assert.Equal(TraceOf(7), TraceOf(7));
    }

    private static string WriteTrace(ulong seed)
    {
        if (Environment.GetEnvironmentVariable("HOTQUIC_SEED") is null)
        {
            return string.Empty;
        }

        string path = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"hotquic-seed-{seed}.txt"));
        using StreamWriter trace = File.CreateText(path);
        Run(seed, trace, out _);
        return $"\ntrace: {path}";
    }

    private static string? Run(ulong seed, TextWriter? trace, out bool isComplete)
    {
        isComplete = false;
        try
        {
            var run = new SeededRun(seed, trace);
            string? fault = run.Run();
            isComplete = run.IsComplete;
            return fault;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
    }

    private static string TraceOf(ulong seed)
    {
        using var trace = new StringWriter();
        Run(seed, trace, out _);
        return trace.ToString();
    }
}
