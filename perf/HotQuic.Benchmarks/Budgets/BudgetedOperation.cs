namespace HotQuic.Benchmarks.Budgets;

/// <summary>Something that is done often, and what doing it allocates.</summary>
/// <param name="Name">What <c>allocation-budgets.json</c> calls it.</param>
/// <param name="Measure">Does it so many times, and gives the bytes that were allocated meanwhile.</param>
internal sealed record BudgetedOperation(string Name, Func<int, long> Measure)
{
    private const int ObjectGrain = 8;

    /// <summary>How often it is done before anything is counted: pools are full and methods have their last compilation then.</summary>
    public int WarmUp { get; init; } = 20_000;

    /// <summary>How often it is done in a window.</summary>
    public int Window { get; init; } = 2000;

    public int Windows { get; init; } = 9;

    /// <summary>
    /// Where engines run, looking at them costs something too, and a busy machine makes a pool grow now and then: figures are then rounded down to
    /// what the sizes of objects are multiples of. One object in three operations is still seen.
    /// </summary>
    public bool IsRounded { get; init; }

    /// <summary>An operation that is over when the call returns; what this thread allocates is what it costs.</summary>
    public static BudgetedOperation OnThisThread(string name, Action operation) => new(name, count =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < count; i++)
        {
            operation();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    });

    /// <summary>
    /// Bytes that one operation allocates, rounded up unless <see cref="IsRounded"/>: the least of the windows, since a pool may grow in any of
    /// them, and what each operation costs is in all.
    /// </summary>
    public long BytesPerOperation()
    {
        _ = Measure(WarmUp);
        long least = long.MaxValue;
        for (int i = 0; i < Windows; i++)
        {
            least = Math.Min(least, Measure(Window));
        }

        return IsRounded ? least / Window / ObjectGrain * ObjectGrain : (least + Window - 1) / Window;
    }
}
