using HotQuic.Core.Packets;

namespace HotQuic.Core.Connections;

/// <summary>
/// The table of connection IDs that leads datagrams to connections, as a connection sees it. The endpoint implements it;
/// every call comes from the thread that drives the connection.
/// </summary>
internal interface IConnectionIdRegistry
{
    /// <summary>How many bytes every ID has that <see cref="Issue"/> mints.</summary>
    int ConnectionIdLength { get; }

    /// <summary>Mints an ID that was never used before and leads it to the connection.</summary>
    ConnectionId Issue(Connection connection);

    /// <summary>Leads an ID that the peer chose, or a Retry gave it, to the connection; false where it is taken.</summary>
    bool TryAdd(ConnectionId id, Connection connection);

    /// <summary>The ID leads nowhere from now on.</summary>
    void Retire(ConnectionId id);

    /// <summary>A datagram that matches no ID but ends in this token is a reset of the connection (RFC 9000 §10.3.1).</summary>
    void AddResetToken(StatelessResetToken token, Connection connection);

    void RemoveResetToken(StatelessResetToken token);
}
