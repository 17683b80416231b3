using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>A client whose address changes without its doing, and attackers who make it seem so (RFC 9000 §9).</summary>
public sealed class PathMigrationTests
{
    private static readonly byte[] Ping = [1];
    private static readonly PathAddress OtherPort = PathAddress.From(new System.Net.IPEndPoint(new System.Net.IPAddress([127, 0, 0, 2]), 5000));
    private static readonly PathAddress OtherAddress = Pair.Address(9);

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void Mig07_Mig09_ATransferSurvivesRebindingsOnTheWay(int lossPerThousand)
    {
        Pair pair = Pair.Connected();
        var link = new LinkConditions { LossPerThousand = lossPerThousand, Jitter = TimeSpan.FromMilliseconds(lossPerThousand / 10) };
        pair.Network.Conditions[pair.ServerHost.Address] = link;
        pair.Network.Conditions[pair.ClientHost.Address] = link;
        const int length = 1_000_000;
        long received = 0;
        PathAddress[] addresses = [pair.ClientHost.Address, OtherPort, OtherAddress, pair.ClientHost.Address];
        pair.ClientHost.OnTurn = client =>
        {
            received += ReadAll(client, new StreamId(1));
            UseNat(pair, addresses[Math.Min(received * addresses.Length / length, addresses.Length - 1)]);
        };
        Assert.True(pair.Server.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id));
        int written = 0;
        pair.ServerHost.OnTurn = server =>
        {
            if (written < length)
            {
                server.Streams.Write(id, new byte[length - written], out int accepted);
                written += accepted;
            }
        };
        pair.ServerHost.Turn(pair.Server);
        Assert.True(pair.Network.RunUntil(() => received == length, TimeSpan.FromMinutes(2)), $"{received} bytes came.");
        pair.Pass(3000);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
        Assert.True(pair.Server.Path.IsValidated);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Mig09_TheNewAddressIsChallengedAndProven()
    {
        Pair pair = Pair.Connected();
        int changes = CountChanges(pair, out Func<int> count);
        UseNat(pair, OtherPort);
        SayFrom(pair, OtherPort, Ping);
        Assert.Equal(OtherPort, pair.Server.Path.Remote);
        Assert.False(pair.Server.Path.IsValidated);
        Assert.Equal(changes, count());
        Assert.Contains(pair.Wire, datagram => datagram.To == OtherPort);
        pair.Pass(1000);
        Assert.True(pair.Server.Path.IsValidated);
        Assert.Equal(changes + 1, count());
    }

    /// <summary>RFC 9000 §9.4: where only the port changed the window stays, elsewhere it and the RTT begin anew.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mig12_CongestionControlAndRttStartAnewUnlessOnlyThePortChanged(bool isOtherAddress)
    {
        Pair pair = Pair.Connected();
        pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
        pair.Server.Streams.Write(id, new byte[120_000], out _);
        pair.ClientHost.OnTurn = client => ReadAll(client, id);
        pair.ServerHost.Turn(pair.Server);
        pair.Pass(2000);
        Assert.True(pair.Server.Recovery.Congestion.CongestionWindow > 20_000);
        Time.Instant movedAt = pair.Network.Now;
        PathAddress moved = isOtherAddress ? OtherAddress : OtherPort;
        UseNat(pair, moved);
        SayFrom(pair, moved, Ping);
        Assert.True(pair.Network.RunUntil(() => pair.Server.Path.IsValidated, TimeSpan.FromSeconds(5)));
        Assert.Equal(isOtherAddress, pair.Server.Recovery.Congestion.CongestionWindow < 15_000);
        Assert.Equal(isOtherAddress, pair.Server.Recovery.Rtt.FirstSampleAt > movedAt);
    }

    /// <summary>
    /// RFC 9000 §9.3.2, §9.4: a window that is full of what went to the old address, and lost, does not keep the challenge back: without it
    /// nothing could be sent again, since so little may go to an address that is not proven.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mig09_Mig12_AFullWindowDoesNotHoldTheChallengeBack(bool isOtherAddress)
    {
        Pair pair = Pair.Connected();
        const int length = 300_000;
        long received = 0;
        Assert.True(pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id));
        pair.ClientHost.OnTurn = client => received += ReadAll(client, id);
        pair.Filter = datagram => pair.IsFromClient(datagram);
        pair.Server.Streams.Write(id, new byte[length], out int written);
        pair.ServerHost.Turn(pair.Server);
        Assert.True(pair.Server.Recovery.SendAllowance < 1200);
        pair.Filter = null;
        UseNat(pair, isOtherAddress ? OtherAddress : OtherPort);

        // The client has little to say, and falls silent once it is acknowledged.
        Assert.True(pair.Client.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId request));
        pair.Client.Streams.Write(request, Ping, out _);
        pair.ClientHost.Turn(pair.Client);
        Assert.True(pair.Network.RunUntil(() => received == written, TimeSpan.FromSeconds(15)), $"{received} of {written} bytes came.");
    }

    /// <summary>RFC 9000 §9.3.1: an address that is not proven gets no more than three times what came from it.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(1200)]
    public void Mig09_WhatGoesToAnUnprovenAddressIsLimited(int size)
    {
        Pair pair = Pair.Connected();
        pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping, new Forgery { PadTo = size });
        pair.Filter = datagram => !pair.IsFromClient(datagram) && datagram.To != pair.ClientHost.Address;
        pair.Wire.Clear();
        pair.Server.Streams.Write(id, new byte[120_000], out _);
        pair.DeliverToServer(packet, OtherAddress);
        pair.Pass(700);
        Assert.Equal(OtherAddress, pair.Server.Path.Remote);
        Assert.InRange(pair.Wire.Where(datagram => datagram.To == OtherAddress).Sum(datagram => datagram.Bytes.Length), 1, 3 * packet.Length);
    }

    /// <summary>RFC 9000 §9.3.1: of the little that may go to an unproven address nothing is left to find its MTU with.</summary>
    [Fact]
    public void Mig09_AnUnprovenAddressIsChallengedBeforeItsMtuIsProbed()
    {
        Pair pair = Pair.Connected();
        UseNat(pair, OtherAddress);
        pair.Wire.Clear();
        pair.DeliverToServer(pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping, new Forgery { PadTo = 500 }), OtherAddress);
        Assert.Contains(pair.ServerLog.Sent.TakeLast(pair.Wire.Count), packet => packet.Has(FrameType.PathChallenge) && packet.HasAck);
        Assert.DoesNotContain(pair.Wire, datagram => datagram.To == OtherAddress && datagram.Bytes.Length > 1200);
        pair.Pass(1000);
        Assert.True(pair.Server.Path.IsValidated);
        Assert.Equal(MtuDiscovery.DefaultUpperBound, pair.Server.Mtu.CurrentSize);
    }

    /// <summary>RFC 9000 §8.2.2: a response that waits for the window does not follow to another address than the challenge came from.</summary>
    [Fact]
    public void Mig02_AChallengeThatWaitsForItsResponseIsNotAnsweredAtAnotherAddress()
    {
        Pair pair = Pair.Connected();
        pair.Filter = datagram => pair.IsFromClient(datagram);
        pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
        pair.Server.Streams.Write(id, new byte[300_000], out _);
        pair.ServerHost.Turn(pair.Server);
        Assert.True(pair.Server.Recovery.SendAllowance < 1200);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x1a, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.True(pair.Server.Validator.HasPendingFrames);
        int before = pair.ServerLog.Sent.Count;
        SayFrom(pair, OtherAddress, Ping);
        Assert.Equal(OtherAddress, pair.Server.Path.Remote);
        Assert.Contains(pair.ServerLog.Sent.Skip(before), packet => packet.Has(FrameType.PathChallenge));
        Assert.DoesNotContain(pair.ServerLog.Sent.Skip(before), packet => packet.Has(FrameType.PathResponse));
    }

    /// <summary>RFC 9000 §9.3.2: where nobody answers there, the last validated address is used again.</summary>
    [Fact]
    public void Mig10_FailedValidationReverts()
    {
        Pair pair = Pair.Connected();
        CountChanges(pair, out Func<int> count);
        pair.Filter = datagram => !pair.IsFromClient(datagram);
        SayFrom(pair, OtherAddress, Ping);
        Assert.Equal(OtherAddress, pair.Server.Path.Remote);
        Assert.True(pair.Network.RunUntil(() => pair.Server.Path.Remote == pair.ClientHost.Address, TimeSpan.FromSeconds(10)));
        Assert.True(pair.Server.Path.IsValidated);
        Assert.Equal(0, count());
        pair.Filter = null;
        Assert.Equal(50_000, Transfer(pair, 50_000));
    }

    /// <summary>RFC 9000 §9.3.3: who forwards copies from an address of its own is beaten by the challenge to the old one.</summary>
    [Fact]
    public void Mig11_AnAttackerWhoReplaysFromAnotherAddressDoesNotKeepTheConnection()
    {
        Pair pair = Pair.Connected();
        CountChanges(pair, out Func<int> count);
        pair.Network.Nat = datagram =>
        {
            if (pair.IsFromClient(datagram) && pair.Server.Path.Remote == pair.ClientHost.Address && count() == 0 && datagram.Bytes.Length < 200)
            {
                // The copy is faster than the packet.
                pair.DeliverToServer(datagram.Bytes, OtherAddress);
            }

            return datagram;
        };
        pair.Client.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id);
        pair.Client.Streams.Write(id, new byte[50], out _);
        pair.ClientHost.Turn(pair.Client);
        Assert.Equal(OtherAddress, pair.Server.Path.Remote);
        pair.Network.Nat = null;
        pair.Pass(100);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
        Assert.Equal(0, count());
        Assert.Contains(pair.ServerLog.Sent, packet => packet.Has(FrameType.PathChallenge));
        Assert.Equal(50_000, Transfer(pair, 50_000));
    }

    [Fact]
    public void Mig09_ProbingFramesAloneMoveNothing()
    {
        Pair pair = Pair.Connected();
        pair.Wire.Clear();
        SayFrom(pair, OtherAddress, [0x1a, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0]);
        pair.Pass(500);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
        Assert.DoesNotContain(pair.Wire, datagram => datagram.To == OtherAddress);
    }

    /// <summary>RFC 9000 §9.3: only the highest number counts, so that a packet that was overtaken moves nothing back.</summary>
    [Fact]
    public void Mig09_APacketThatWasOvertakenMovesNothing()
    {
        Pair pair = Pair.Connected();
        byte[] first = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping);
        byte[] second = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping);
        pair.Deliver(EndpointRole.Client, second);
        pair.DeliverToServer(first, OtherAddress);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
        Assert.NotEqual(DropReason.UnknownAddress, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Mig09_WhatDoesNotAuthenticateMovesNothing()
    {
        Pair pair = Pair.Connected();
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping, new Forgery { IsTagWrong = true });
        pair.DeliverToServer(packet, OtherAddress);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
        Assert.Equal(DropReason.AuthenticationFailed, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Mig06_BeforeConfirmationNothingComesFromAnotherAddress()
    {
        var pair = new Pair();
        pair.ServerHost.Unanswered.Add(ConnectionEventKind.NeedSignature);
        pair.Connect();
        pair.Pass(100);
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.Initial, Ping, new Forgery { PadTo = 1200 });
        pair.DeliverToServer(packet, OtherAddress);
        Assert.Equal(DropReason.UnknownAddress, pair.ServerLog.LastDrop);
        Assert.Equal(pair.ClientHost.Address, pair.Server.Path.Remote);
    }

    /// <summary>RFC 9000 §9.5: a NAT leaves the connection ID as it is, and ours goes on; a client that took another gets another.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Mig13_AnotherConnectionIdIsAnsweredWithAnother(bool isOtherId)
    {
        Pair pair = Pair.Connected();
        ConnectionId before = pair.Server.PeerIds.Active;
        if (isOtherId)
        {
            Assert.True(pair.Client.PeerIds.TryReplaceActive());
        }

        UseNat(pair, OtherAddress);
        SayFrom(pair, OtherAddress, Ping);
        Assert.Equal(isOtherId, pair.Server.PeerIds.Active != before);
        pair.Pass(1000);
        Assert.True(pair.Server.Path.IsValidated);
        Assert.Equal(OtherAddress, pair.Server.Path.Remote);
        Assert.Equal(50_000, Transfer(pair, 50_000));
    }

    private static void SayFrom(Pair pair, PathAddress from, byte[] frames) =>
        pair.DeliverToServer(pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, frames, new Forgery { PadTo = 1200 }), from);

    /// <summary>The client is seen at the address, and reached there alone.</summary>
    private static void UseNat(Pair pair, PathAddress outside) => pair.Network.Nat = datagram =>
        pair.IsFromClient(datagram) ? datagram with { From = outside }
        : datagram.To == outside ? datagram with { To = pair.ClientHost.Address }
        : datagram with { To = Pair.Address(200) };

    private static int CountChanges(Pair pair, out Func<int> count)
    {
        int changes = 0;
        Action<Connection, ConnectionEventKind>? seen = pair.ServerHost.OnConnectionEvent;
        pair.ServerHost.OnConnectionEvent = (connection, kind) =>
        {
            seen?.Invoke(connection, kind);
            changes += kind == ConnectionEventKind.PeerAddressChanged ? 1 : 0;
        };
        count = () => changes;
        return changes;
    }

    private static long Transfer(Pair pair, int length)
    {
        long received = 0;
        Assert.True(pair.Server.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id));
        pair.ClientHost.OnTurn = client => received += ReadAll(client, id);
        pair.Server.Streams.Write(id, new byte[length], out _);
        pair.ServerHost.Turn(pair.Server);
        pair.Network.RunUntil(() => received == length, TimeSpan.FromSeconds(30));
        return received;
    }

    private static long ReadAll(Connection connection, StreamId id)
    {
        byte[] buffer = new byte[65536];
        long count = 0;
        while (connection.Streams.TryGet(id, out QuicStreamState? stream)
            && connection.Streams.Read(stream, buffer, out StreamRead read) == StreamResult.Done && read.Count > 0)
        {
            count += read.Count;
        }

        return count;
    }
}
