using System.Collections.Concurrent;

namespace EchoService;

/// <summary>Tasks that are under way, and nothing of those that have ended: a service may start any number of them.</summary>
internal sealed class TaskSet
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    /// <summary>Keeps a task until it has ended. It is expected to deal with its own exceptions.</summary>
    public void Add(Task task)
    {
        _tasks.TryAdd(task, true);
        _ = task.ContinueWith(
            static (ended, tasks) => ((ConcurrentDictionary<Task, bool>)tasks!).TryRemove(ended, out _),
            _tasks, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Ends when all that were added so far have.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_tasks.Keys);
}
