using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace HotQuic.Simulation.Fuzz;

/// <summary>
/// Drives every fuzz target with mutated examples. A few inputs each always; with HOTQUIC_LONG=1 for a minute in all. A failure names
/// itself, and <c>HOTQUIC_FUZZ=target:seed:iteration</c> replays it; <c>HOTQUIC_FUZZ_SEED</c> starts elsewhere.
/// </summary>
public class FuzzTests
{
    private const string ReplayVariable = "HOTQUIC_FUZZ";
    private readonly ITestOutputHelper _output;

    public FuzzTests(ITestOutputHelper output)
    {
        _output = output;
    }

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
        int runs = 0;
        var watch = Stopwatch.StartNew();
        for (; isLong ? watch.Elapsed.TotalSeconds < target.LongRunSeconds : runs < target.ShortRun; runs++)
        {
            RunOne(target, examples, seed, runs);
        }

        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {runs} inputs, {runs / watch.Elapsed.TotalSeconds:F0} a second"));
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
