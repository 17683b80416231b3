using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HotQuic.Benchmarks.Guard;

/// <summary>
/// <c>guard BASELINE_DLL [--name TEXT] [--rounds N] [--json FILE]</c>: compares the time of each room with another build's, by
/// <see cref="NoiseRule"/>. <c>perf/guard.sh</c> builds that from a commit.
/// </summary>
internal static class TimeGuard
{
    private const int DefaultRounds = 12;
    private const int NothingCompared = 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Returns the exit code: 0 where no room is slower, 1 where one is, 2 where nothing could be compared.</summary>
    public static int Run(string[] arguments)
    {
        string baseline = Path.GetFullPath(arguments[1]);
        string current = typeof(TimeGuard).Assembly.Location;
        string? Option(string name) => arguments.SkipWhile(argument => argument != name).ElementAtOrDefault(1);
        int rounds = Option("--rounds") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultRounds;
        GuardReport report = Compare(new Looks(baseline, current), Option("--name") ?? baseline, rounds + (rounds % 2), MissingIn(baseline, current));
        Write(report);
        if (Option("--json") is { } path)
        {
            File.WriteAllText(path, JsonSerializer.Serialize(report, Json));
        }

        return report.Rooms.Length == 0 ? NothingCompared : report.Slower.Any() ? 1 : 0;
    }

    private static string[] MissingIn(string baseline, string current) =>
        [.. new GuardedBuild(current).Names.Except(new GuardedBuild(baseline).Names)];

    private static GuardReport Compare(Looks looks, string name, int rounds, string[] missing)
    {
        long start = Stopwatch.GetTimestamp();
        Dictionary<string, List<RoomVisit>> first = looks.Take(new Look("first look", rounds, Visits: 4, Quads: 10), []);
        string[] suspects = [.. first.Where(room => NoiseRule.IsSuspect(EstimateOf(room.Value))).Select(room => room.Key)];
        Dictionary<string, List<RoomVisit>> second = [];
        if (suspects.Length > 0)
        {
            Console.Error.WriteLine($"suspected: {string.Join("; ", suspects)}");
            second = looks.Take(new Look("second look", 2 * rounds, Visits: 6, Quads: 10), suspects);
        }

        RoomReport[] rooms =
        [
            .. first.OrderBy(room => room.Key, StringComparer.Ordinal).Select(room => new RoomReport(
                room.Key,
                Estimate.MedianOf(room.Value.Select(visit => visit.BaselineNanoseconds)),
                EstimateOf(room.Value),
                second.TryGetValue(room.Key, out List<RoomVisit>? again) ? EstimateOf(again) : null)),
        ];
        return new GuardReport(name, rounds, Stopwatch.GetElapsedTime(start).TotalSeconds, rooms, missing);
    }

    private static Estimate EstimateOf(List<RoomVisit> figures) => Estimate.Of(figures.Select(figure => figure.Ratio));

    private static void Write(GuardReport report)
    {
        Console.WriteLine($"{"room",-60} {"baseline ns",13} {"first look",22} {"second look",22}");
        foreach (RoomReport room in report.Rooms)
        {
            string verdict = room.Verdict switch
            {
                RoomVerdict.Slower => "  SLOWER",
                RoomVerdict.Cleared => "  cleared",
                _ => string.Empty,
            };
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{room.Room,-60} {room.BaselineNanoseconds,13:N1} {Format(room.FirstLook),22} {Format(room.SecondLook),22}{verdict}"));
        }

        foreach (string room in report.NotCompared)
        {
            Console.WriteLine($"{room,-60} NOT COMPARED: it does not compile with the baseline");
        }

        string summary = report.Slower.Any() ? $"SLOWER than {report.Baseline}: {string.Join("; ", report.Slower.Select(room => room.Room))}"
            : report.Rooms.Length == 0 ? $"NOTHING COMPARED with {report.Baseline}"
            : $"No room is slower than at {report.Baseline}.";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{summary} ({report.Rooms.Length} rooms compared, {report.NotCompared.Length} not, in {report.Seconds:F0} s)"));
    }

    private static string Format(Estimate? estimate) => estimate is { } some
        ? string.Create(CultureInfo.InvariantCulture, $"{some.Median:F3} ({some.Low:F3}-{some.High:F3})") : string.Empty;
}
