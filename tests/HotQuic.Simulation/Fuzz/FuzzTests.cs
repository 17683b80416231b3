using System.Diagnostics;
using System.Globalization;

namespace HotQuic.Simulation.Fuzz;

/// <summary>
/// Drives every fuzz target with mutated examples. A few inputs each always; with HOTQUIC_LONG=1 for a minute in all. A failure names
/// itself, and <c>HOTQUIC_FUZZ=target:seed:iteration</c> replays it; <c>HOTQUIC_FUZZ_SEED</c> starts elsewhere.
/// </summary>
public class FuzzTests
{
    private const string ReplayVariable = "HOTQUIC_FUZZ";
    private static readonly TimeSpan LongRun = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Fuzz_NoInputBreaks(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(t => t.Name == name);
        IReadOnlyList<byte[]> examples = target.Examples(Corpus.Instance);
        Assert.NotEmpty(examples);
        if (Environment.GetEnvironmentVariable(ReplayVariable)?.Split(':') is [var only, var seedText, var iterationText])
        {
            if (only == name)
            {
                RunOne(target, examples, ulong.Parse(seedText, CultureInfo.InvariantCulture), int.Parse(iterationText, CultureInfo.InvariantCulture));
            }

            return;
        }

        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("HOTQUIC_FUZZ_SEED"), CultureInfo.InvariantCulture, out ulong given) ? given : 1;
        bool isLong = Environment.GetEnvironmentVariable("HOTQUIC_LONG") == "1";
        TimeSpan share = LongRun / FuzzTargets.All.Count;
        var watch = Stopwatch.StartNew();
        for (int i = 0; isLong ? watch.Elapsed < share : i < target.ShortIterations; i++)
        {
            RunOne(target, examples, seed, i);
        }
    }

    private static void RunOne(FuzzTarget target, IReadOnlyList<byte[]> examples, ulong seed, int iteration)
    {
        byte[] input = new Mutator(seed, iteration).Mutate(examples);
        try
        {
            target.Run(input);
        }
        catch (Exception exception)
        {
            string replay = string.Create(CultureInfo.InvariantCulture, $"{ReplayVariable}={target.Name}:{seed}:{iteration}");
            throw new InvalidOperationException($"Replay with {replay}\ninput {Convert.ToHexStringLower(input)}\n{exception}");
        }
    }
}
