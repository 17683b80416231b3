using System.Globalization;

namespace HotQuic.Simulation;

/// <summary>
/// The seeds of a simulation: a short set always; with HOTQUIC_LONG=1 a long one; with HOTQUIC_SEED=N that one alone, as a failure names it.
/// </summary>
internal static class Seeds
{
    public static IEnumerable<ulong> Of(int shortSet, int longSet)
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable("HOTQUIC_SEED"), CultureInfo.InvariantCulture, out ulong seed))
        {
            return [seed];
        }

        int count = Environment.GetEnvironmentVariable("HOTQUIC_LONG") == "1" ? longSet : shortSet;
        return Enumerable.Range(1, count).Select(i => (ulong)i);
    }

    /// <summary>Runs every seed, and fails with what was wrong with each that had a fault.</summary>
    public static void AssertNoFault(int shortSet, int longSet, Func<ulong, string?> faultOf)
    {
        string[] failures = [.. Of(shortSet, longSet)
            .Select(seed => faultOf(seed) is { } fault ? string.Create(CultureInfo.InvariantCulture, $"HOTQUIC_SEED={seed}: {fault}") : null)
            .OfType<string>()];
        Assert.True(failures.Length == 0, string.Join('\n', failures));
    }
}
