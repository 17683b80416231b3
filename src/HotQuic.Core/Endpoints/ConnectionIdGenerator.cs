using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Endpoints;

/// <summary>
/// Mints the connection IDs of one shard and their stateless reset tokens. All IDs have one length; the byte at a fixed place
/// leads a datagram back to the shard by one rule, <c>byte mod shards</c>; the others are random, so that two IDs
/// of a connection have nothing in common (RFC 9000 §5.1). A token is a keyed hash of its ID (§10.3.2).
/// </summary>
internal sealed class ConnectionIdGenerator
{
    /// <summary>As long as the IDs that clients choose at first, so that one filter reads both.</summary>
    public const int DefaultLength = 8;

    private readonly RandomSource _random;
    private readonly ShardRoute _route;
    private readonly HmacSha256 _resetKey;

    /// <param name="random">Makes the bytes that steer nothing.</param>
    /// <param name="route">Where the IDs lead.</param>
    /// <param name="resetKey">32 secret bytes; an endpoint that keeps them over a restart can still reset the connections it lost.</param>
    public ConnectionIdGenerator(RandomSource random, ShardRoute route, ReadOnlySpan<byte> resetKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(resetKey.Length, 32, nameof(resetKey));
        _random = random;
        _route = route;
        _resetKey = new HmacSha256(resetKey);
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

    public StatelessResetToken ResetTokenOf(ReadOnlySpan<byte> connectionId)
    {
        Span<byte> hash = stackalloc byte[HmacSha256.HashLength];
        _resetKey.Hash(connectionId, hash);
        return StatelessResetToken.Read(hash);
    }
}
