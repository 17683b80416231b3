using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>PATH_CHALLENGE and PATH_RESPONSE between live connections (RFC 9000 §8.2), and what is sent again after a loss (§13.3).</summary>
public sealed class PathFrameTests
{
    private static readonly byte[] Challenge = [0x1a, 1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public void Mig02_Mig03_Frm1A_Frm1B_AChallengeIsEchoedAtOnceOnceAndInADatagramOf1200Bytes()
    {
        Pair pair = Pair.Connected();
        int before = pair.Wire.Count;
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Challenge);

        SimulatedDatagram answer = Assert.Single(pair.Wire.Skip(before));
        Assert.True(answer.Bytes.Length >= 1200);
        LoggedFrame response = Assert.Single(pair.ServerLog.Sent.SelectMany(packet => packet.Frames), frame => frame.Type == FrameType.PathResponse);
        Assert.Equal(Challenge[1..], response.Bytes[1..]);
    }

    [Fact]
    public void Mig02_Frm97_ALostResponseIsNotSentAgain()
    {
        Pair pair = Pair.Connected();
        pair.Filter = _ => false;
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Challenge);
        pair.Filter = null;
        pair.Pass(5000);
        Assert.Single(pair.ServerLog.Sent, packet => packet.Has(FrameType.PathResponse));
    }

    [Fact]
    public void Mig02_AChallengeToAConnectionBeforeConfirmationIsAnsweredInFullSizeToo()
    {
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram) || pair.Wire.Count < 3;
        pair.Connect();
        pair.Pass(25);
        Assert.True(pair.Client.Handshake.IsComplete);
        pair.Pass(15);
        int before = pair.Wire.Count;
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, Challenge);
        Assert.Contains(pair.ClientLog.Sent, packet => packet.Has(FrameType.PathResponse));
        Assert.All(pair.Wire.Skip(before).Where(datagram => pair.IsFromClient(datagram)).Take(1), datagram => Assert.True(datagram.Bytes.Length >= 1200));
    }

    [Fact]
    public void Mig01_Mig04_Mig05_AValidationGoesOutIsAnsweredAndEnds()
    {
        Pair pair = Pair.Connected();
        pair.Server.Validator.Start(pair.Network.Now, pair.Server.CurrentPto, TimeSpan.FromSeconds(1));
        pair.ServerHost.Turn(pair.Server);
        Assert.True(pair.Wire[^1].Bytes.Length >= 1200);
        pair.Pass(30);
        Assert.Equal(Core.Paths.PathValidationState.Validated, pair.Server.Validator.State);
    }

    [Fact]
    public void Mig05_WithoutAResponseTheValidationFailsAfterThreeTimesTheLargerPto()
    {
        Pair pair = Pair.Connected();
        pair.Filter = _ => false;
        pair.Server.Validator.Start(pair.Network.Now, pair.Server.CurrentPto, TimeSpan.FromSeconds(1));
        pair.ServerHost.Turn(pair.Server);
        pair.Pass(2999);
        Assert.Equal(Core.Paths.PathValidationState.Validating, pair.Server.Validator.State);
        pair.Pass(2);
        Assert.Equal(Core.Paths.PathValidationState.Failed, pair.Server.Validator.State);
    }

    [Fact]
    public void Frm97_Frm18_ALostNewConnectionIdIsSentAgain()
    {
        var pair = new Pair();
        int dropped = 0;
        pair.Filter = datagram => pair.IsFromClient(datagram) || !pair.HasServer || !pair.Server.Handshake.IsComplete || ++dropped > 2;
        pair.Connect();
        pair.Pass(3000);
        Assert.True(pair.ServerLog.Sent.SelectMany(packet => packet.Frames).Count(frame => frame.Type == FrameType.NewConnectionId && frame.Bytes[1] == 1) > 1);
        Assert.Null(pair.Client.Termination);
        Assert.Equal(0, pair.Server.Recovery.BytesInFlight);
    }

    [Fact]
    public void Frm97_Frm19_ALostRetireConnectionIdIsSentAgain()
    {
        Pair pair = Pair.Connected();
        pair.Filter = _ => false;
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 2, [1, 2, 3, 4]));
        pair.Pass(3000);
        Assert.True(pair.ClientLog.Sent.SelectMany(packet => packet.Frames).Count(frame => frame.Type == FrameType.RetireConnectionId && frame.Bytes[1] == 0) > 1);
    }

    [Fact]
    public void Frm97_AcksPingsAndClosesAreNotRepeatedForALoss()
    {
        Pair pair = Pair.Connected();
        pair.Filter = datagram => !pair.IsFromClient(datagram);
        pair.Client.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        pair.ClientHost.Turn(pair.Client);
        pair.Filter = null;
        pair.Pass(400);
        pair.Client.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id);
        pair.Client.Streams.Write(id, new byte[10], out _);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(5000);

        // One that was wanted, and at most those that probed for the loss.
        Assert.True(pair.ClientLog.Sent.Count(packet => packet.Has(FrameType.Ping) && packet.Length < 100) <= 3);
        Assert.False(pair.Client.Streams.HasPendingData);
        Assert.Null(pair.Client.Termination);
    }
}
