namespace HotQuic.Udp;

/// <summary>
/// The one rule by which datagrams that share a port find their shard: a byte of the payload, modulo the number of shards. Which byte
/// depends on the top bit of the first byte of the payload, the form bit.
/// </summary>
/// <param name="LongHeaderOffset">Where the byte is when the top bit is set.</param>
/// <param name="ShortHeaderOffset">Where the byte is when the top bit is clear.</param>
internal readonly record struct ShardSteering(int LongHeaderOffset, int ShortHeaderOffset)
{
    /// <summary>The shard that a datagram is for; a byte beyond its end steers to shard 0.</summary>
    public int ShardOf(ReadOnlySpan<byte> datagram, int shardCount)
    {
        int offset = !datagram.IsEmpty && (datagram[0] & 0x80) != 0 ? LongHeaderOffset : ShortHeaderOffset;
        return offset < datagram.Length ? datagram[offset] % shardCount : 0;
    }
}
