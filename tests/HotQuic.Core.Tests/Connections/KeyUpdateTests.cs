using System.Reflection;
using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>Key updates and limits of the AEAD in a live connection (RFC 9001 §6).</summary>
public sealed class KeyUpdateTests
{
    [Fact]
    public void Key01_NoUpdateBeforeConfirmationNorBeforeTheLastWasAcknowledged()
    {
        Pair early = FramePermissionTests.PairAtHandshake();
        Assert.False(early.Client.TryUpdateKeys(early.Network.Now));

        Pair pair = Pair.Connected();
        Assert.True(pair.Client.TryUpdateKeys(pair.Network.Now));
        Assert.False(pair.Client.TryUpdateKeys(pair.Network.Now));
        Ping(pair);
        pair.Pass(2000);
        Assert.True(pair.Client.TryUpdateKeys(pair.Network.Now));
    }

    [Fact]
    public void Key02_Key03_ThePeerFollowsBeforeItAcknowledges()
    {
        Pair pair = Pair.Connected();
        pair.Client.TryUpdateKeys(pair.Network.Now);
        Ping(pair);
        pair.Pass(200);

        // An acknowledgment under old keys would have ended the connection (KEY-06).
        Assert.Null(pair.Client.Termination);
        Assert.Equal((1, 1), ((int)pair.Client.OneRtt!.SendGeneration, (int)pair.Server.OneRtt!.SendGeneration));
        Assert.True(Assert.Single(pair.ServerLog.KeyUpdates).IsRemoteInitiated);
        Assert.True(pair.ClientLog.Received[^1].HasAck);
        Assert.Empty(pair.ClientLog.Dropped);
    }

    [Fact]
    public void Key04_ReorderedPacketsOfTheOldPhaseStillOpen()
    {
        Pair pair = Pair.Connected();
        byte[] late = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, [1]);
        pair.Client.TryUpdateKeys(pair.Network.Now);
        Ping(pair);
        pair.Pass(11);
        int received = pair.ServerLog.Received.Count;
        pair.Deliver(EndpointRole.Client, late);
        Assert.Equal(received + 1, pair.ServerLog.Received.Count);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Key05_AnOldKeyWithAHigherNumberIsAKeyUpdateError()
    {
        Pair pair = Pair.Connected();
        byte[] lying = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, [1], new Forgery { Number = new PacketNumber(100) });
        pair.Client.TryUpdateKeys(pair.Network.Now);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [1]);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [1], new Forgery { Number = new PacketNumber(101) });
        pair.Deliver(EndpointRole.Client, lying);
        Closing.Expect(pair.Server, TransportErrorCode.KeyUpdateError, 0);
    }

    [Fact]
    public void Key06_AnOldKeyThatAcknowledgesNewOnesIsAKeyUpdateError()
    {
        Pair pair = Pair.Connected();
        pair.Client.TryUpdateKeys(pair.Network.Now);
        pair.Filter = _ => false;
        Ping(pair);
        ulong number = (ulong)pair.ClientLog.Sent[^1].Number.Value;
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.Frame(2, number, 0, 0, 0));
        Closing.Expect(pair.Client, TransportErrorCode.KeyUpdateError, 0);
    }

    [Fact]
    public void Key07_KeysAreReplacedLongBeforeTheirLimitWhileDataFlows()
    {
        Pair pair = Pair.Connected(pair => pair.ClientHost.Settings = new ConnectionSettings { PacketsPerKey = 100, Streams = new StreamLimits { UnsentLimit = 1 << 20 } });
        pair.Client.Streams.TryOpen(StreamDirection.Bidirectional, out var id);
        pair.Client.Streams.Write(id, new byte[800_000], out _);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(3000);
        Assert.Null(pair.Client.Termination);
        Assert.True(pair.Client.OneRtt!.SendGeneration >= 1);
        Assert.Empty(pair.ServerLog.Dropped);
    }

    [Fact]
    public void Key07_WhereNoUpdateIsPossibleTheConnectionClosesAndNeverSealsOnceTooOften()
    {
        // A peer that acknowledges everything but never confirms: keys run out in the middle of a train.
        var pair = new Pair();
        pair.ClientHost.Settings = new ConnectionSettings { IsPacingEnabled = false };
        pair.ServerHost.Settings = new ConnectionSettings { Streams = new StreamLimits { ConnectionWindow = 1 << 22, StreamWindowBidirectionalRemote = 1 << 22 } };
        pair.Connect();
        pair.Pass(1000);
        KeyPhases phases = pair.Client.OneRtt!;
        FieldOf("_handshakeConfirmed").SetValue(phases, false);
        FieldOf("_settings").SetValue(phases, (KeyPhaseSettings)FieldOf("_settings").GetValue(phases)! with { ConfidentialityLimit = 80 });
        pair.Client.Streams.TryOpen(StreamDirection.Bidirectional, out var id);
        pair.Client.Streams.Write(id, new byte[120_000], out _);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(1000);

        Closing.Expect(pair.Client, TransportErrorCode.AeadLimitReached, 0);
        Closing.ExpectFromPeer(pair.Server, TransportErrorCode.AeadLimitReached, 0);
        for (int i = 0; i < 5000; i++)
        {
            pair.Deliver(EndpointRole.Server, new byte[40]);
            pair.Client.OnDatagram(new ReceivedDatagram { Bytes = new byte[40], Remote = pair.ServerHost.Address, Local = pair.ClientHost.Address, At = pair.Network.Now });
            pair.ClientHost.Turn(pair.Client);
        }

        Assert.True(pair.Client.OneRtt is null || pair.Client.OneRtt.SealedPackets <= 80);
    }

    [Fact]
    public void Key08_PacketsThatDoNotOpenAreCountedOverTheConnection()
    {
        Pair pair = Pair.Connected();
        for (int i = 0; i < 5; i++)
        {
            pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [1], new Forgery { IsTagWrong = true });
        }

        Assert.Equal(5, pair.ServerLog.Dropped.Count);
        Assert.Equal(5, pair.Server.FailedOpens.Count);
    }

    private static FieldInfo FieldOf(string name) => typeof(KeyPhases).GetField(name, BindingFlags.NonPublic | BindingFlags.Instance)!;

    private static void Ping(Pair pair)
    {
        pair.Client.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        pair.ClientHost.Turn(pair.Client);
    }
}
