using System.Globalization;
using HotQuic.Core.Connections;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// Transfers during which the path carries nothing for some seconds, one way or both, and may carry smaller datagrams afterwards: they go on
/// soon after it is back, within twice the outage as probe timeouts double (RFC 9002 §6.2.1), and some round trips.
/// </summary>
public sealed class OutageSeedTests
{
    private const int ShortSet = 40;
    private const int LongSet = 1500;

    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(20);

    [Fact]
    public void Given_an_outage_a_transfer_goes_on_when_it_is_over() => Seeds.AssertNoFault(ShortSet, LongSet, Fault);

    private static string? Fault(ulong seed)
    {
        var random = new SeededRandom(seed);
        var world = new SimulatedWorld(random.Next());
        var link = new LinkConditions
        {
            Delay = TimeSpan.FromMilliseconds(random.Between(1, 100)),
            LossPerThousand = random.Chance(500) ? 0 : random.Between(0, 20),
            BitsPerSecond = 20_000_000,
        };
        world.Network.Conditions[world.Server.Address] = link;
        world.Network.Conditions[world.Client.Address] = link;
        world.Server.Settings = world.Client.Settings = new ConnectionSettings { IdleTimeout = TimeSpan.FromMinutes(2), HandshakeTimeout = TimeSpan.FromMinutes(2) };
        var transfer = new Transfer(world.Client, world.Server, random.Between(1, 4), 100_000);
        Connection connection = world.Client.Connect(world.Server);
        world.Network.RunUntil(() => transfer.IsComplete, TimeSpan.FromMilliseconds(random.Between(0, 1000)));

        TimeSpan outage = TimeSpan.FromMilliseconds(random.Between(100, 20_000));
        LinkConditions silent = link with { LossPerThousand = 1000 };
        int direction = random.Between(0, 2);
        world.Network.Conditions[world.Server.Address] = direction == 0 ? link : silent;
        world.Network.Conditions[world.Client.Address] = direction == 1 ? link : silent;
        world.Network.RunUntil(() => transfer.IsComplete, outage);

        LinkConditions after = link with { Mtu = random.Chance(500) ? link.Mtu : random.Between(1200, 1400) };
        world.Network.Conditions[world.Server.Address] = after;
        world.Network.Conditions[world.Client.Address] = after;
        bool isDone = world.Network.RunUntil(() => transfer.IsComplete || connection.Termination is not null, (2 * outage) + Margin);
        return isDone && transfer.IsComplete && transfer.Corruption is null
            ? null : string.Create(CultureInfo.InvariantCulture, $"{transfer.Completed} streams after {outage}, {connection.Termination} {transfer.Corruption}");
    }
}
