using HotQuic.Core.Connections;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// Both sides open streams, write, read, finish, reset and stop them at random, on links that lose and reorder, within small windows. No
/// frame of either side may be an error to the other, every stream ends, and no credit is lost with those that were given up (RFC 9000
/// §4.5): what is written afterwards, several times the windows, arrives.
/// </summary>
public sealed class AbortSeedTests
{
    private const int ShortSet = 40;
    private const int LongSet = 1500;
    private const int LastLength = 200_000;

    [Fact]
    public void Given_streams_that_are_given_up_no_credit_is_lost() => Seeds.AssertNoFault(ShortSet, LongSet, Fault);

    private static string? Fault(ulong seed)
    {
        var random = new SeededRandom(seed);
        var world = new SimulatedWorld(random.Next());
        var link = new LinkConditions
        {
            Delay = TimeSpan.FromMilliseconds(random.Between(1, 50)),
            Jitter = TimeSpan.FromMilliseconds(random.Between(0, 20)),
            LossPerThousand = random.Chance(300) ? 0 : random.Between(0, 150),
            DuplicationPerThousand = random.Between(0, 50),
        };
        world.Network.Conditions[world.Server.Address] = link;
        world.Network.Conditions[world.Client.Address] = link;
        world.Server.Settings = SettingsOf(random);
        world.Client.Settings = SettingsOf(random);
        var client = new Actor(world.Client, random.Next());
        var server = new Actor(world.Server, random.Next());
        Connection connection = world.Client.Connect(world.Server);
        if (!world.Network.RunUntil(() => connection.Handshake.IsConfirmed, TimeSpan.FromSeconds(60)))
        {
            return $"no handshake: {connection.Termination}";
        }

        Connection other = world.Server.Connections[0];
        Run(world, connection, other, () => false, TimeSpan.FromSeconds(random.Between(2, 10)));
        client.IsWindingDown = server.IsWindingDown = true;
        bool hasEnded = Run(world, connection, other, () => connection.Streams.Count + other.Streams.Count == 0, TimeSpan.FromMinutes(1));
        string state = $"{connection.Termination} {other.Termination}, {connection.Streams.Count} and {other.Streams.Count} streams left of {client.Opened + server.Opened}";
        if (!hasEnded || connection.Termination is not null || other.Termination is not null)
        {
            return state;
        }

        client.BeginLast(LastLength);
        server.BeginLast(LastLength);
        bool isWhole = Run(world, connection, other, () => client.LastReceived == LastLength && server.LastReceived == LastLength, TimeSpan.FromMinutes(1));
        return isWhole ? null : $"{client.LastReceived} and {server.LastReceived} bytes came; {state}";
    }

    private static bool Run(SimulatedWorld world, Connection client, Connection server, Func<bool> isDone, TimeSpan limit)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < limit && !isDone(); passed += TimeSpan.FromMilliseconds(20))
        {
            world.Client.Turn(client);
            world.Server.Turn(server);
            world.Network.RunUntil(isDone, TimeSpan.FromMilliseconds(20));
        }

        return isDone();
    }

    private static ConnectionSettings SettingsOf(SeededRandom random) => new()
    {
        HandshakeTimeout = TimeSpan.FromMinutes(2),
        Datagrams = new DatagramLimits { MaxFrameSize = 65535 },
        PacketsPerKey = random.Chance(200) ? random.Between(1, 300) : long.MaxValue,
        Streams = new StreamLimits
        {
            ConnectionWindow = (ulong)random.Between(2_000, 30_000),
            MaximumConnectionWindow = 40_000,
            StreamWindowBidirectionalLocal = (ulong)random.Between(500, 10_000),
            StreamWindowBidirectionalRemote = (ulong)random.Between(500, 10_000),
            StreamWindowUnidirectional = (ulong)random.Between(500, 10_000),
            MaximumStreamWindow = 20_000,
            BidirectionalStreams = (ulong)random.Between(1, 10),
            UnidirectionalStreams = (ulong)random.Between(1, 10),
            SendBufferLimit = (ulong)random.Between(1_000, 50_000),
        },
    };

    /// <summary>One side's application, which changes its mind with every turn.</summary>
    private sealed class Actor
    {
        private readonly SeededRandom _random;
        private readonly List<StreamId> _streams = [];
        private readonly HashSet<StreamId> _finished = [];
        private readonly byte[] _buffer = new byte[20_000];
        private StreamId? _last;
        private int _lastLeft;

        public Actor(SimulatedHost host, ulong seed)
        {
            _random = new SeededRandom(seed);
            host.OnTurn = OnTurn;
            host.OnStreamEvent = OnEvent;
        }

        /// <summary>Opens nothing more, and ends what there is.</summary>
        public bool IsWindingDown { get; set; }

        public int Opened { get; private set; }

        public long LastReceived { get; private set; }

        private bool IsLast { get; set; }

        /// <summary>From now on one stream alone is written, and all that comes is read.</summary>
        public void BeginLast(int length)
        {
            IsLast = true;
            _lastLeft = length;
        }

        private void OnEvent(Connection connection, StreamEvent e)
        {
            if (e.Kind == StreamEventKind.Opened)
            {
                _streams.Add(e.Id);
            }
            else if (e.Kind == StreamEventKind.Closed)
            {
                _streams.Remove(e.Id);
            }
        }

        private void OnTurn(Connection connection)
        {
            if (!connection.Handshake.IsComplete || connection.Termination is not null)
            {
                return;
            }

            if (IsLast)
            {
                WriteLast(connection);
                return;
            }

            if (!IsWindingDown)
            {
                Open(connection);
            }

            for (int i = _streams.Count - 1; i >= 0; i--)
            {
                Act(connection, _streams[i]);
            }
        }

        private void WriteLast(Connection connection)
        {
            if (_last is null && connection.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId opened))
            {
                _last = opened;
            }

            if (_last is { } last && _lastLeft > 0)
            {
                connection.Streams.Write(last, _buffer.AsSpan(0, Math.Min(_buffer.Length, _lastLeft)), out int accepted);
                _lastLeft -= accepted;
            }

            foreach (StreamId id in _streams)
            {
                while (connection.Streams.Read(id, _buffer, out StreamRead read) == StreamResult.Done && read.Count > 0)
                {
                    LastReceived += read.Count;
                }
            }
        }

        private void Open(Connection connection)
        {
            StreamDirection direction = _random.Chance(500) ? StreamDirection.Bidirectional : StreamDirection.Unidirectional;
            if (_random.Chance(300) && connection.Streams.TryOpen(direction, out StreamId id))
            {
                Opened++;
                _streams.Add(id);
            }

            if (_random.Chance(100))
            {
                connection.Datagrams.TrySend(_buffer.AsSpan(0, _random.Between(0, Math.Max(0, connection.Datagrams.MaxDataLength))), 0);
            }
        }

        private void Act(Connection connection, StreamId id)
        {
            StreamSet streams = connection.Streams;
            bool isOurs = id.Initiator == connection.Role;
            bool isBidirectional = id.Direction == StreamDirection.Bidirectional;
            int chance = IsWindingDown ? 500 : 30;
            if ((isOurs || isBidirectional) && !_finished.Contains(id))
            {
                if (_random.Chance(chance))
                {
                    streams.Finish(id);
                    _finished.Add(id);
                }
                else if (!IsWindingDown && _random.Chance(500))
                {
                    streams.Write(id, _buffer.AsSpan(0, _random.Between(1, 8000)), out _);
                }
            }

            if ((isOurs || isBidirectional) && _random.Chance(chance / 3))
            {
                streams.Reset(id, (ulong)_random.Between(0, 1000));
                _finished.Add(id);
            }

            if (!isOurs || isBidirectional)
            {
                if (_random.Chance(chance / 3))
                {
                    streams.StopSending(id, (ulong)_random.Between(0, 1000));
                }
                else if (_random.Chance(IsWindingDown ? 1000 : 300))
                {
                    streams.Read(id, _buffer.AsSpan(0, _random.Between(1, _buffer.Length)), out _);
                }
            }
        }
    }
}
