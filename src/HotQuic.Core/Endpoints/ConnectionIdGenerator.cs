using HotQuic.Core.Packets;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Mints the connection IDs of one shard. All IDs have one length; the byte at a fixed place
/// leads a datagram back to the shard by one rule, <c>byte mod shards</c>; the others are random, so that two IDs
/// of a connection have nothing in common (RFC 9000 §5.1).
/// </summary>
internal sealed class ConnectionIdGenerator
{
    /// <summary>As long as the IDs that clients choose at first, so that one filter reads both.</summary>
    public const int DefaultLength = 8;

    private readonly RandomSource _random;
    private readonly ShardRoute _route;

    /// <param name="random">Makes the bytes that steer nothing.</param>
    /// <param name="route">Where the IDs lead.</param>
    public ConnectionIdGenerator(RandomSource random, ShardRoute route)
    {
        _random = random;
        _route = route;
    }

    public int Length => _route.ConnectionIdLength;

    public ConnectionId Next()
    {
        Span<byte> bytes = stackalloc byte[ConnectionId.MaxLength];
        bytes = bytes[..Length];
        _random.Fill(bytes);
        _route.Stamp(bytes);
        return new ConnectionId(bytes);
    }
}
