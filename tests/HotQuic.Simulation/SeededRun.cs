using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// One run, all of which follows from its seed: the links, the changes to them on the way, the settings of both sides, what is
/// transferred. It has to end with equal bytes, or with both sides knowing a defined end.
/// </summary>
internal sealed class SeededRun
{
    private static readonly TimeSpan VirtualLimit = TimeSpan.FromMinutes(30);

    private readonly SimulatedNetwork _network;
    private readonly SimulatedHost _server;
    private readonly SimulatedHost _client;
    private readonly Transfer _transfer;
    private readonly SeededRandom _random;
    private readonly Connection _connection;

    public SeededRun(ulong seed, TextWriter? trace = null)
        : this(new SimulatedWorld(seed, trace), seed)
    {
    }

    /// <summary>A run in a world that may have seen others; all of it follows from the seed nevertheless.</summary>
    public SeededRun(SimulatedWorld world, ulong seed)
    {
        _random = new SeededRandom(seed);
        world.Restart(_random.Next());
        _network = world.Network;
        _server = world.Server;
        _client = world.Client;
        _network.Conditions[_server.Address] = NextConditions();
        _network.Conditions[_client.Address] = NextConditions();
        _server.Settings = NextSettings();
        _client.Settings = NextSettings();
        _server.Admission = _random.Chance(200) ? AdmissionVerdict.Retry : AdmissionVerdict.Accept;
        _server.ServerTls = TestTls.Server(_random.Chance(100) ? _random.Between(3000, 9000) : 700, [NextSuite()]);
        _transfer = new Transfer(_client, _server, _random.Between(1, 12), _random.Chance(100) ? _random.Between(0, 3) : _random.Between(1, 150_000));
        _connection = _client.Connect(_server);
    }

    /// <summary>The client's connection.</summary>
    public Connection Connection => _connection;

    /// <summary>Every stream's echo came back whole.</summary>
    public bool IsComplete => _transfer.IsComplete;

    /// <summary>Null where the run is as it must be; otherwise what is wrong.</summary>
    public string? Run()
    {
        TimeSpan step = TimeSpan.FromMilliseconds(_random.Between(200, 3000));
        for (TimeSpan passed = TimeSpan.Zero; passed < VirtualLimit; passed += step)
        {
            if (_network.RunUntil(() => _transfer.IsComplete || _connection.Termination is not null, step))
            {
                break;
            }

            ChangePath();
        }

        return Fault() ?? CloseAndDrain();
    }

    private string? Fault()
    {
        if (_transfer.Corruption is { } corruption)
        {
            return $"wrong bytes: {corruption}";
        }

        if (_transfer.IsComplete)
        {
            return null;
        }

        // On such links either side's handshake, or the connection, may time out; nothing else may end it.
        bool hasTimedOut = _connection.Termination is { Kind: TerminationKind.IdleTimeout or TerminationKind.HandshakeTimeout }
            or { Kind: TerminationKind.PeerTransport, Alert: TlsAlert.UserCanceled };
        return hasTimedOut ? null : $"not complete: {_transfer.Completed} streams, {_connection.Termination}";
    }

    /// <summary>After a close nothing may be left: no connection, no timer, no rented memory.</summary>
    private string? CloseAndDrain()
    {
        _connection.Close(0, string.Empty, _network.Now);
        _client.Turn(_connection);
        if (!_network.RunUntil(() => _client.Connections.Count == 0 && _server.Connections.Count == 0, TimeSpan.FromHours(1)))
        {
            return "a connection did not drain";
        }

        int leaked = _client.Endpoint.Services.Buffers.Outstanding + _server.Endpoint.Services.Buffers.Outstanding;
        return leaked == 0 ? null : $"{leaked} buffers were not returned";
    }

    private void ChangePath()
    {
        if (_random.Chance(200))
        {
            PathAddress to = _random.Chance(500) ? _server.Address : _client.Address;
            _network.Conditions[to] = _network.Conditions[to] with { Mtu = _random.Between(1200, 1500), Delay = NextDelay() };
        }

        if (_random.Chance(50))
        {
            _connection.TryUpdateKeys(_network.Now);
        }
    }

    private LinkConditions NextConditions() => new()
    {
        Delay = NextDelay(),
        Jitter = _random.Chance(500) ? TimeSpan.FromTicks(_random.Between(1, 300_000)) : TimeSpan.Zero,
        LossPerThousand = _random.Chance(300) ? 0 : _random.Between(0, 300),
        DuplicationPerThousand = _random.Chance(500) ? 0 : _random.Between(0, 100),
        CorruptionPerThousand = _random.Chance(500) ? 0 : _random.Between(0, 100),
        Mtu = _random.Chance(500) ? 65535 : _random.Between(1200, 1500),
        BitsPerSecond = _random.Chance(500) ? 0 : _random.Between(200_000, 50_000_000),
        CongestionMarkPerThousand = _random.Chance(700) ? 0 : _random.Between(0, 100),
    };

    private TimeSpan NextDelay() => TimeSpan.FromTicks(_random.Between(500, 2_000_000));

    private ConnectionSettings NextSettings() => new()
    {
        IdleTimeout = TimeSpan.FromMinutes(2),
        HandshakeTimeout = TimeSpan.FromMinutes(2),
        CongestionControl = _random.Chance(500) ? CongestionControlAlgorithm.Cubic : CongestionControlAlgorithm.NewReno,
        IsPacingEnabled = _random.Chance(800),
        PacketsPerKey = _random.Chance(100) ? _random.Between(1, 1000) : long.MaxValue,
        Streams = new StreamLimits
        {
            ConnectionWindow = (ulong)_random.Between(2_000, 1 << 20),
            StreamWindowBidirectionalLocal = (ulong)_random.Between(1_000, 256 << 10),
            StreamWindowBidirectionalRemote = (ulong)_random.Between(1_000, 256 << 10),
            BidirectionalStreams = (ulong)_random.Between(1, 20),
            SendBufferLimit = (ulong)_random.Between(1_000, 1 << 20),
        },
    };

    private CipherSuite NextSuite() => _random.Next(3) switch
    {
        0 => CipherSuite.Aes128GcmSha256,
        1 => CipherSuite.Aes256GcmSha384,
        _ => CipherSuite.ChaCha20Poly1305Sha256,
    };
}
