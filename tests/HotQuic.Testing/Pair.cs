using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;

namespace HotQuic.Testing;

/// <summary>
/// One client and one server in virtual time: set the hosts' knobs, call <see cref="Connect"/>, let time pass, look at the logs.
/// <see cref="Connected"/> gives a pair whose handshake is confirmed and whose links are quiet. <see cref="Say"/> lets either side
/// lie.
/// </summary>
internal sealed class Pair
{
    private Connection? _client;
    private Connection? _server;
    private ConnectionId _original;

    public Pair(ulong seed = 1, Func<EndpointOptions, EndpointOptions>? configureServer = null)
    {
        Network = new SimulatedNetwork(seed) { IsRecording = true };
        ServerHost = new SimulatedHost(Network, Address(1), seed + 1, isServer: true, configureServer);
        ClientHost = new SimulatedHost(Network, Address(2), seed + 2, isServer: false);
        ServerHost.OnConnectionEvent = (connection, _) => _server = connection;
        Network.Filter = OnSent;
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost ServerHost { get; }

    public SimulatedHost ClientHost { get; }

    public Connection Client => _client ?? throw new InvalidOperationException("Connect first.");

    /// <summary>The server's newest connection.</summary>
    public Connection Server => _server ?? throw new InvalidOperationException("The server has no connection yet.");

    public bool HasServer => _server is not null;

    public PacketLog ClientLog => (PacketLog)Client.Sink!;

    public PacketLog ServerLog => (PacketLog)Server.Sink!;

    /// <summary>Every datagram that was sent, whether it arrived or not.</summary>
    public List<SimulatedDatagram> Wire { get; } = [];

    /// <summary>Drops a datagram where it returns false.</summary>
    public Func<SimulatedDatagram, bool>? Filter { get; set; }

    /// <summary>The destination of the client's first Initial, which keys the Initials.</summary>
    public ConnectionId InitialKeyId { get => _original; set => _original = value; }

    public static Pair Connected(Action<Pair>? prepare = null)
    {
        var pair = new Pair();
        prepare?.Invoke(pair);
        pair.Connect();
        if (!pair.Network.RunUntil(() => pair.Client.Handshake.IsConfirmed, TimeSpan.FromSeconds(5)))
        {
            throw new InvalidOperationException("The handshake did not complete.");
        }

        pair.Pass(1000);
        return pair;
    }

    public static PathAddress Address(byte last) => PathAddress.From(new IPEndPoint(new IPAddress([127, 0, 0, last]), 4433));

    public Connection Connect(Core.Tls.TlsClientConfiguration? tls = null)
    {
        _client = ClientHost.Connect(ServerHost, tls);
        _original = _client.Attempt.OriginalDestinationId;
        return _client;
    }

    /// <summary>Lets so many milliseconds pass.</summary>
    public void Pass(double milliseconds) => Network.RunFor(TimeSpan.FromMilliseconds(milliseconds));

    public bool IsFromClient(in SimulatedDatagram datagram) => datagram.From == ClientHost.Address;

    /// <summary>What one side would say if it lied.</summary>
    public PacketForge ForgeOf(EndpointRole speaker) => new(Network, speaker == EndpointRole.Client ? Client : Server, _original);

    /// <summary>One side says these frames in one packet; the other handles them at once.</summary>
    public DatagramResult Say(EndpointRole speaker, EncryptionLevel level, ReadOnlySpan<byte> frames, Forgery? forgery = null)
    {
        forgery ??= Forgery.None;
        if (level == EncryptionLevel.Initial && forgery.PadTo == 0)
        {
            forgery = forgery with { PadTo = 1200 };
        }

        return Deliver(speaker, ForgeOf(speaker).Packet(level, frames, forgery));
    }

    /// <summary>Hands a datagram to the peer of the speaker.</summary>
    public DatagramResult Deliver(EndpointRole speaker, byte[] bytes)
    {
        (SimulatedHost from, SimulatedHost to) = speaker == EndpointRole.Client ? (ClientHost, ServerHost) : (ServerHost, ClientHost);
        return to.OnDatagram(new SimulatedDatagram(from.Address, to.Address, bytes, EcnCodepoint.NotEct));
    }

    /// <summary>Hands over a copy of bytes that come from anywhere.</summary>
    public DatagramResult DeliverToServer(byte[] bytes, PathAddress from) =>
        ServerHost.OnDatagram(new SimulatedDatagram(from, ServerHost.Address, [.. bytes], EcnCodepoint.NotEct));

    private bool OnSent(SimulatedDatagram datagram)
    {
        bool passes = Filter?.Invoke(datagram) ?? true;
        Wire.Add(datagram with { Bytes = [.. datagram.Bytes] });
        return passes;
    }
}
