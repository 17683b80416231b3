using System.Globalization;
using System.Text.Json;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>
/// <c>budgets [FILTER]</c>: measures what each operation allocates, to the byte, and holds it against allocation-budgets.json. An operation that
/// allocates more than its budget fails, and so does one that allocates so much less that the smallest object would find room in what is
/// left: the file is then to be lowered. Whoever raises a number in it says why in the commit.
/// </summary>
internal static class AllocationBudgets
{
    private const string File = "allocation-budgets.json";

    /// <summary>The smallest object, on 64 bits.</summary>
    private const int SmallestObject = 24;

    /// <summary>Returns the exit code: 0 where every budget is kept.</summary>
    public static int Run(string[] arguments)
    {
        string filter = arguments.Length > 1 ? arguments[1] : string.Empty;
        string path = Path.Combine(AppContext.BaseDirectory, File);
        Dictionary<string, long> budgets = JsonSerializer.Deserialize<Dictionary<string, long>>(System.IO.File.ReadAllText(path))!;
        int failures = 0;
        Write("operation", "budget", "measured", "verdict");
        foreach (IBudgetedPart part in Parts())
        {
            foreach (BudgetedOperation operation in part.Operations.Where(operation => operation.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
            {
                failures += Judge(operation, budgets.Remove(operation.Name, out long budget) ? budget : null);
            }

            part.Dispose();
        }

        foreach (string name in budgets.Keys.Where(name => filter.Length == 0))
        {
            failures++;
            Write(name, budgets[name], "-", "NOTHING OF THIS NAME IS MEASURED");
        }

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

    private static int Judge(BudgetedOperation operation, long? budget)
    {
        long measured = operation.BytesPerOperation();
        string verdict = budget switch
        {
            null => "HAS NO BUDGET",
            { } most when measured > most => "EXCEEDED",
            { } most when measured <= most - SmallestObject => "TOO GENEROUS, lower it",
            _ => "ok",
        };
        Write(operation.Name, budget, measured, verdict);
        return verdict == "ok" ? 0 : 1;
    }

    private static void Write(object name, object? budget, object measured, string verdict) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-72} {budget ?? "-",9} {measured,9}  {verdict}"));
}

/// <summary>Operations that share what they work on, measured in their order; disposed after the last.</summary>
internal interface IBudgetedPart : IDisposable
{
    IEnumerable<BudgetedOperation> Operations { get; }
}
