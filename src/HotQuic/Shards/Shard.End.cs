using HotQuic.Connections;

namespace HotQuic.Shards;

/// <summary>
/// What comes after the thread: nothing that anybody posts is lost, or who waits for its answer would wait for ever. The thread pool
/// takes what is posted, one at a time, and finds every connection over.
/// </summary>
internal sealed partial class Shard
{
    private readonly Lock _late = new();
    private volatile bool _hasEnded;

    /// <summary>Whether the thread is gone: nothing is sent or received any more. From any thread.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>The last that the thread does.</summary>
    private void End()
    {
        foreach (ShardSocket socket in _sockets)
        {
            socket.Udp.Dispose();
        }

        foreach (ConnectionDriver driver in _connections.ToArray())
        {
            driver.OnShardStopped();
            RemoveConnection(driver);
        }

        _waiter.Dispose();
        _endpoint.Dispose();
        _hasEnded = true;

        // Who posts reads the flag after that: one of the two sees the other.
        Interlocked.MemoryBarrier();
        TakeLate();
    }

    /// <summary>Has the shard take what was left for it by <see cref="PostWithoutWaking"/>. From any thread.</summary>
    public void Wake() => _waiter.Wake();

    /// <summary>After a post, from any thread.</summary>
    private void WakeOrTakeLate()
    {
        // It is also the barrier between the post and the look at the flag.
        _waiter.Wake();
        TakeLateIfEnded();
    }

    private void TakeLateIfEnded()
    {
        if (_hasEnded)
        {
            // The poster may hold a lock that taking the message needs.
            ThreadPool.UnsafeQueueUserWorkItem(static shard => shard.TakeLate(), this, preferLocal: false);
        }
    }

    private void TakeLate()
    {
        lock (_late)
        {
            Shard? before = _current;
            _current = this;
            bool any = true;
            while (any || _unposted.Count > 0)
            {
                PostAgain();
                any = false;
                while (_mailbox.TryTake(out ShardMessage message))
                {
                    any = true;
                    Take(message);
                }
            }

            _touched.Clear();
            _current = before;
        }
    }
}
