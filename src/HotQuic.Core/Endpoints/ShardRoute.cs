namespace HotQuic.Core.Endpoints;

/// <summary>
/// The rule that leads a datagram to a shard: one byte of its destination connection ID, modulo the number of shards. It is the
/// same for long and short headers, and the kernel's packet filter applies it too.
/// </summary>
/// <param name="Shard">This shard's number, from 0.</param>
/// <param name="ShardCount">How many shards there are, 1 to 256.</param>
/// <param name="ByteIndex">Which byte of the connection ID steers, from 0.</param>
/// <param name="ConnectionIdLength">The length of the IDs that we mint, in bytes.</param>
internal readonly record struct ShardRoute(int Shard, int ShardCount, int ByteIndex = 0, int ConnectionIdLength = ConnectionIdGenerator.DefaultLength)
{
    /// <summary>The only shard there is.</summary>
    public static ShardRoute Single => new(0, 1);

    public int ShardOf(ReadOnlySpan<byte> connectionId) => connectionId.Length > ByteIndex ? connectionId[ByteIndex] % ShardCount : Shard;

    /// <summary>Changes the steering byte to the nearest value that leads here.</summary>
    public void Stamp(Span<byte> connectionId)
    {
        int value = connectionId[ByteIndex];
        value += Shard - (value % ShardCount);
        connectionId[ByteIndex] = (byte)(value > byte.MaxValue ? value - ShardCount : value);
    }
}
