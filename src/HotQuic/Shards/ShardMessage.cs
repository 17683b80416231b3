namespace HotQuic.Shards;

/// <summary>
/// Something that a thread wants a shard to do, by value: who is to do it, what (a number that the receiver understands), and up to one
/// object and one number that go with it.
/// </summary>
/// <param name="Target">Who gets the message, on the shard's thread.</param>
/// <param name="Kind">What to do, in the target's own terms.</param>
/// <param name="Argument">An object that goes with it.</param>
/// <param name="Value">A number that goes with it.</param>
internal readonly record struct ShardMessage(IShardTarget Target, int Kind, object? Argument = null, long Value = 0)
{
    /// <summary>Which life of a pooled target is meant: it drops messages for an earlier one.</summary>
    public uint Generation { get; init; }
}

/// <summary>Whoever messages can be sent to: a connection, a stream, a socket, the shard itself.</summary>
internal interface IShardTarget
{
    /// <summary>Does what the message asks. Only the shard calls it, on its thread.</summary>
    void OnMessage(in ShardMessage message);

    /// <summary>Doing it threw, which is a fault of ours: whoever waits for the target must learn of it. It must not throw.</summary>
    void OnFault(Exception exception);
}
