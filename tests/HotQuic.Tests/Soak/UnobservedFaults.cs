using System.Collections.Concurrent;

namespace HotQuic.Tests.Soak;

/// <summary>Faults of tasks that nobody looked at, from its making to <see cref="AssertNone"/>.</summary>
internal sealed class UnobservedFaults : IDisposable
{
    private readonly ConcurrentQueue<Exception> _faults = [];

    public UnobservedFaults() => TaskScheduler.UnobservedTaskException += OnUnobserved;

    /// <summary>Collects what nobody holds, and fails where the fault of a task was among it.</summary>
    public void AssertNone()
    {
        Footprint.Collect();
        Assert.Empty(_faults);
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= OnUnobserved;

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs fault) => _faults.Enqueue(fault.Exception);
}
