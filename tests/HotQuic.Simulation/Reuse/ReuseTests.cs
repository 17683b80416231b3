using System.Security.Cryptography;
using HotQuic.Core.Connections;

namespace HotQuic.Simulation.Reuse;

/// <summary>
/// L32: a connection on objects that served others before is the same as one on new objects: every datagram, to the last byte, and
/// every event. Two worlds are alike but that connections ended in one of them before.
/// </summary>
public class ReuseTests
{
    private const ulong WorldSeed = 5;

    public static TheoryData<string> AllFates => [.. Fates.All.Keys];

    [Theory]
    [MemberData(nameof(AllFates))]
    public void L32_What_became_of_the_connection_before_shows_nowhere(string fate)
    {
        for (ulong seed = 1; seed <= 4; seed++)
        {
            var world = new SimulatedWorld(WorldSeed);
            world.Restart(seed);
            Fates.All[fate](world);
            HashSet<Connection> before = [.. world.Settle(hour: 1)];
            Assert.Equal(TraceInNewWorld(seed + 100, hour: 1), TraceOf(world, seed + 100, out Connection connection));
            Assert.Contains(connection, before);
        }
    }

    [Fact]
    public void L32_After_many_lives_an_object_is_as_good_as_new()
    {
        var world = new SimulatedWorld(WorldSeed);
        HashSet<Connection> before = [];
        string[] fates = [.. Fates.All.Keys];
        for (int hour = 1; hour <= 2 * fates.Length; hour++)
        {
            world.Restart((ulong)hour);
            Fates.All[fates[hour % fates.Length]](world);
            before.UnionWith(world.Settle(2 * hour));
            Assert.Equal(TraceInNewWorld((ulong)hour, 2 * hour), TraceOf(world, (ulong)hour, out Connection connection));
            Assert.Contains(connection, before);
            before.UnionWith(world.Settle((2 * hour) + 1));
        }

        // One object a side served them all, but where a fate left two connections.
        Assert.InRange(before.Count, 2, 6);
    }

    [Fact]
    public void L32_What_is_returned_is_drained_and_returned_once()
    {
        var world = new SimulatedWorld(WorldSeed);
        Connection connection = world.Client.Connect(world.Server);
        Assert.Throws<InvalidOperationException>(() => world.Client.Endpoint.Return(connection));
        connection.OnUnreachable(world.Network.Now);
        world.Client.Turn(connection);
        Assert.True(connection.IsDrained);
        Assert.Equal(1, world.Client.Endpoint.ConnectionCount);
        world.Client.Endpoint.Return(connection);
        Assert.Equal(0, world.Client.Endpoint.ConnectionCount);
        Assert.Throws<InvalidOperationException>(() => world.Client.Endpoint.Return(connection));
    }

    private static string TraceInNewWorld(ulong seed, int hour)
    {
        var world = new SimulatedWorld(WorldSeed);
        world.Settle(hour);
        return TraceOf(world, seed, out _);
    }

    /// <summary>What both sides did, with a hash of each datagram.</summary>
    private static string TraceOf(SimulatedWorld world, ulong seed, out Connection connection)
    {
        using var trace = new StringWriter();
        world.Network.Trace = trace;
        world.Network.OnSend = datagram => trace.WriteLine(Convert.ToHexString(SHA256.HashData(datagram.Bytes)));
        var run = new SeededRun(world, seed);
        connection = run.Connection;
        Assert.Null(run.Run());
        world.Network.Trace = null;
        world.Network.OnSend = null;
        return trace.ToString();
    }
}
