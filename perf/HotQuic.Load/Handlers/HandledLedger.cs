using HotQuic.Load.Measuring;

namespace HotQuic.Load.Handlers;

/// <summary>
/// Sums what all connections of event handlers have sent and received, those that have ended included. Their handlers <see cref="Add"/> and
/// <see cref="Retire"/> them, and pass each <see cref="Question"/> that comes as a message to <see cref="Answer"/>, all on their shards;
/// <see cref="ReadAsync"/> from any other thread.
/// </summary>
internal sealed class HandledLedger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<QuicConnectionHandle, PacketCounters> _open = [];
    private readonly HashSet<QuicConnectionHandle> _asked = [];
    private PacketCounters _ended;
    private TaskCompletionSource? _answered;
    private TaskCompletionSource? _emptied;

    /// <summary>Counts a connection from now on: it is connected.</summary>
    public void Add(QuicConnectionHandle connection)
    {
        lock (_gate)
        {
            _open.Add(connection, default);
        }
    }

    /// <summary>Takes the last reading of a connection: it has ended, and may never have been connected.</summary>
    public void Retire(QuicConnectionHandle connection)
    {
        lock (_gate)
        {
            if (_open.Remove(connection))
            {
                _ended += CountersOf(connection);
                OnAnswered(connection);
            }

            if (_open.Count == 0)
            {
                _emptied?.TrySetResult();
            }
        }
    }

    /// <summary>Reads a connection that was asked.</summary>
    public void Answer(QuicConnectionHandle connection)
    {
        lock (_gate)
        {
            if (_asked.Contains(connection))
            {
                _open[connection] = CountersOf(connection);
                OnAnswered(connection);
            }
        }
    }

    /// <summary>All connections together. Who asks while others do gets the same answer.</summary>
    public async Task<PacketCounters> ReadAsync()
    {
        await AskAsync();
        lock (_gate)
        {
            PacketCounters sum = _ended;
            foreach (PacketCounters counters in _open.Values)
            {
                sum += counters;
            }

            return sum;
        }
    }

    /// <summary>Has every connection closed by a <see cref="CloseOrder"/>, and ends with the last of them.</summary>
    public Task CloseAllAsync()
    {
        List<QuicConnectionHandle> open;
        Task emptied;
        lock (_gate)
        {
            if (_open.Count == 0)
            {
                return Task.CompletedTask;
            }

            open = [.. _open.Keys];
            _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
            emptied = _emptied.Task;
        }

        open.ForEach(connection => connection.Post(CloseOrder.Instance));
        return emptied;
    }

    private static PacketCounters CountersOf(QuicConnectionHandle connection)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        return new(statistics.PacketsSent, statistics.PacketsReceived, statistics.PacketsLost, statistics.LargestUdpPayloadSent);
    }

    private Task AskAsync()
    {
        QuicConnectionHandle[] open;
        Task answered;
        lock (_gate)
        {
            if (_asked.Count > 0 || _open.Count == 0)
            {
                return _asked.Count > 0 ? _answered!.Task : Task.CompletedTask;
            }

            open = [.. _open.Keys];
            _asked.UnionWith(open);
            _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            answered = _answered.Task;
        }

        // Outside the lock: posting may wait for a shard, and a shard for the lock.
        Array.ForEach(open, static connection => connection.Post(Question.Instance));
        return answered;
    }

    private void OnAnswered(QuicConnectionHandle connection)
    {
        if (_asked.Remove(connection) && _asked.Count == 0)
        {
            _answered!.SetResult();
        }
    }

    /// <summary>The message that asks a connection for its counters.</summary>
    internal sealed class Question
    {
        private Question()
        {
        }

        public static Question Instance { get; } = new();
    }
}
