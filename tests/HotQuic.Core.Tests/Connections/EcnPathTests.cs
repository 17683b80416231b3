using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>Paths that do not take ECN marks as they should (RFC 9000 §13.4.2).</summary>
public sealed class EcnPathTests
{
    /// <summary>RFC 9000 §13.4.2: where marked packets may all be dropped, marks are set for three probe timeouts only.</summary>
    [Fact]
    public void Ecn03_APathThatDropsEveryMarkedPacketStillConnects()
    {
        var pair = new Pair { Filter = datagram => datagram.Ecn == EcnCodepoint.NotEct };
        pair.Connect();
        Assert.True(pair.Network.RunUntil(() => pair.Client.Handshake.IsConfirmed, TimeSpan.FromSeconds(9)), "The handshake did not complete.");
        pair.Pass(1000);
        Assert.Equal(EcnCodepoint.NotEct, pair.Client.Recovery.Ecn.CodepointToSend);
        Assert.Equal(EcnCodepoint.NotEct, pair.Server.Recovery.Ecn.CodepointToSend);
    }
}
