using System.Globalization;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// Transfers at the edges of what paths and peers may be: round trips of 10 microseconds and of 2 seconds, a third of the packets lost,
/// reordering over hundreds of packets, windows of a few bytes, acknowledgments that wait for 16 seconds, keys for few packets each, and
/// all of these together.
/// </summary>
public sealed class ExtremeSeedTests
{
    private const int ShortSet = 60;
    private const int LongSet = 2000;

    /// <summary>Two packets, the smallest congestion window.</summary>
    private const ulong SmallestFlight = 2400;

    [Fact]
    public void Given_extreme_paths_and_limits_a_transfer_completes_with_equal_bytes() => Seeds.AssertNoFault(ShortSet, LongSet, Fault);

    private static string? Fault(ulong seed)
    {
        var random = new SeededRandom(seed);
        var world = new SimulatedWorld(random.Next());
        world.Network.Conditions[world.Server.Address] = NextLink(random);
        world.Network.Conditions[world.Client.Address] = NextLink(random);
        world.Server.Settings = NextSettings(random);
        world.Client.Settings = NextSettings(random);
        int streams = random.Between(1, 6);
        ulong window = Math.Min(WindowOf(world.Server.Settings), WindowOf(world.Client.Settings));
        int bytes = random.Between(1, (int)Math.Min(100_000, window * 20));
        var transfer = new Transfer(world.Client, world.Server, streams, bytes);
        Connection connection = world.Client.Connect(world.Server);
        TimeSpan limit = Limit(world, streams * (1 + (bytes / (int)Math.Min(window, SmallestFlight))));
        world.Network.RunUntil(() => transfer.IsComplete || connection.Termination is not null, limit);
        return transfer.IsComplete && transfer.Corruption is null && connection.Termination is null
            ? null : string.Create(CultureInfo.InvariantCulture, $"{transfer.Completed} streams within {limit}, {connection.Termination} {transfer.Corruption}");
    }

    private static ulong WindowOf(ConnectionSettings settings) => Math.Min(settings.Streams.ConnectionWindow, settings.Streams.SendBufferLimit);

    /// <summary>Some round trips for each window's worth, and as many again for what is lost on the way.</summary>
    private static TimeSpan Limit(SimulatedWorld world, int flights)
    {
        LinkConditions up = world.Network.Conditions[world.Server.Address];
        LinkConditions down = world.Network.Conditions[world.Client.Address];
        TimeSpan roundTrip = up.Delay + up.Jitter + down.Delay + down.Jitter + TimeSpan.FromMilliseconds(100);
        TimeSpan wait = world.Server.Settings.MaxAckDelay + world.Client.Settings.MaxAckDelay;
        return ((roundTrip * 12) + (wait * 6)) * (flights + 10);
    }

    private static LinkConditions NextLink(SeededRandom random) => new()
    {
        Delay = random.Next(4) switch
        {
            0 => TimeSpan.FromMicroseconds(5),
            1 => TimeSpan.FromMilliseconds(random.Between(1, 20)),
            2 => TimeSpan.FromMilliseconds(200),
            _ => TimeSpan.FromSeconds(1),
        },
        Jitter = random.Chance(300) ? TimeSpan.FromMilliseconds(random.Between(1, 500)) : TimeSpan.Zero,
        LossPerThousand = random.Chance(400) ? random.Between(100, 300) : 0,
        DuplicationPerThousand = random.Chance(300) ? random.Between(0, 300) : 0,
        BitsPerSecond = random.Chance(300) ? random.Between(50_000, 2_000_000) : 0,
        CongestionMarkPerThousand = random.Chance(200) ? 1000 : 0,
        Mtu = random.Chance(300) ? random.Between(1200, 1500) : 65535,
    };

    private static ConnectionSettings NextSettings(SeededRandom random)
    {
        ulong window = random.Next(3) switch { 0 => (ulong)random.Between(1, 20), 1 => (ulong)random.Between(100, 5000), _ => 1 << 18 };
        return new ConnectionSettings
        {
            IdleTimeout = TimeSpan.FromHours(1),
            HandshakeTimeout = TimeSpan.FromHours(1),
            MaxAckDelay = random.Chance(300) ? TimeSpan.FromMilliseconds(16383) : TimeSpan.FromMilliseconds(random.Between(0, 50)),
            CongestionControl = random.Chance(500) ? CongestionControlAlgorithm.Cubic : CongestionControlAlgorithm.NewReno,
            IsPacingEnabled = random.Chance(800),
            PacketsPerKey = random.Chance(400) ? random.Between(1, 1000) : long.MaxValue,
            MtuUpperBound = random.Chance(300) ? 9000 : 1452,
            Recovery = new RecoveryOptions { Congestion = new CongestionOptions { InitialWindowPackets = random.Chance(300) ? 2 : 10 } },
            Streams = new StreamLimits
            {
                ConnectionWindow = window,
                MaximumConnectionWindow = random.Chance(500) ? window : 24 << 20,
                StreamWindowBidirectionalLocal = window,
                StreamWindowBidirectionalRemote = window,
                MaximumStreamWindow = random.Chance(500) ? window : 16 << 20,
                BidirectionalStreams = (ulong)random.Between(1, 4),
                SendBufferLimit = random.Chance(300) ? (ulong)random.Between(1000, 10_000) : 1 << 20,
            },
        };
    }
}
