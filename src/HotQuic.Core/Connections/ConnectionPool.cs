using HotQuic.Core.Packets;

namespace HotQuic.Core.Connections;

/// <summary>
/// The connection objects of one shard that are not in use, by role, so that a connection costs no new memory. What is kept is
/// bounded; <see cref="Outstanding"/> is the ledger. One thread uses it, so it has no lock.
/// </summary>
internal sealed class ConnectionPool(ConnectionServices services, int retainedConnections = ConnectionPool.DefaultRetainedConnections)
{
    /// <summary>So many of each role, of some 8 KiB each: 8 MiB a role and shard at rest. The others go to the garbage collector.</summary>
    public const int DefaultRetainedConnections = 1024;

    private readonly Stack<Connection>[] _free = [new(), new()];

    /// <summary>Connections rented and not returned.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Connections kept for the next renter, of both roles.</summary>
    public int Retained => _free[0].Count + _free[1].Count;

    /// <summary>An object that has to be started.</summary>
    public Connection Rent(EndpointRole role)
    {
        Outstanding++;
        return _free[(int)role].TryPop(out Connection? connection) ? connection : new Connection(role, services);
    }

    /// <summary>Ends a connection and keeps its object for another; see <see cref="Connection.End"/>.</summary>
    /// <exception cref="InvalidOperationException">The connection is not drained, or was returned before.</exception>
    public void Return(Connection connection)
    {
        connection.End();
        Outstanding--;
        Stack<Connection> free = _free[(int)connection.Role];
        if (free.Count < retainedConnections)
        {
            free.Push(connection);
        }
    }
}
