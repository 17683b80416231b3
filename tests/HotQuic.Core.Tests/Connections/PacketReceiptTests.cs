using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>What a connection makes of packets that are wrong in themselves, before a frame is read.</summary>
public sealed class PacketReceiptTests
{
    private static readonly byte[] Ping = [0x01];

    [Fact]
    public void Pkt02_APacketWithoutTheFixedBitIsDropped() => ExpectDrop(new Forgery { IsFixedBitClear = true }, DropReason.FixedBitClear);

    [Theory]
    [InlineData(0x08)]
    [InlineData(0x10)]
    public void Pkt04_ReservedBitsOfAShortHeaderAreAProtocolViolation(byte bits)
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping, new Forgery { FirstByteBits = bits });
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0);
    }

    [Theory]
    [InlineData(0x04)]
    [InlineData(0x08)]
    public void Pkt04_ReservedBitsOfTheVeryFirstInitialCloseAndLeaveNothingBehind(byte bits)
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        byte[] first = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.Initial, Ping, new Forgery { FirstByteBits = bits, PadTo = 1200 });

        pair.Deliver(EndpointRole.Client, first);

        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0);
        pair.Pass(10_000);
        Assert.True(pair.Server.IsDrained);
        Assert.Empty(pair.ServerHost.Connections);
    }

    [Fact]
    public void Pkt04_ReservedBitsOfAPacketThatIsNotAuthenticAreNoError() =>
        ExpectDrop(new Forgery { FirstByteBits = 0x18, IsTagWrong = true }, DropReason.AuthenticationFailed);

    [Fact]
    public void Pkt06_APacketThatClaimsMoreThanItsDatagramHoldsIsDropped()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.Handshake, Ping, new Forgery { PadTo = 200 });

        pair.Deliver(EndpointRole.Client, packet[..^1]);

        Assert.Equal(DropReason.LengthExceedsDatagram, pair.ServerLog.LastDrop);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Pkt07_AFailureInOneCoalescedPacketDoesNotStopTheRest()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        PacketForge forge = pair.ForgeOf(EndpointRole.Client);
        byte[] broken = forge.Packet(EncryptionLevel.Handshake, Ping, new Forgery { IsTagWrong = true });
        byte[] good = forge.Packet(EncryptionLevel.Handshake, Ping);
        int received = pair.ServerLog.Received.Count;

        pair.Deliver(EndpointRole.Client, [.. broken, .. good]);

        Assert.Equal(received + 1, pair.ServerLog.Received.Count);
        Assert.Equal(DropReason.AuthenticationFailed, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Pkt07_Ack01_CoalescedPacketsAreAcknowledgedEachInItsSpace()
    {
        var pair = new Pair();
        pair.Connect();
        pair.Pass(25);

        LoggedPacket[] flight = [.. pair.ServerLog.Sent.Where(packet => packet.At == pair.ServerLog.Sent[0].At)];
        Assert.Equal([PacketType.Initial, PacketType.Handshake], flight.Select(packet => packet.Type).Distinct().Take(2));
        Assert.Contains(pair.ClientLog.Sent, packet => packet.Type == PacketType.Initial && packet.HasAck);
        Assert.Contains(pair.ClientLog.Sent, packet => packet.Type == PacketType.Handshake && packet.HasAck);
    }

    [Fact]
    public void Pkt08_ACoalescedPacketForAnotherConnectionIdIsIgnored()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        PacketForge forge = pair.ForgeOf(EndpointRole.Client);
        byte[] first = forge.Packet(EncryptionLevel.Handshake, Ping);
        byte[] second = forge.Packet(EncryptionLevel.Handshake, Ping, new Forgery { Destination = pair.InitialKeyId });
        int received = pair.ServerLog.Received.Count;

        pair.Deliver(EndpointRole.Client, [.. first, .. second]);

        Assert.Equal(received + 1, pair.ServerLog.Received.Count);
        Assert.Equal(DropReason.CoalescedConnectionIdDiffers, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Pkt08_WhatWeCoalesceHasOneDestination()
    {
        var pair = new Pair();
        pair.Connect();
        pair.Pass(500);
        foreach (IGrouping<Time.Instant, LoggedPacket> datagram in pair.ServerLog.Sent.Concat(pair.ClientLog.Sent).GroupBy(packet => packet.At))
        {
            Assert.Single(datagram.Where(packet => packet.Type != PacketType.OneRtt).Select(packet => packet.DestinationId).Distinct().DefaultIfEmpty());
        }
    }

    [Fact]
    public void Pkt13_APacketOfAnotherVersionIsDropped()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, Ping, new Forgery { Version = QuicVersion.Version2 });
        Assert.Equal(DropReason.VersionMismatch, pair.ServerLog.LastDrop);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Pkt05_ReservedBitsAreSentAs0()
    {
        // A peer that checks them, as ours does, would have closed.
        Pair pair = Pair.Connected();
        Assert.Null(pair.Client.Termination);
        Assert.Empty(pair.ClientLog.Dropped);
        Assert.Empty(pair.ServerLog.Dropped);
    }

    [Fact]
    public void Pkt17_TheSpinBitIsOffWhereItWasTurnedOffAndOtherwiseTurnsOncePerRoundTrip()
    {
        Assert.Equal(0, Turns(isEnabled: false, seed: 3));
        int[] turns = [.. Enumerable.Range(0, 64).Select(seed => Turns(isEnabled: true, (ulong)seed))];
        Assert.Contains(0, turns);
        Assert.Contains(turns, count => count > 2);
    }

    [Fact]
    public void Pn01_EachSpaceStartsAt0AndRisesByOneWithoutReuse()
    {
        Pair pair = Pair.Connected();
        foreach (PacketLog log in (PacketLog[])[pair.ClientLog, pair.ServerLog])
        {
            foreach (IGrouping<PacketType, LoggedPacket> space in log.Sent.GroupBy(packet => packet.Type))
            {
                Assert.Equal(Enumerable.Range(0, space.Count()).Select(n => (long)n), space.Select(packet => packet.Number.Value));
            }
        }
    }

    [Fact]
    public void Pn04_ADuplicateIsDroppedWithoutEffect()
    {
        Pair pair = Pair.Connected();
        byte[] packet = pair.ForgeOf(EndpointRole.Client).Packet(EncryptionLevel.OneRtt, Ping);

        pair.Deliver(EndpointRole.Client, [.. packet]);
        int received = pair.ServerLog.Received.Count;
        pair.Deliver(EndpointRole.Client, [.. packet]);

        Assert.Equal(received, pair.ServerLog.Received.Count);
        Assert.Equal(DropReason.Duplicate, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Pn04_ADuplicateThatIsNotAuthenticIsNoDuplicate()
    {
        Pair pair = Pair.Connected();
        var number = new PacketNumber(77);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping, new Forgery { Number = number });
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping, new Forgery { Number = number, IsTagWrong = true });
        Assert.Equal(DropReason.AuthenticationFailed, pair.ServerLog.LastDrop);
    }

    [Fact]
    public void Pn05_WhereNumbersAreUsedUpTheConnectionEndsWithoutAPacket()
    {
        Pair pair = Pair.Connected();
        PacketSpace space = pair.Client.Space(PacketNumberSpace.Application)!;
        typeof(PacketSpace).GetProperty(nameof(PacketSpace.NextNumber))!.SetValue(space, PacketNumber.MaxValue);
        int sent = pair.Wire.Count;

        pair.Client.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id);
        pair.Client.Streams.Write(id, Ping, out _);
        pair.ClientHost.Turn(pair.Client);

        Assert.Equal(TerminationKind.PacketNumbersExhausted, pair.Client.Termination!.Value.Kind);
        Assert.True(pair.Client.IsDrained);
        Assert.Equal(sent, pair.Wire.Count);
    }

    [Fact]
    public void Prot08_APacketThatDoesNotAuthenticateIsDroppedAndCounted()
    {
        Pair pair = ExpectDrop(new Forgery { IsTagWrong = true }, DropReason.AuthenticationFailed);
        Assert.Equal(1, pair.Server.Statistics.PacketsDropped);
    }

    [Fact]
    public void Prot09_AHigherNumberThatOpensWithNeitherTheSameNorNewerKeysIsDropped()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping, new Forgery { Number = new PacketNumber(500), FirstByteBits = 0x04 });
        Assert.Equal(DropReason.AuthenticationFailed, pair.ServerLog.LastDrop);
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Prot12_OneRttPacketsWaitUntilTheHandshakeIsComplete()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Stream(0, 0, "early"u8));
        Assert.DoesNotContain(pair.ServerLog.Received, packet => packet.Type == PacketType.OneRtt);

        pair.Pass(2000);

        Assert.True(pair.Server.Handshake.IsComplete);
        Assert.Contains(pair.ServerLog.Received, packet => packet.Type == PacketType.OneRtt && packet.Has(FrameType.Stream | (FrameType)6));
    }

    [Fact]
    public void Prot12_HeldPacketsAreOpenedAsSoonAsAnAnswerFromOutsideCompletesTheHandshake()
    {
        var pair = new Pair();
        pair.ServerHost.Unanswered.Add(ConnectionEventKind.NeedCertificateVerdict);
        pair.ServerHost.ServerTls = new TlsServerConfiguration
        {
            Credential = TestTls.Credential(),
            ApplicationProtocols = TestTls.Protocols,
            ClientCertificateMode = ClientCertificateMode.Require,
        };
        pair.Connect(new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = TestTls.Protocols, Credential = TestTls.Credential() });
        pair.Pass(100);
        Assert.DoesNotContain(pair.ServerLog.Received, packet => packet.Type == PacketType.OneRtt);

        pair.Server.ProvideCertificateVerdict(TestTls.Judge(pair.Server.Handshake.Tls.VerdictRequest), pair.Network.Now);

        Assert.True(pair.Server.Handshake.IsComplete);
        Assert.Contains(pair.ServerLog.Received, packet => packet.Type == PacketType.OneRtt);
    }

    [Fact]
    public void Prot13_ZeroRttPacketsAreDroppedByAClient()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        byte[] packet = pair.ForgeOf(EndpointRole.Server).Packet(EncryptionLevel.Handshake, Ping);
        packet[0] = (byte)((packet[0] & 0xcf) | 0x10);

        pair.Deliver(EndpointRole.Server, packet);

        Assert.Equal(DropReason.UnexpectedPacketType, pair.ClientLog.LastDrop);
    }

    private static Pair ExpectDrop(Forgery forgery, DropReason reason)
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping, forgery);
        Assert.Equal(reason, pair.ServerLog.LastDrop);
        Assert.Null(pair.Server.Termination);
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping);
        Assert.Null(pair.Server.Termination);
        return pair;
    }

    /// <summary>How often the spin bit of the client's packets changed over twenty round trips.</summary>
    private static int Turns(bool isEnabled, ulong seed)
    {
        var pair = new Pair(seed * 17);
        var settings = new ConnectionSettings { IsSpinBitEnabled = isEnabled };
        pair.ServerHost.Settings = settings;
        pair.ClientHost.Settings = settings;
        pair.Connect();
        pair.Pass(200);
        int turns = 0;
        bool last = pair.Client.SpinBit;
        for (int i = 0; i < 20; i++)
        {
            pair.Client.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
            pair.ClientHost.Turn(pair.Client);
            pair.Pass(60);
            turns += pair.Client.SpinBit != last ? 1 : 0;
            last = pair.Client.SpinBit;
        }

        return turns;
    }
}
