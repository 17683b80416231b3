using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Paths;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// A server and a client in one network, for any number of runs one after the other: <see cref="Restart"/> makes all that follows
/// depend on a seed alone, <see cref="Settle"/> lets every connection drain and gives the objects to those that come.
/// </summary>
internal sealed class SimulatedWorld
{
    public SimulatedWorld(ulong seed, TextWriter? trace = null)
    {
        var random = new SeededRandom(seed);
        Network = new SimulatedNetwork(random.Next()) { Trace = trace };
        Server = new SimulatedHost(Network, AddressOf(1), random.Next(), isServer: true);
        Client = new SimulatedHost(Network, AddressOf(2), random.Next(), isServer: false);
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost Server { get; }

    public SimulatedHost Client { get; }

    public void Restart(ulong seed)
    {
        var random = new SeededRandom(seed);
        Network.Restart(random.Next());
        foreach (SimulatedHost host in new[] { Server, Client })
        {
            host.Random.Restart(random.Next());
            host.Settings = ConnectionSettings.Default;
            host.Admission = AdmissionVerdict.Accept;
            host.ServerTls = TestTls.Server();
            host.Token = default;
            host.Unanswered.Clear();
            host.OnConnectionEvent = null;
            host.OnStreamEvent = null;
            host.OnTurn = null;
        }
    }

    /// <summary>Lets time pass up to the given hour, and returns what was drained by then.</summary>
    public IReadOnlyList<Connection> Settle(int hour)
    {
        foreach (SimulatedHost host in new[] { Server, Client })
        {
            foreach (Connection connection in host.Connections.ToArray())
            {
                host.Turn(connection);
            }
        }

        Network.RunFor(TimeSpan.FromHours(hour) - TimeSpan.FromTicks(Network.Now.Ticks));
        if (Server.Connections.Count + Client.Connections.Count > 0)
        {
            throw new InvalidOperationException("A connection did not drain.");
        }

        return [.. Server.ReturnDrained(), .. Client.ReturnDrained()];
    }

    private static PathAddress AddressOf(int host) => PathAddress.From(new IPEndPoint(new IPAddress([10, 0, 0, (byte)host]), 4433));
}
