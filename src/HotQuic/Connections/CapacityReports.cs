namespace HotQuic.Connections;

/// <summary>
/// Calls the application's stream capacity callback on the thread pool, one call at a time and in order; what comes together while it
/// runs is added up. <see cref="Add"/> is the shard's, which calls the callback itself where the connection completes inline.
/// </summary>
internal sealed class CapacityReports(Action<QuicConnection, QuicStreamCapacityChangedArgs> callback, bool completesInline) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private QuicConnection? _connection;
    private int _bidirectional;
    private int _unidirectional;
    private bool _isRunning;

    public void Add(QuicConnection connection, in QuicStreamCapacityChangedArgs increment)
    {
        if (completesInline)
        {
            Tell(connection, increment);
            return;
        }

        lock (_gate)
        {
            _connection = connection;
            _bidirectional += increment.BidirectionalIncrement;
            _unidirectional += increment.UnidirectionalIncrement;
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
        while (TryTake(out QuicConnection connection, out QuicStreamCapacityChangedArgs args))
        {
            Tell(connection, args);
        }
    }

    private void Tell(QuicConnection connection, QuicStreamCapacityChangedArgs args)
    {
        try
        {
            callback(connection, args);
        }
        catch (Exception)
        {
            // It is told, not asked: what it throws changes nothing.
        }
    }

    private bool TryTake(out QuicConnection connection, out QuicStreamCapacityChangedArgs args)
    {
        lock (_gate)
        {
            connection = _connection!;
            args = new QuicStreamCapacityChangedArgs { BidirectionalIncrement = _bidirectional, UnidirectionalIncrement = _unidirectional };
            _isRunning = _bidirectional + _unidirectional > 0;
            _bidirectional = 0;
            _unidirectional = 0;
            if (!_isRunning)
            {
                _connection = null;
            }

            return _isRunning;
        }
    }
}
