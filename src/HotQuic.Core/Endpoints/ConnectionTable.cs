using System.Numerics;
using HotQuic.Core.Connections;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Leads connection IDs to the connections of one shard. Strangers choose some of the IDs, so hashes are keyed; a run of
/// datagrams for one connection is answered by remembering the last.
/// </summary>
internal sealed class ConnectionTable
{
    private readonly Dictionary<ConnectionId, Connection> _connections;
    private readonly Dictionary<StatelessResetToken, Connection> _resetTokens;
    private ConnectionId _lastId;
    private Connection? _last;

    public ConnectionTable(ulong hashKey)
    {
        _connections = new Dictionary<ConnectionId, Connection>(new KeyedComparer(hashKey));
        _resetTokens = new Dictionary<StatelessResetToken, Connection>(new KeyedTokenComparer(hashKey));
    }

    /// <summary>How many IDs lead somewhere.</summary>
    public int Count => _connections.Count;

    public Connection? Find(ReadOnlySpan<byte> id)
    {
        if (_last is not null && _lastId.Matches(id))
        {
            return _last;
        }

        if (id.Length > ConnectionId.MaxLength)
        {
            return null;
        }

        var key = new ConnectionId(id);
        if (_connections.TryGetValue(key, out Connection? connection))
        {
            _lastId = key;
            _last = connection;
        }

        return connection;
    }

    public bool TryAdd(ConnectionId id, Connection connection) => _connections.TryAdd(id, connection);

    public void Remove(ConnectionId id)
    {
        _connections.Remove(id);
        if (_lastId == id)
        {
            _last = null;
        }
    }

    public void AddResetToken(StatelessResetToken token, Connection connection) => _resetTokens[token] = connection;

    public void RemoveResetToken(StatelessResetToken token) => _resetTokens.Remove(token);

    /// <summary>The connection whose peer may have sent this datagram as a reset (RFC 9000 §10.3.1); it compares the token itself.</summary>
    public Connection? FindByResetToken(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= StatelessReset.MinLength && _resetTokens.TryGetValue(StatelessResetToken.Read(datagram[^StatelessResetToken.Length..]), out Connection? connection)
            ? connection : null;

    /// <summary>Strangers choose some of the IDs: see <see cref="KeyedHash"/>.</summary>
    private sealed class KeyedComparer : IEqualityComparer<ConnectionId>
    {
        private readonly ulong _key;

        public KeyedComparer(ulong key)
        {
            _key = key | 1;
        }

        public bool Equals(ConnectionId x, ConnectionId y) => x.Equals(y);

        public int GetHashCode(ConnectionId id)
        {
            ulong hash = KeyedHash.Of(id.Span, _key);
            return (int)(hash ^ (hash >> 32));
        }
    }

    /// <summary>Where a token's bucket lies depends on the key, and comparing takes the same time for any two: nobody can feel the way to a token (RFC 9000 §10.3.1).</summary>
    private sealed class KeyedTokenComparer : IEqualityComparer<StatelessResetToken>
    {
        private readonly ulong _key;

        public KeyedTokenComparer(ulong key)
        {
            _key = key | 1;
        }

        public bool Equals(StatelessResetToken x, StatelessResetToken y) => ((x.High ^ y.High) | (x.Low ^ y.Low)) == 0;

        public int GetHashCode(StatelessResetToken token)
        {
            ulong high = Math.BigMul(token.High ^ _key, (token.Low ^ BitOperations.RotateLeft(_key, 32)) | 1, out ulong low);
            return (int)((high ^ low) >> 32);
        }
    }
}
