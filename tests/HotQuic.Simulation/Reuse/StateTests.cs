using System.Reflection;
using HotQuic.Core.Connections;
using HotQuic.Core.Tls.Secrets;

namespace HotQuic.Simulation.Reuse;

/// <summary>L32, from inside: of a connection before, its objects hold nothing.</summary>
public class StateTests
{
    private const ulong WorldSeed = 5;

    public static TheoryData<string> AllFates => [.. Fates.All.Keys];

    [Theory]
    [MemberData(nameof(AllFates))]
    public void L32_Every_field_of_a_used_object_is_that_of_a_new_one_when_a_connection_begins(string fate)
    {
        var world = new SimulatedWorld(WorldSeed);
        world.Restart(1);
        Fates.All[fate](world);
        HashSet<Connection> before = [.. world.Settle(hour: 1)];
        (List<string> usedClient, List<string> usedServer, Connection connection) = Begin(world);
        Assert.Contains(connection, before);

        var newWorld = new SimulatedWorld(WorldSeed);
        newWorld.Settle(hour: 1);
        (List<string> newClient, List<string> newServer, _) = Begin(newWorld);
        Assert.True(newClient.Count > 500, $"only {newClient.Count} values were compared");
        Assert.Empty(Differences(newClient, usedClient));
        Assert.Empty(Differences(newServer, usedServer));
    }

    [Theory]
    [MemberData(nameof(AllFates))]
    public void L32_No_secret_outlives_its_connection(string fate)
    {
        var world = new SimulatedWorld(WorldSeed);
        world.Restart(1);
        Fates.All[fate](world);
        IReadOnlyList<Connection> ended = world.Settle(hour: 1);
        Assert.NotEmpty(ended);
        foreach (object part in ended.Cast<object>().Concat(world.Server.Endpoint.Services.FreeTls))
        {
            foreach (HandshakeSecrets secrets in StateGraph.ObjectsOf(part).OfType<HandshakeSecrets>())
            {
                Assert.DoesNotContain(SecretsOf(secrets), value => value != 0);
            }
        }

        Assert.Equal(0, world.Server.Endpoint.Services.Keys.Outstanding + world.Client.Endpoint.Services.Keys.Outstanding);
        Assert.Equal(0, world.Server.Endpoint.Services.Buffers.Outstanding + world.Client.Endpoint.Services.Buffers.Outstanding);
        Assert.Equal(0, world.Server.Endpoint.Services.Streams.Outstanding + world.Client.Endpoint.Services.Streams.Outstanding);
        Assert.Equal(0, world.Server.Endpoint.Services.Recovery.Packets.Outstanding + world.Client.Endpoint.Services.Recovery.Packets.Outstanding);
        Assert.Equal(0, world.Server.Endpoint.Services.Recovery.Frames.Outstanding + world.Client.Endpoint.Services.Recovery.Frames.Outstanding);
    }

    private static string Differences(List<string> expected, List<string> actual) =>
        string.Join('\n', [.. expected.Except(actual).Select(line => $"new: {line}").Take(20), .. actual.Except(expected).Select(line => $"used: {line}").Take(20)]);

    /// <summary>All bytes that the object holds itself, and all in the memory of its traffic secrets.</summary>
    private static IEnumerable<byte> SecretsOf(HandshakeSecrets secrets)
    {
        foreach (FieldInfo field in typeof(HandshakeSecrets).GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            if (field.GetValue(secrets) is SecretBytes bytes)
            {
                foreach (byte value in ((ReadOnlySpan<byte>)bytes).ToArray())
                {
                    yield return value;
                }
            }
            else if (field.GetValue(secrets) is byte[]?[] traffic)
            {
                foreach (byte value in traffic.SelectMany(secret => secret ?? []))
                {
                    yield return value;
                }
            }
        }
    }

    /// <summary>A client that has said its first, and a server that has heard it and not answered.</summary>
    private static (List<string> Client, List<string> Server, Connection Connection) Begin(SimulatedWorld world)
    {
        world.Restart(9);
        world.Server.Unanswered.Add(ConnectionEventKind.NeedConfiguration);
        Connection connection = world.Client.Connect(world.Server);
        List<string> client = StateGraph.Of(connection);
        if (!world.Network.RunUntil(() => world.Server.Connections.Count == 1, TimeSpan.FromSeconds(1)))
        {
            throw new InvalidOperationException("The server accepted nothing.");
        }

        return (client, StateGraph.Of(world.Server.Connections[0]), connection);
    }
}
