using HotQuic;

namespace RequestService;

/// <summary>The connections that there are, so that a stop can reach them: handles may be kept anywhere, and posted to from any thread.</summary>
internal sealed class OpenConnections
{
    private readonly Lock _gate = new();
    private readonly HashSet<QuicConnectionHandle> _connections = [];
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosing;

    /// <summary>Adds a connection, unless all are being closed.</summary>
    public bool TryAdd(QuicConnectionHandle connection)
    {
        lock (_gate)
        {
            return !_isClosing && _connections.Add(connection);
        }
    }

    public void Remove(QuicConnectionHandle connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            SignalIfEmptied();
        }
    }

    /// <summary>Lets all connections finish what they do, and closes those that take longer than the grace.</summary>
    public async Task CloseAsync(TimeSpan grace)
    {
        PostToAll(Order.Drain);
        try
        {
            await _emptied.Task.WaitAsync(grace);
        }
        catch (TimeoutException)
        {
            PostToAll(Order.GiveUp);
            await _emptied.Task;
        }
    }

    private void PostToAll(Order order)
    {
        lock (_gate)
        {
            _isClosing = true;
            foreach (QuicConnectionHandle connection in _connections)
            {
                connection.Post(order);
            }

            SignalIfEmptied();
        }
    }

    private void SignalIfEmptied()
    {
        if (_isClosing && _connections.Count == 0)
        {
            _emptied.TrySetResult();
        }
    }
}
