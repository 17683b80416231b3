namespace HotQuic.Ports;

/// <summary>Calls the application on the thread pool, one call at a time and in order. What a call throws is ignored: it is told, not asked.</summary>
internal sealed class CallbackQueue : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<Action> _calls = new();
    private bool _isRunning;
    private volatile int _thread;

    /// <summary>Whether the caller is in one of the calls.</summary>
    public bool IsCurrent => _thread == Environment.CurrentManagedThreadId;

    public void Add(Action call)
    {
        lock (_gate)
        {
            _calls.Enqueue(call);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryTake(out Action call))
        {
            _thread = Environment.CurrentManagedThreadId;
            try
            {
                call();
            }
            catch (Exception)
            {
                // Nobody could do anything about it here.
            }

            _thread = 0;
        }
    }

    private bool TryTake(out Action call)
    {
        lock (_gate)
        {
            _isRunning = _calls.TryDequeue(out call!);
            return _isRunning;
        }
    }
}
