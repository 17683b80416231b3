namespace HotQuic.Load;

/// <summary>
/// Tasks that nobody awaits one by one, so that a server can wait for the last of them: <see cref="Add"/> each as it is started, from
/// one thread at a time, then <see cref="WhenEndedAsync"/> once. It keeps no task.
/// </summary>
public sealed class TaskGroup
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 1;

    /// <summary>Counts a task until it has ended, however it does.</summary>
    public void Add(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Interlocked.Increment(ref _running);
        task.GetAwaiter().OnCompleted(EndOne);
    }

    /// <summary>Waits for all of them, but not longer than the patience given.</summary>
    public async Task WhenEndedAsync(TimeSpan patience)
    {
        EndOne();
        await Task.WhenAny(_ended.Task, Task.Delay(patience));
    }

    private void EndOne()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ended.SetResult();
        }
    }
}
