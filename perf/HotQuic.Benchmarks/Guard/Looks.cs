using System.Diagnostics;
using System.Globalization;

namespace HotQuic.Benchmarks.Guard;

/// <summary>How often a look visits each room.</summary>
/// <param name="Name">What progress calls it.</param>
/// <param name="Processes">An even number, so that each build is as often the first to be loaded.</param>
/// <param name="Visits">Of each room in each process.</param>
/// <param name="Quads">Of each visit.</param>
internal sealed record Look(string Name, int Processes, int Visits, int Quads);

/// <summary>Runs processes of <see cref="RoomVisits"/>, one after the other, and collects what they found.</summary>
/// <param name="baseline">The baseline's HotQuic.Benchmarks.dll.</param>
/// <param name="current">The present build's.</param>
internal sealed class Looks(string baseline, string current)
{
    /// <summary>The first argument of such a process.</summary>
    public const string Argument = "guard-visits";

    private int _seed;

    /// <summary>Takes a look at these rooms, or at all.</summary>
    /// <returns>For each room, what each process found: the median of its visits.</returns>
    /// <exception cref="InvalidOperationException">A process failed.</exception>
    public Dictionary<string, List<RoomVisit>> Take(Look look, IReadOnlyCollection<string> rooms)
    {
        var found = new Dictionary<string, List<RoomVisit>>();
        for (int i = 0; i < look.Processes; i++)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{look.Name}, process {i + 1} of {look.Processes}"));
            foreach (IGrouping<string, RoomVisit> visits in RunProcess(look, rooms).GroupBy(visit => visit.Room))
            {
                if (!found.TryGetValue(visits.Key, out List<RoomVisit>? figures))
                {
                    found.Add(visits.Key, figures = []);
                }

                figures.Add(new RoomVisit(
                    visits.Key, Estimate.MedianOf(visits.Select(visit => visit.Ratio)), Estimate.MedianOf(visits.Select(visit => visit.BaselineNanoseconds))));
            }
        }

        return found;
    }

    /// <summary>The other side: visits the rooms and writes a line for each visit.</summary>
    public static void RunVisits(string[] arguments)
    {
        int Number(int index) => int.Parse(arguments[index], CultureInfo.InvariantCulture);
        var visits = new RoomVisits(arguments[1], arguments[2], Number(3));
        visits.Run(arguments.Length > 6 ? arguments[6..] : visits.Common(), Number(4), Number(5), visit =>
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{visit.Room}\t{visit.Ratio:R}\t{visit.BaselineNanoseconds:R}")));
    }

    private List<RoomVisit> RunProcess(Look look, IReadOnlyCollection<string> rooms)
    {
        using Process process = Process.Start(StartInfo(look, rooms))!;
        ConsoleCancelEventHandler stop = (_, _) => process.Kill();
        Console.CancelKeyPress += stop;
        var visits = new List<RoomVisit>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            visits.Add(new RoomVisit(fields[0], double.Parse(fields[1], CultureInfo.InvariantCulture), double.Parse(fields[2], CultureInfo.InvariantCulture)));
        }

        process.WaitForExit();
        Console.CancelKeyPress -= stop;
        return process.ExitCode == 0
            ? visits
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"A process that measures ended with {process.ExitCode}."));
    }

    private ProcessStartInfo StartInfo(Look look, IReadOnlyCollection<string> rooms)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] numbers = [.. new[] { _seed++, look.Visits, look.Quads }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
        foreach (string argument in (string[])[current, Argument, baseline, current, .. numbers, .. rooms])
        {
            start.ArgumentList.Add(argument);
        }

        // What a profile makes of the same code varies from process to process, up to twice the time: it is left out for both. And
        // nothing waits for a quiet moment to be compiled again.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        return start;
    }
}
