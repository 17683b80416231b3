using HotQuic.Core.Connections;
using HotQuic.Core.Paths;
using HotQuic.Testing;

namespace HotQuic.Simulation;

public class SeedTests
{
    [Fact]
    public void Given_a_perfect_link_a_transfer_completes()
    {
        using var trace = new StringWriter(); var network = new SimulatedNetwork(1) { Trace = trace };
        var server = new SimulatedHost(network, Address(1), 2, isServer: true);
        var client = new SimulatedHost(network, Address(2), 3, isServer: false);
        var transfer = new Transfer(client, server, streams: 3, bytes: 1_000_000);
        Connection connection = client.Connect(server);

        bool completed = network.RunUntil(() => transfer.IsComplete || connection.Termination is not null, TimeSpan.FromSeconds(60));

        Assert.True(completed && transfer.IsComplete, $"{connection.Termination} {transfer.Completed}\n{trace.ToString()[..Math.Min(6000, trace.ToString().Length)]}");
        Assert.Null(transfer.Corruption);
    }

    private static PathAddress Address(int host) => PathAddress.From(new System.Net.IPEndPoint(new System.Net.IPAddress([10, 0, 0, (byte)host]), 4433));
}
