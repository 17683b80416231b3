using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Testing;

namespace HotQuic.Simulation.BadInput;

/// <summary>
/// A server, a client, one connection between them, one side of which is hostile; and others, who must not notice.
/// <see cref="Connected"/> completes the handshake, <see cref="Peer"/> does the mischief, the Expect methods look at the victim.
/// </summary>
internal sealed class Arena
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly EndpointRole _hostile;
    private byte _nextAddress = 10;

    public Arena(EndpointRole hostile = EndpointRole.Client, ConnectionSettings? settings = null, Func<Connection, ConnectionEventSink?>? sinks = null)
    {
        _hostile = hostile;
        Network = new SimulatedNetwork(1) { SinkFactory = sinks };
        Server = Host(1, isServer: true);
        Client = Host(2, isServer: false);
        Server.Settings = settings ?? ConnectionSettings.Default;
        Client.Settings = settings ?? ConnectionSettings.Default;
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost Server { get; }

    public SimulatedHost Client { get; }

    public SimulatedHost VictimHost => _hostile == EndpointRole.Client ? Server : Client;

    public SimulatedHost HostileHost => _hostile == EndpointRole.Client ? Client : Server;

    public HostilePeer Peer { get; private set; } = null!;

    /// <summary>The victim's end of the connection.</summary>
    public Connection Victim { get; private set; } = null!;

    /// <summary>An arena whose connection is established and confirmed.</summary>
    public static Arena Connected(EndpointRole hostile, ConnectionSettings? settings = null)
    {
        var arena = new Arena(hostile, settings);
        Connection client = arena.Client.Connect(arena.Server);
        Assert.True(arena.Network.RunUntil(() => client.Handshake.IsConfirmed, Patience));
        arena.Network.RunFor(TimeSpan.FromSeconds(1));
        arena.Adopt(client);
        return arena;
    }

    /// <summary>An arena whose victim has Handshake keys while its handshake goes no further.</summary>
    public static Arena InHandshake(EndpointRole hostile)
    {
        var arena = new Arena(hostile);
        if (hostile == EndpointRole.Server)
        {
            // The server's flight is longer than it may send before it hears from the client again, and it never does.
            arena.Server.ServerTls = TestTls.Server(certificateBytes: 9000);
        }

        Connection client = arena.Client.Connect(arena.Server);
        arena.Network.Filter = datagram => datagram.From != arena.Client.Address || client.Space(PacketNumberSpace.Handshake)?.SendKeys is null;
        Assert.True(arena.Network.RunUntil(() => client.Space(PacketNumberSpace.Handshake)?.SendKeys is not null, Patience));
        arena.Adopt(client);
        return arena;
    }

    /// <summary>A host that drops what streams still hold once their connection is drained, as an application does that has had enough.</summary>
    public SimulatedHost Host(byte address, bool isServer) => new(Network, AddressOf(address), address, isServer)
    {
        OnConnectionEvent = (connection, kind) =>
        {
            if (kind == ConnectionEventKind.Drained)
            {
                connection.Streams.Release();
            }
        },
    };

    public static PathAddress AddressOf(byte host) => PathAddress.From(new IPEndPoint(new IPAddress([10, 0, 0, host]), 4433));

    /// <summary>Hands a datagram to the victim's endpoint, from the hostile side's address or another.</summary>
    public void Deliver(byte[] datagram, PathAddress? from = null) =>
        VictimHost.OnDatagram(new SimulatedDatagram(from ?? HostileHost.Address, VictimHost.Address, datagram, EcnCodepoint.NotEct));

    public void Adopt(Connection client)
    {
        Connection server = Server.Connections.Single(c => c.Path.Remote == Client.Address);
        Victim = _hostile == EndpointRole.Client ? server : client;
        Peer = new HostilePeer(Network, HostileHost, _hostile == EndpointRole.Client ? client : server, VictimHost);
    }

    /// <summary>The victim ended the connection, for this reason and no other.</summary>
    public void ExpectClosed(TransportErrorCode code)
    {
        Assert.NotNull(Victim.Termination);
        Assert.Equal((TerminationKind.LocalTransport, code), (Victim.Termination.Value.Kind, (TransportErrorCode)Victim.Termination.Value.Code));
    }

    public void ExpectAlert(TlsAlert alert) => ExpectClosed((TransportErrorCode)((ulong)TransportErrorCode.CryptoErrorBase + (byte)alert));

    public void ExpectOpen() => Assert.Null(Victim.Termination);

    /// <summary>The endpoint of the victim goes on serving: a connection with somebody else carries a whole transfer.</summary>
    public void ExpectOthersServed()
    {
        Network.Filter = null;
        bool isVictimServer = VictimHost == Server;
        SimulatedHost other = Host(_nextAddress++, isServer: !isVictimServer);
        SimulatedHost client = isVictimServer ? other : Client;
        SimulatedHost server = isVictimServer ? Server : other;
        var transfer = new Transfer(client, server, 2, 20_000);
        RestrictTo(client, server.Address);
        RestrictTo(server, client.Address);
        Connection connection = client.Connect(server);
        Network.RunUntil(() => transfer.IsComplete || connection.Termination is not null, Patience);
        Assert.True(transfer.IsComplete, $"others are not served: {connection.Termination}");
        connection.Close(0, string.Empty, Network.Now);
        client.Turn(connection);
        Network.RunUntil(() => !client.Connections.Contains(connection), Patience);
    }

    /// <summary>Ends all connections; then nothing may be left: no connection, no ID, no rented memory.</summary>
    public void ExpectNothingLeft()
    {
        Network.Filter = null;
        foreach (SimulatedHost host in new[] { Client, Server })
        {
            foreach (Connection connection in host.Connections.ToArray())
            {
                connection.Close(0, string.Empty, Network.Now);
                host.Turn(connection);
            }
        }

        Assert.True(Network.RunUntil(() => Client.Connections.Count + Server.Connections.Count == 0, Patience), "a connection did not drain");
        foreach (SimulatedHost host in new[] { Client, Server })
        {
            Assert.Equal(0, host.Endpoint.ConnectionIdCount);
            Assert.Equal(0, host.Endpoint.Services.Buffers.Outstanding);
            Assert.Equal(0, host.Endpoint.Services.Buffers.Maps.Outstanding);
        }
    }

    private static void RestrictTo(SimulatedHost host, PathAddress remote)
    {
        var onTurn = host.OnTurn;
        var onStreamEvent = host.OnStreamEvent;
        host.OnTurn = connection =>
        {
            if (connection.Path.Remote == remote)
            {
                onTurn?.Invoke(connection);
            }
        };
        host.OnStreamEvent = (connection, e) =>
        {
            if (connection.Path.Remote == remote)
            {
                onStreamEvent?.Invoke(connection, e);
            }
        };
    }
}
