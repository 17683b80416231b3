using System.Globalization;
using System.Text.Json;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>
/// <c>budgets [FILTER] [--json FILE]</c>: measures what each operation allocates, to the byte, and holds it against allocation-budgets.json. An operation that
/// allocates more than its budget fails, and so does one that allocates so much less that the smallest object would find room in what is
/// left: the file is then to be lowered. Whoever raises a number in it says why in the commit.
/// </summary>
internal static class AllocationBudgets
{
    private const string File = "allocation-budgets.json";
    private const string JsonOption = "--json";
    private const string Kept = "ok";

    /// <summary>The smallest object, on 64 bits.</summary>
    private const int SmallestObject = 24;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Returns the exit code: 0 where every budget is kept.</summary>
    public static int Run(string[] arguments)
    {
        string? report = arguments.SkipWhile(argument => argument != JsonOption).ElementAtOrDefault(1);
        string filter = arguments.Skip(1).FirstOrDefault() is { } first && first != JsonOption ? first : string.Empty;
        string path = Path.Combine(AppContext.BaseDirectory, File);
        Dictionary<string, long> budgets = JsonSerializer.Deserialize<Dictionary<string, long>>(System.IO.File.ReadAllText(path))!;
        var judged = new List<JudgedOperation>();
        Write("operation", "budget", "measured", "verdict");
        foreach (IBudgetedPart part in Parts())
        {
            foreach (BudgetedOperation operation in part.Operations.Where(operation => operation.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
            {
                judged.Add(Judge(operation.Name, budgets.Remove(operation.Name, out long budget) ? budget : null, operation.BytesPerOperation()));
            }

            part.Dispose();
        }

        foreach (string name in budgets.Keys.Where(name => filter.Length == 0))
        {
            judged.Add(Judge(name, budgets[name], measured: null));
        }

        if (report is not null)
        {
            System.IO.File.WriteAllText(report, JsonSerializer.Serialize(judged, Json));
        }

        int failures = judged.Count(operation => !operation.IsKept);
        Console.WriteLine(failures == 0 ? "Every budget is kept." : string.Create(CultureInfo.InvariantCulture, $"{failures} of the budgets are not kept."));
        return failures == 0 ? 0 : 1;
    }

    /// <summary>Made one after the other, so that what one does in the background is over before the next is measured.</summary>
    private static IEnumerable<IBudgetedPart> Parts()
    {
        yield return new PacketBudgets();
        yield return new FrameBudgets();
        yield return new ShardBudgets();
        yield return new MemoryBudgets();
        yield return new HandlerBudgets();
        yield return new StreamApiBudgets();
    }

    private static JudgedOperation Judge(string name, long? budget, long? measured)
    {
        string verdict = (budget, measured) switch
        {
            (_, null) => "NOTHING OF THIS NAME IS MEASURED",
            (null, _) => "HAS NO BUDGET",
            ({ } most, { } bytes) when bytes > most => "EXCEEDED",
            ({ } most, { } bytes) when bytes <= most - SmallestObject => "TOO GENEROUS, lower it",
            _ => Kept,
        };
        Write(name, budget, measured, verdict);
        return new JudgedOperation(name, budget, measured, verdict == Kept);
    }

    private static void Write(object name, object? budget, object? measured, string verdict) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-72} {budget ?? "-",9} {measured ?? "-",9}  {verdict}"));
}

/// <summary>Operations that share what they work on, measured in their order; disposed after the last.</summary>
internal interface IBudgetedPart : IDisposable
{
    IEnumerable<BudgetedOperation> Operations { get; }
}

/// <summary>What became of an operation, as it is kept in JSON.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Budget">Bytes; null where the file does not name it.</param>
/// <param name="Measured">Bytes; null where the file alone names it.</param>
/// <param name="IsKept">Whether that is as the file says.</param>
internal sealed record JudgedOperation(string Operation, long? Budget, long? Measured, bool IsKept);
