using HotQuic.Load.Measuring;

namespace HotQuic.Load.Awaited;

/// <summary>
/// Sums what all connections of one side have sent and received, those that have ended included. <see cref="Add"/> a connection
/// once it is made, <see cref="Retire"/> it just before it is disposed, <see cref="Read"/> at any time; from any thread.
/// </summary>
public sealed class ConnectionLedger
{
    private readonly Lock _gate = new();
    private readonly HashSet<QuicConnection> _open = [];
    private PacketCounters _ended;

    /// <summary>Counts a connection from now on.</summary>
    public void Add(QuicConnection connection)
    {
        lock (_gate)
        {
            _open.Add(connection);
        }
    }

    /// <summary>Takes the last reading of a connection.</summary>
    public void Retire(QuicConnection connection)
    {
        lock (_gate)
        {
            if (_open.Remove(connection))
            {
                _ended += CountersOf(connection);
            }
        }
    }

    /// <summary>All connections together.</summary>
    public PacketCounters Read()
    {
        lock (_gate)
        {
            PacketCounters sum = _ended;
            foreach (QuicConnection connection in _open)
            {
                sum += CountersOf(connection);
            }

            return sum;
        }
    }

    private static PacketCounters CountersOf(QuicConnection connection)
    {
        QuicConnectionStatistics statistics = connection.GetStatistics();
        return new(statistics.PacketsSent, statistics.PacketsReceived, statistics.PacketsLost, statistics.LargestUdpPayloadSent);
    }
}
