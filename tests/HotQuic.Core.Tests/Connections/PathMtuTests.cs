using HotQuic.Core.Paths;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>How a connection finds the largest datagram that its path carries (RFC 8899, RFC 9000 §14.3).</summary>
public sealed class PathMtuTests
{
    /// <summary>Where little is sent the loss of a probe is noticed by a probe timeout, which then says nothing of the size in use.</summary>
    [Fact]
    public void Mtu08_OnAQuietConnectionTheLossOfProbesIsNoBlackHole()
    {
        Pair pair = Pair.Connected(pair =>
        {
            pair.Network.Conditions[pair.ClientHost.Address] = new LinkConditions { Mtu = 1400 };
            pair.Network.Conditions[pair.ServerHost.Address] = new LinkConditions { Mtu = 1400 };
        });
        pair.Pass(10_000);
        Assert.Equal(MtuSearchState.Complete, pair.Client.Mtu.State);
        Assert.InRange(pair.Client.Mtu.CurrentSize, 1384, 1400);
        Assert.InRange(pair.Server.Mtu.CurrentSize, 1384, 1400);
    }
}
