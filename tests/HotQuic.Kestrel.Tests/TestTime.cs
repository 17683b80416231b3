namespace HotQuic.Kestrel.Tests;

/// <summary>How long a test waits for what has to come: long enough that only a hang reaches it.</summary>
internal static class TestTime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task<T> OrFail<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task OrFail(this Task task) => task.WaitAsync(Patience);

    public static Task<T> OrFail<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    public static Task OrFail(this ValueTask task) => task.AsTask().WaitAsync(Patience);
}
