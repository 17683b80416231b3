using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>What strangers get: a connection, an answer that costs nothing, or silence; and never more than they paid for (RFC 9000 §8, §14.1).</summary>
public sealed class AdmissionTests
{
    [Fact]
    public void Amp01_BeforeValidationAServerSendsAtMostThreeTimesWhatItReceived()
    {
        var pair = new Pair();
        pair.ServerHost.ServerTls = TestTls.Server(certificateBytes: 9000);
        pair.Filter = datagram => pair.IsFromClient(datagram) && pair.Wire.Count == 0;
        pair.Connect();
        pair.Pass(4000);
        Assert.Equal(1200, pair.Server.Path.BytesReceived);
        Assert.InRange(pair.Server.Path.BytesSent, 2400, 3600);
    }

    [Fact]
    public void Amp02_AHandshakePacketThatOpensProvesTheAddress()
    {
        Pair pair = Connections.FramePermissionTests.PairAtHandshake();
        Assert.False(pair.Server.Path.IsValidated);
        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, [1], new Forgery { IsTagWrong = true });
        Assert.False(pair.Server.Path.IsValidated);
        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, [1]);
        Assert.True(pair.Server.Path.IsValidated);
    }

    [Fact]
    public void Amp03_EveryDatagramWithAnAckElicitingInitialHas1200Bytes()
    {
        var pair = new Pair(7);
        pair.Network.Conditions[pair.ServerHost.Address] = new LinkConditions { LossPerThousand = 300 };
        pair.Network.Conditions[pair.ClientHost.Address] = new LinkConditions { LossPerThousand = 300 };
        pair.Connect();
        pair.Pass(8000);
        SimulatedDatagram[] initials = [.. pair.Wire.Where(datagram => (datagram.Bytes[0] & 0xf0) == 0xc0 && pair.IsFromClient(datagram))];
        Assert.NotEmpty(initials);
        Assert.All(initials, datagram => Assert.True(datagram.Bytes.Length >= 1200));
        Assert.All(pair.Wire.Where(d => (d.Bytes[0] & 0xf0) == 0xc0 && !pair.IsFromClient(d)).Take(1), datagram => Assert.True(datagram.Bytes.Length >= 1200));
    }

    [Fact]
    public void Amp04_AnInitialInASmallDatagramIsDroppedByTheEndpoint()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        DatagramResult result = pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { PadTo = 1199 });
        Assert.Equal(DropReason.InitialDatagramTooSmall, result.Reason);
        Assert.False(pair.HasServer);
    }

    [Fact]
    public void Amp04_AnInitialInASmallDatagramIsDroppedByAConnectionToo()
    {
        Pair pair = Connections.FramePermissionTests.PairAtInitial();
        int received = pair.ServerLog.Received.Count;
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { PadTo = 1199 });
        Assert.Equal(DropReason.InitialDatagramTooSmall, pair.ServerLog.LastDrop);
        Assert.Equal(received, pair.ServerLog.Received.Count);
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { PadTo = 1200 });
        Assert.Equal(received + 1, pair.ServerLog.Received.Count);
    }

    [Fact]
    public void Amp06_AtTheLimitNoTimerIsArmedUntilMoreArrives()
    {
        var pair = new Pair();
        pair.ServerHost.ServerTls = TestTls.Server(certificateBytes: 9000);
        pair.Filter = datagram => pair.IsFromClient(datagram) && pair.Wire.Count == 0;
        pair.Connect();
        pair.Pass(15);
        Assert.True(pair.Server.Path.SendAllowance < 1200);
        Assert.True(pair.Server.Recovery.Deadline.Ticks > pair.Network.Now.Ticks + TimeSpan.TicksPerDay);

        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [1], new Forgery { PadTo = 1200 });
        Assert.True(pair.Server.Path.BytesSent > 3600);
    }

    [Fact]
    public void Amp08_RepliesWhileClosingStayWithinTheLimit()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [0x1e]);
        for (int i = 0; i < 200; i++)
        {
            pair.Deliver(EndpointRole.Client, [.. pair.Wire[0].Bytes.AsSpan(0, 60)]);
            Assert.True(pair.Server.Path.BytesSent <= 3 * pair.Server.Path.BytesReceived);
        }
    }

    [Fact]
    public void Pkt14_PacketsThatOpenNoConnectionAreDropped()
    {
        Pair pair = Connections.FramePermissionTests.PairAtHandshake();
        byte[] handshake = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.Handshake, [1], new Forgery { PadTo = 1200 });
        var stranger = new Pair(99);
        DatagramResult result = stranger.DeliverToServer(handshake, stranger.ClientHost.Address);
        Assert.Equal((DatagramOutcome.Dropped, DropReason.UnknownConnection), (result.Outcome, result.Reason));
        Assert.Empty(stranger.Wire);
    }

    [Fact]
    public void Pkt16_AnInitialThatIsNotAuthenticLeavesNothingBehind()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        byte[] forged = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.Initial, [1], new Forgery { PadTo = 1200, IsTagWrong = true });
        DatagramResult result = pair.Deliver(EndpointRole.Client, forged);
        Assert.Equal((DatagramOutcome.Dropped, DropReason.AuthenticationFailed), (result.Outcome, result.Reason));
        Assert.Empty(pair.ServerHost.Connections);

        // The true one gets its connection.
        Assert.Equal(DatagramOutcome.Accepted, pair.DeliverToServer(pair.Wire[0].Bytes, pair.ClientHost.Address).Outcome);
    }

    [Fact]
    public void Close09_ARefusedAttemptIsToldSoWithoutAConnection()
    {
        var pair = new Pair();
        pair.ServerHost.Admission = AdmissionVerdict.Refuse;
        pair.Connect();
        pair.Pass(50);
        Connections.Closing.ExpectFromPeer(pair.Client, TransportErrorCode.ConnectionRefused, 0);
        Assert.False(pair.HasServer);
        Assert.Equal(1, pair.ServerHost.Endpoint.Statistics.ConnectionsRefused);
    }

    [Fact]
    public void Mig08_APacketFromAnAddressThatIsNotThePeersIsDropped()
    {
        Pair pair = Pair.Connected();
        byte[] packet = pair.ForgeOf(EndpointRole.Server).Packet(EncryptionLevel.OneRtt, [1]);
        pair.ClientHost.OnDatagram(new SimulatedDatagram(Pair.Address(77), pair.ClientHost.Address, packet, EcnCodepoint.NotEct));
        Assert.Equal(DropReason.UnknownAddress, pair.ClientLog.LastDrop);
    }
}
