using System.Diagnostics;
using HotQuic.Shards;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Soak;

/// <summary>What the shards of an engine hold at one moment, added up, by what each counts itself.</summary>
internal sealed record Ledger
{
    public int Connections { get; private init; }

    /// <summary>Connection IDs in the endpoints' tables.</summary>
    public int ConnectionIds { get; private init; }

    public int Timers { get; private init; }

    /// <summary>Drivers of streams that are not in their pools.</summary>
    public long StreamDrivers { get; private init; }

    /// <summary>The protocol's streams that are not in their pools.</summary>
    public int Streams { get; private init; }

    /// <summary>Chunks of send and receive buffers that are not in their pools.</summary>
    public int Buffers { get; private init; }

    public int Sockets { get; private init; }

    /// <summary>The same without the sockets, which an engine keeps.</summary>
    public Ledger WithoutSockets() => this with { Sockets = 0 };

    /// <summary>The same without the timers, of which a connection that rests may have one or none.</summary>
    public Ledger WithoutTimers() => this with { Timers = 0 };

    public static async Task<Ledger> ReadAsync(QuicEngine engine)
    {
        var sum = new Ledger();
        foreach (Shard shard in engine.Shards.ToArray())
        {
            await shard.RunAsync(self => sum = sum.Plus(self)).WaitAsync(Pair.Patience);
        }

        return sum;
    }

    /// <summary>Waits until the ledger is as expected; nothing tells when that is so.</summary>
    public static async Task<Ledger> WhenAsync(QuicEngine engine, Func<Ledger, bool> isExpected, TimeSpan? patience = null)
    {
        TimeSpan limit = patience ?? Pair.Patience;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            Ledger seen = await ReadAsync(engine);
            if (isExpected(seen))
            {
                return seen;
            }

            if (clock.Elapsed > limit)
            {
                Assert.Fail($"After {limit} there was still {seen}.");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Waits until no connection, and nothing of one, is left.</summary>
    public static Task<Ledger> WhenEmptyAsync(QuicEngine engine, TimeSpan? patience = null) =>
        WhenAsync(engine, seen => seen.WithoutSockets() == new Ledger(), patience);

    private Ledger Plus(Shard shard) => new()
    {
        Connections = Connections + shard.ConnectionCount,
        ConnectionIds = ConnectionIds + shard.Endpoint.ConnectionIdCount,
        Timers = Timers + shard.TimerCount,
        StreamDrivers = StreamDrivers + shard.AwaitedStreams.Outstanding + shard.HandledStreams.Outstanding,
        Streams = Streams + shard.Endpoint.Services.Streams.Outstanding,
        Buffers = Buffers + shard.Endpoint.Services.Buffers.Outstanding,
        Sockets = Sockets + shard.SocketCount,
    };
}
