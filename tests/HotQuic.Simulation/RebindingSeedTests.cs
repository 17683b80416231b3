using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Paths;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// Transfers during which a NAT forgets its binding again and again, to another port or another address, on links that lose, reorder and
/// repeat, while keys are updated (RFC 9000 §9.3): a client that speaks now and then gets all of its bytes.
/// </summary>
public sealed class RebindingSeedTests
{
    private const int ShortSet = 40;
    private const int LongSet = 1000;
    private const int Rebindings = 6;

    [Fact]
    public void Given_rebindings_a_transfer_completes_with_equal_bytes() => Seeds.AssertNoFault(ShortSet, LongSet, Fault);

    private static string? Fault(ulong seed)
    {
        var random = new SeededRandom(seed);
        var world = new SimulatedWorld(random.Next());
        var link = new LinkConditions
        {
            Delay = TimeSpan.FromMilliseconds(random.Between(1, 100)),
            Jitter = TimeSpan.FromMilliseconds(random.Between(0, 20)),
            LossPerThousand = random.Chance(500) ? 0 : random.Between(0, 50),
            DuplicationPerThousand = random.Between(0, 50),
        };
        world.Network.Conditions[world.Server.Address] = link;
        world.Network.Conditions[world.Client.Address] = link;
        var settings = new ConnectionSettings { KeepAliveInterval = TimeSpan.FromSeconds(random.Between(1, 5)), IdleTimeout = TimeSpan.FromMinutes(1) };
        world.Server.Settings = settings;
        world.Client.Settings = settings;
        PathAddress outside = world.Client.Address;
        world.Network.Nat = datagram =>
            datagram.From == world.Client.Address ? datagram with { From = outside }
            : datagram.To == outside ? datagram with { To = world.Client.Address }
            : datagram with { To = AddressOf(99, 99) };
        var transfer = new Transfer(world.Client, world.Server, random.Between(1, 6), random.Between(1000, 400_000));
        Connection connection = world.Client.Connect(world.Server);
        world.Network.RunUntil(() => connection.Handshake.IsConfirmed, TimeSpan.FromSeconds(10));
        for (int i = 0; i < Rebindings && !transfer.IsComplete; i++)
        {
            world.Network.RunUntil(() => transfer.IsComplete, TimeSpan.FromMilliseconds(random.Between(1, 400)));
            outside = AddressOf(random.Chance(500) ? outside.ToIPEndPoint().Address.GetAddressBytes()[3] : random.Between(50, 60), random.Between(1000, 60_000));
            if (random.Chance(300))
            {
                connection.TryUpdateKeys(world.Network.Now);
            }
        }

        bool isDone = world.Network.RunUntil(() => transfer.IsComplete || connection.Termination is not null, TimeSpan.FromMinutes(3));
        return isDone && transfer.IsComplete && transfer.Corruption is null && connection.Termination is null
            ? null : $"{transfer.Completed} streams, {connection.Termination} {transfer.Corruption}";
    }

    private static PathAddress AddressOf(int host, int port) => PathAddress.From(new IPEndPoint(new IPAddress([10, 0, 0, (byte)host]), port));
}
