using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>The handshake as packets: levels, keys that come and go, what is declared, what is acknowledged where.</summary>
public sealed class HandshakeFlowTests
{
    [Fact]
    public void Bind01_Bind14_EachLevelsCryptoStartsAt0InItsOwnPackets()
    {
        Pair pair = Pair.Connected();
        foreach (PacketType type in (PacketType[])[PacketType.Initial, PacketType.Handshake])
        {
            foreach (PacketLog log in (PacketLog[])[pair.ClientLog, pair.ServerLog])
            {
                LoggedFrame first = log.Sent.Where(packet => packet.Type == type).SelectMany(packet => packet.Frames).First(frame => frame.Type == FrameType.Crypto);
                Assert.Equal(0, first.Bytes[1]);
            }
        }
    }

    [Fact]
    public void Bind02_NewDataAtTheInitialLevelAfterTheHelloIsAProtocolViolation()
    {
        Pair pair = FramePermissionTests.PairAtInitial();
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, PacketForge.Crypto(5000, [1, 2, 3]));
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0x06);
    }

    [Fact]
    public void Bind02_OldDataThatComesAgainIsNoError()
    {
        Pair pair = FramePermissionTests.PairAtInitial();
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, PacketForge.Crypto(0, [1, 0, 0]));
        Assert.Null(pair.Server.Termination);
    }

    [Fact]
    public void Bind03_Bind04_TheServerConfirmsAtOnceAndTheClientByHandshakeDone()
    {
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram) || pair.Wire.Count < 2;
        pair.Connect();
        pair.Pass(35);
        Assert.Equal(HandshakePhase.Confirmed, pair.Server.Handshake.Phase);
        Assert.Equal(HandshakePhase.Complete, pair.Client.Handshake.Phase);
        LoggedPacket done = pair.ServerLog.Sent.First(packet => packet.Has(FrameType.HandshakeDone));
        Assert.Equal(pair.ServerLog.Received.First(packet => packet.Type == PacketType.Handshake).At, done.At);

        pair.Filter = null;
        pair.Pass(3000);
        Assert.Equal(HandshakePhase.Confirmed, pair.Client.Handshake.Phase);
    }

    /// <summary>RFC 9002 §6.2.2.1: the packet that proves the client's address lifts the limit at once, and arms the probe timeout.</summary>
    [Fact]
    public void Amp06_TheProbeTimeoutIsArmedByThePacketThatValidatesTheAddress()
    {
        var pair = new Pair();
        pair.ServerHost.ServerTls = TestTls.Server(certificateBytes: 2500);
        int fromClient = 0;
        int fromServer = 0;
        pair.Filter = datagram => pair.IsFromClient(datagram) ? ++fromClient != 2 : ++fromServer < 3;
        pair.Connect();

        // The acknowledgment of the first datagram is lost, and so is the third datagram: what validates is small.
        pair.Pass(35);
        Assert.True(pair.Server.Path.IsValidated);
        Assert.InRange(pair.Server.Path.BytesReceived, 1200, 1400);
        Assert.Equal(3, fromServer);
        Assert.InRange(pair.Server.NextDeadline - pair.Network.Now, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>
    /// RFC 9002 §6.2.4: one timer serves all spaces, and its probe has something of each: without the ServerHello a client can do nothing with
    /// Handshake packets, and with the ServerHello alone it cannot go on.
    /// </summary>
    [Fact]
    public void Pto09_AProbeHasSomethingOfEachSpaceThatHasPacketsInFlight()
    {
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram);
        pair.Connect();
        pair.Pass(20);
        int sent = pair.ServerLog.Sent.Count;
        Assert.True(pair.Network.RunUntil(() => pair.Server.Recovery.PtoCount == 1, TimeSpan.FromSeconds(3)));
        LoggedPacket[] probes = [.. pair.ServerLog.Sent.Skip(sent)];
        Assert.Contains(probes, packet => packet.Type == PacketType.Initial && packet.Has(FrameType.Crypto));
        Assert.Contains(probes, packet => packet.Type == PacketType.Handshake && packet.Has(FrameType.Crypto));
    }

    [Fact]
    public void Frm1E_Frm97_HandshakeDoneIsSentAgainUntilItIsAcknowledged()
    {
        var pair = new Pair();
        int dropped = 0;
        pair.Filter = datagram => pair.IsFromClient(datagram) || !pair.HasServer || !pair.Server.Handshake.IsComplete || ++dropped > 2;
        pair.Connect();
        pair.Pass(3000);
        Assert.True(pair.Client.Handshake.IsConfirmed);
        Assert.True(pair.ServerLog.Sent.Count(packet => packet.Has(FrameType.HandshakeDone)) >= 2);
    }

    [Fact]
    public void Bind07_ARejectedCertificateEndsTheConnectionWithItsAlert()
    {
        var pair = new Pair();
        pair.ClientHost.Unanswered.Add(ConnectionEventKind.NeedCertificateVerdict);
        pair.Connect();
        pair.Pass(25);
        pair.Client.ProvideCertificateVerdict(CertificateVerdict.Rejected(TlsAlert.UnknownCa, "no"), pair.Network.Now);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(20);
        Closing.ExpectFromPeer(pair.Server, TransportErrorCode.CryptoErrorBase + (ulong)TlsAlert.UnknownCa, 0x06);
    }

    [Theory]
    [InlineData(13, true)]
    [InlineData(24, false)]
    public void Bind08_Key09_AfterTheHandshakeACertificateRequestOrKeyUpdateEndsTheConnection(byte type, bool isRequest)
    {
        Pair pair = Pair.Connected();
        byte[] message = isRequest ? [type, 0, 0, 3, 0, 0, 0] : [type, 0, 0, 1, 0];
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.Crypto(0, message));
        Assert.Equal(TerminationKind.LocalTransport, pair.Client.Termination!.Value.Kind);
        Assert.Equal(isRequest ? 0x0aUL : 0x10aUL, pair.Client.Termination.Value.Code);
    }

    [Fact]
    public void Bind10_Tp06_Tp25_Tp10_ParametersNameTheIdsOfTheWire()
    {
        Pair pair = Pair.Connected();
        TransportParameters server = pair.Client.Handshake.PeerParameters!;
        TransportParameters client = pair.Server.Handshake.PeerParameters!;
        Assert.Equal(pair.Client.Attempt.OriginalDestinationId, server.OriginalDestinationConnectionId);
        Assert.Equal(pair.Server.LocalHandshakeId, server.InitialSourceConnectionId);
        Assert.Equal(pair.Client.LocalHandshakeId, client.InitialSourceConnectionId);
        Assert.Null(server.RetrySourceConnectionId);
        Assert.NotNull(server.StatelessResetToken);
        Assert.Null(client.StatelessResetToken);
    }

    [Fact]
    public void Bind11_Bind12_TheClientHelloHasQuicsExtensionAndNoCompatibilityMode()
    {
        Pair pair = Pair.Connected();
        byte[] hello = pair.ClientLog.Sent[0].Frames.First(frame => frame.Type == FrameType.Crypto).Bytes;

        // Type and offset, a length of two bytes, the message's header, legacy_version and random: then the session ID's length.
        Assert.Equal(0, hello[4 + 4 + 2 + 32]);
        Assert.Contains("0039", Convert.ToHexString(hello), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind13_ATicketIn1RttIsTaken()
    {
        Pair pair = Pair.Connected();
        byte[] ticket = [4, 0, 0, 15, 0, 0, 0, 9, 1, 2, 3, 4, 1, 5, 0, 1, 7, 0, 0];
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.Crypto(0, ticket));
        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Bind06_AClientHelloOverSeveralInitialsInAnyOrderIsUnderstood()
    {
        var pair = new Pair();
        pair.Connect(new TlsClientConfiguration
        {
            ServerName = "localhost",
            ApplicationProtocols = [.. TestTls.Protocols, .. Enumerable.Range(0, 20).Select(i => new ReadOnlyMemory<byte>(new byte[200 + i]))],
        });
        pair.Pass(0.5);
        Assert.True(pair.Wire.Count > 2);
        byte[][] flight = [.. pair.Wire.Select(datagram => datagram.Bytes)];
        var late = new Pair();
        foreach (byte[] datagram in flight.Reverse())
        {
            late.DeliverToServer(datagram, late.ClientHost.Address);
        }

        Assert.Contains(late.ServerLog.Sent, packet => packet.Type == PacketType.Handshake);
    }

    [Fact]
    public void Disc01_TheClientDropsInitialKeysWithItsFirstHandshakePacketAndTheServerWithTheFirstItOpens()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        Assert.Null(pair.Client.Space(PacketNumberSpace.Initial));
        Assert.NotNull(pair.Server.Space(PacketNumberSpace.Initial));

        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, [0x01]);
        Assert.Null(pair.Server.Space(PacketNumberSpace.Initial));
        int sent = pair.ServerLog.Sent.Count(packet => packet.Type == PacketType.Initial);
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [0x01]);
        Assert.Equal(DropReason.KeysDiscarded, pair.ServerLog.LastDrop);
        pair.Pass(2000);
        Assert.Equal(sent, pair.ServerLog.Sent.Count(packet => packet.Type == PacketType.Initial));
    }

    [Fact]
    public void Disc02_HandshakeKeysGoAtConfirmation()
    {
        Pair pair = Pair.Connected();
        Assert.Null(pair.Client.Space(PacketNumberSpace.Handshake));
        Assert.Null(pair.Server.Space(PacketNumberSpace.Handshake));
        Assert.Equal(0, pair.Client.Recovery.BytesInFlight);
    }

    [Fact]
    public void Disc04_Frm97_LostHandshakeDataIsSentAgainAtItsLevel()
    {
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram) || pair.Wire.Count > 3;
        pair.Connect();
        pair.Pass(5000);
        Assert.True(pair.Client.Handshake.IsConfirmed);
        foreach (PacketType type in (PacketType[])[PacketType.Initial, PacketType.Handshake])
        {
            Assert.True(pair.ServerLog.Sent.Count(packet => packet.Type == type && packet.Frames.Any(frame => frame.Type == FrameType.Crypto && frame.Bytes[1] == 0)) > 1);
        }
    }

    [Fact]
    public void Ack05_Ack02_AnAcknowledgmentGoesInTheSpaceOfItsPacket()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        int before = pair.ServerLog.Sent.Count;
        pair.Say(EndpointRole.Client, EncryptionLevel.Handshake, [0x01]);
        LoggedPacket ack = Assert.Single(pair.ServerLog.Sent.Skip(before), packet => packet.HasAck);
        Assert.Equal(PacketType.Handshake, ack.Type);
    }

    [Fact]
    public void Ack01_APacketWithAnErrorDoesNotLookAcknowledged()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x01, 0x21]);
        Assert.False(pair.ServerLog.Sent[^1].HasAck);
        Closing.Expect(pair.Server, TransportErrorCode.FrameEncodingError, 0x21);
    }

    [Fact]
    public void Pto11_Amp05_AClientThatHasNothingInFlightStillProbes()
    {
        // The server's flight is too long for its limit, and what it sent gets lost: only the client can go on.
        var pair = new Pair();
        pair.ServerHost.ServerTls = TestTls.Server(certificateBytes: 9000);
        int fromServer = 0;
        pair.Filter = datagram => pair.IsFromClient(datagram) || ++fromServer == 1 || fromServer > 3;
        pair.Connect();
        Assert.True(pair.Network.RunUntil(() => pair.Client.Handshake.IsConfirmed, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Pto11_Amp05_TheProbeOfAClientWithoutHandshakeKeysIsAPaddedInitial()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        pair.Pass(1500);
        Assert.True(pair.Wire.Count >= 2);
        Assert.All(pair.Wire, datagram => Assert.True(datagram.Bytes.Length >= 1200));
        Assert.All(pair.ClientLog.Sent, packet => Assert.Equal(PacketType.Initial, packet.Type));
    }

    [Fact]
    public void Bind05_Bind09_ProtocolAndSuiteAreTheAgreedOnes()
    {
        Pair pair = Pair.Connected(pair => pair.ServerHost.ServerTls = TestTls.Server(suites: [CipherSuite.ChaCha20Poly1305Sha256]));
        Assert.Equal(CipherSuite.ChaCha20Poly1305Sha256, pair.Client.Handshake.Tls.NegotiatedSuite);
        Assert.Equal(TestTls.Protocols[0].ToArray(), pair.Client.Handshake.Tls.ApplicationProtocol.ToArray());
        Assert.True(pair.Network.Now > new Instant(0));
    }
}
