using HotQuic.Core.Connections;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;
using HotQuic.Core.Tls;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>How connections end (RFC 9000 §10), and what they say then (§11, §20.1).</summary>
public sealed class CloseTests
{
    private static readonly byte[] Ping = [0x01];

    [Theory]
    [InlineData(4, 9, 4)]
    [InlineData(9, 4, 4)]
    [InlineData(0, 5, 5)]
    [InlineData(5, 0, 5)]
    public void Close01_Tp11_TheShorterIdleTimeoutEndsTheConnectionWithoutAPacket(int client, int server, int expected)
    {
        Pair pair = Pair.Connected(pair =>
        {
            pair.ClientHost.Settings = new ConnectionSettings { IdleTimeout = TimeSpan.FromSeconds(client) };
            pair.ServerHost.Settings = new ConnectionSettings { IdleTimeout = TimeSpan.FromSeconds(server) };
        });
        Instant lastSent = pair.ClientLog.Sent[^1].At;
        int sent = pair.Wire.Count;

        pair.Pass((expected * 1000) - 1500);
        Assert.Null(pair.Client.Termination);
        pair.Pass(2000);

        Assert.Equal((TerminationKind.IdleTimeout, TerminationKind.IdleTimeout), (pair.Client.Termination!.Value.Kind, pair.Server.Termination!.Value.Kind));
        Assert.Equal(sent, pair.Wire.Count);
        Assert.True(lastSent <= pair.Network.Now);
    }

    [Fact]
    public void Close01_TheIdleTimeoutIsAtLeastThreePtos()
    {
        Pair pair = Pair.Connected(pair =>
        {
            pair.ClientHost.Settings = new ConnectionSettings { IdleTimeout = TimeSpan.FromSeconds(2) };
            var slow = new LinkConditions { Delay = TimeSpan.FromMilliseconds(400) };
            pair.Network.Conditions[pair.ClientHost.Address] = slow;
            pair.Network.Conditions[pair.ServerHost.Address] = slow;
        });
        TimeSpan threePtos = 3 * pair.Client.CurrentPto;
        Assert.True(threePtos > TimeSpan.FromSeconds(2));
        Instant last = pair.ClientLog.Received[^1].At;
        Assert.True(pair.Network.RunUntil(() => pair.Client.Termination is not null, TimeSpan.FromMinutes(1)));
        Assert.True(pair.Network.Now - last >= threePtos);
    }

    [Fact]
    public void Close02_ReceivingAndTheFirstSendAfterItRestartTheIdleTimer()
    {
        Pair pair = Pair.Connected(pair => pair.ClientHost.Settings = new ConnectionSettings { IdleTimeout = TimeSpan.FromSeconds(3) });
        pair.Pass(1500);
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, Ping);
        pair.Pass(2500);
        Assert.Null(pair.Client.Termination);

        // Nothing arrives any more: the first ack-eliciting packet restarts the timer, its repetitions do not.
        pair.Filter = _ => false;
        Instant first = pair.Network.Now;
        pair.Client.Space(PacketNumberSpace.Application)!.IsPingWanted = true;
        pair.ClientHost.Turn(pair.Client);
        Assert.True(pair.Network.RunUntil(() => pair.Client.Termination is not null, TimeSpan.FromSeconds(10)));
        Assert.Equal(3000, (pair.Network.Now - first).TotalMilliseconds, 1.0);
    }

    [Fact]
    public void Close03_PacketsThatStillComeAreAnsweredEverMoreSeldom()
    {
        Pair pair = Pair.Connected();
        pair.Server.Close(7, "enough", pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        pair.Filter = _ => false;
        Assert.Equal(1, Closes(pair.ServerLog));
        for (int i = 0; i < 40; i++)
        {
            pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, Ping);
        }

        Assert.Equal(1 + 6, Closes(pair.ServerLog));
    }

    [Fact]
    public void Close03_WhatComesWhileClosingChangesNothing()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        var events = new List<ConnectionEventKind>();
        pair.ServerHost.OnConnectionEvent = (_, kind) => events.Add(kind);
        pair.Server.Close(7, "enough", pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);

        // The client's Finished comes now.
        pair.Deliver(EndpointRole.Client, pair.Wire.Where(datagram => pair.IsFromClient(datagram)).ElementAt(1).Bytes);

        Assert.DoesNotContain(ConnectionEventKind.HandshakeCompleted, events);
        Assert.False(pair.Server.Handshake.IsComplete);
        Assert.Equal(CloseState.Closing, pair.Server.Closer.State);
    }

    [Fact]
    public void Close04_ADrainingConnectionSendsNothing()
    {
        Pair pair = Pair.Connected();
        pair.Server.Close(7, "enough", pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        pair.Pass(15);
        Assert.Equal((TerminationKind.PeerApplication, 7UL, "enough"), (pair.Client.Termination!.Value.Kind, pair.Client.Termination.Value.Code, pair.Client.Termination.Value.Reason));
        Assert.Null(pair.Client.Space(PacketNumberSpace.Application)); // waiting holds neither keys nor packets
        int sent = pair.ClientLog.Sent.Count;

        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, Ping);
        pair.Client.Close(1, string.Empty, pair.Network.Now);
        pair.ClientHost.Turn(pair.Client);
        pair.Pass(5000);

        Assert.Equal(sent, pair.ClientLog.Sent.Count);
        Assert.True(pair.Client.IsDrained);
    }

    [Fact]
    public void Close04_AClosingConnectionThatIsToldSoDrains()
    {
        Pair pair = Pair.Connected();
        pair.Client.Close(1, string.Empty, pair.Network.Now);
        pair.ClientHost.Turn(pair.Client);

        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, [.. PacketForge.Frame(0x02, 0, 0, 0, 0), 0x1d, 9, 0]);

        Assert.Equal(CloseState.Draining, pair.Client.Closer.State);
        Assert.Equal(TerminationKind.LocalApplication, pair.Client.Termination!.Value.Kind);
    }

    [Fact]
    public void Close05_ClosingAndDrainingLastThreePtosAndLeaveNothing()
    {
        Pair pair = Pair.Connected();
        TimeSpan pto = pair.Client.CurrentPto;
        Instant at = pair.Network.Now;
        pair.Client.Close(1, string.Empty, at);
        pair.ClientHost.Turn(pair.Client);
        Assert.True(pair.Network.RunUntil(() => pair.Client.IsDrained, TimeSpan.FromMinutes(1)));
        Assert.Equal(3 * pto, pair.Network.Now - at);
        Assert.True(pair.Network.RunUntil(() => pair.Server.IsDrained, TimeSpan.FromMinutes(1)));
        Assert.Empty(pair.ClientHost.Connections);
        Assert.Empty(pair.ServerHost.Connections);
    }

    [Fact]
    public void Close06_AfterConfirmationCloseGoesIn1RttOnly()
    {
        Pair pair = Pair.Connected();
        pair.Server.Close(1, string.Empty, pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        LoggedPacket close = Assert.Single(pair.ServerLog.Sent, IsClose);
        Assert.Equal((PacketType.OneRtt, true), (close.Type, close.Has(FrameType.ConnectionCloseApplication)));
    }

    [Fact]
    public void Close06_BeforeConfirmationCloseGoesAtEveryLevelThatThePeerMayRead()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        pair.Server.CloseByTransport(new TransportError(TransportErrorCode.InternalError, 0, "x"), pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        Assert.Equal([PacketType.Initial, PacketType.Handshake], pair.ServerLog.Sent.Where(IsClose).Select(packet => packet.Type));
    }

    [Fact]
    public void Close06_AClientThatIsClosedAsSoonAsItsHandshakeIsCompleteSaysItsFinishedFirst()
    {
        var pair = new Pair();
        pair.ClientHost.OnConnectionEvent = (client, kind) =>
        {
            if (kind == ConnectionEventKind.HandshakeCompleted)
            {
                client.Close(7, "enough", pair.Network.Now);
            }
        };
        pair.Connect();

        Assert.True(pair.Network.RunUntil(() => pair.ServerHost.Connections is [{ Termination: not null }], TimeSpan.FromSeconds(1)));

        Termination atServer = pair.Server.Termination!.Value;
        Assert.True(pair.Server.Handshake.IsComplete);
        Assert.Equal((TerminationKind.PeerApplication, 7UL, "enough"), (atServer.Kind, atServer.Code, atServer.Reason));
    }

    /// <summary>Nothing is acknowledged any more while the connection closes, so that a window which is full stays so.</summary>
    [Fact]
    public void Close06_AClientWhoseFinishedDoesNotFitTheWindowStillSaysItsClose()
    {
        var pair = new Pair();
        pair.ServerHost.ServerTls = new TlsServerConfiguration
        {
            Credential = TestTls.Credential(),
            ApplicationProtocols = TestTls.Protocols,
            ClientCertificateMode = ClientCertificateMode.Require,
        };
        pair.ClientHost.OnConnectionEvent = (client, kind) =>
        {
            if (kind == ConnectionEventKind.HandshakeCompleted)
            {
                client.Close(7, "enough", pair.Network.Now);
            }
        };
        pair.Connect(new TlsClientConfiguration
        {
            ServerName = "localhost",
            ApplicationProtocols = TestTls.Protocols,
            Credential = TestTls.Credential(20_000),
        });

        Assert.True(pair.Network.RunUntil(() => pair.ServerHost.Connections is [{ Termination: not null }], TimeSpan.FromSeconds(1)));
        Assert.Equal(TerminationKind.PeerTransport, pair.Server.Termination!.Value.Kind);
    }

    [Fact]
    public void Close07_AnApplicationsCloseBefore1RttTellsNeitherCodeNorReason()
    {
        Pair pair = FramePermissionTests.PairAtHandshake();
        pair.Server.Close(99, "secret", pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);
        foreach (LoggedPacket packet in pair.ServerLog.Sent.Where(IsClose))
        {
            LoggedFrame frame = Assert.Single(packet.Frames, frame => frame.Type is FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication);
            Assert.Equal([0x1c, (byte)TransportErrorCode.ApplicationError, 0, 0], frame.Bytes);
        }
    }

    [Fact]
    public void Close08_AnErrorInAnInitialIsToldInOneThatTheAmplificationLimitAllows()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        pair.Say(EndpointRole.Client, EncryptionLevel.Initial, [0x1e]);
        LoggedPacket close = Assert.Single(pair.ServerLog.Sent);
        Assert.Equal((PacketType.Initial, true), (close.Type, close.Has(FrameType.ConnectionCloseTransport)));
        Assert.True(pair.Server.Path.BytesSent <= 3 * pair.Server.Path.BytesReceived);
    }

    [Fact]
    public void Close08_AClientsCloseInAnInitialIsPadded()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        pair.Client.Close(1, string.Empty, pair.Network.Now);
        pair.ClientHost.Turn(pair.Client);
        Assert.Contains(pair.ClientLog.Sent, IsClose);
        Assert.All(pair.Wire, datagram => Assert.True(datagram.Bytes.Length >= 1200));
    }

    [Fact]
    public void Close08_WhereLittleIsLeftOfTheAmplificationLimitTheCloseIsAsSmall()
    {
        var pair = new Pair();
        pair.Filter = datagram => pair.IsFromClient(datagram) && pair.Wire.Count == 0;
        pair.ServerHost.ServerTls = TestTls.Server(certificateBytes: 9000);
        pair.Connect();
        pair.Pass(15);
        Assert.True(pair.Server.Path.SendAllowance < 1200);
        pair.Deliver(EndpointRole.Client, [.. PacketForge.Frame(1), .. new byte[60]]);

        // As if a few bytes were left.
        pair.Server.Path.OnDatagramReceived(100);
        pair.Server.CloseByTransport(new TransportError(TransportErrorCode.InternalError, 0, "x"), pair.Network.Now);
        pair.ServerHost.Turn(pair.Server);

        Assert.Contains(pair.ServerLog.Sent, IsClose);
        Assert.True(pair.Server.Path.BytesSent <= 3 * pair.Server.Path.BytesReceived);
    }

    [Fact]
    public void Close09_Err02_ATlsAlertIsTheCodeOfTheCloseAndNoAlertIsSent()
    {
        var pair = new Pair();
        pair.Connect(new TlsClientConfiguration { ServerName = "localhost", ApplicationProtocols = [new byte[] { 1, 2, 3 }] });
        pair.Pass(100);
        Closing.Expect(pair.Server, TransportErrorCode.CryptoErrorBase + (ulong)TlsAlert.NoApplicationProtocol, 0x06);
        Closing.ExpectFromPeer(pair.Client, TransportErrorCode.CryptoErrorBase + (ulong)TlsAlert.NoApplicationProtocol, 0x06);
        Assert.Equal(TlsAlert.NoApplicationProtocol, pair.Client.Termination!.Value.Alert);
        Assert.All(pair.ServerLog.Sent, packet => Assert.DoesNotContain(packet.Frames, frame => frame.Type == FrameType.Crypto));
    }

    [Fact]
    public void Err01_CodesAreThoseOfTheRfcs()
    {
        (TransportErrorCode Code, ulong Value)[] table =
        [
            (TransportErrorCode.NoError, 0), (TransportErrorCode.InternalError, 1), (TransportErrorCode.ConnectionRefused, 2),
            (TransportErrorCode.FlowControlError, 3), (TransportErrorCode.StreamLimitError, 4), (TransportErrorCode.StreamStateError, 5),
            (TransportErrorCode.FinalSizeError, 6), (TransportErrorCode.FrameEncodingError, 7), (TransportErrorCode.TransportParameterError, 8),
            (TransportErrorCode.ConnectionIdLimitError, 9), (TransportErrorCode.ProtocolViolation, 0xa), (TransportErrorCode.InvalidToken, 0xb),
            (TransportErrorCode.ApplicationError, 0xc), (TransportErrorCode.CryptoBufferExceeded, 0xd), (TransportErrorCode.KeyUpdateError, 0xe),
            (TransportErrorCode.AeadLimitReached, 0xf), (TransportErrorCode.NoViablePath, 0x10), (TransportErrorCode.VersionNegotiationError, 0x11),
            (TransportErrorCode.CryptoErrorBase, 0x100),
        ];
        Assert.All(table, row => Assert.Equal(row.Value, (ulong)row.Code));
    }

    [Fact]
    public void Err03_Err04_ATransportCloseNamesTheFrameAndAnApplicationsHasItsOwnCode()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, 99));
        Assert.Equal((FrameType.ConnectionCloseTransport, 0xaUL, 0x19UL), CloseOf(pair.ServerLog));

        Pair other = Pair.Connected();
        other.Client.Close(0x3fffffffffffffff, "bye", other.Network.Now);
        other.ClientHost.Turn(other.Client);
        Assert.Equal((FrameType.ConnectionCloseApplication, 0x3fffffffffffffffUL, 0UL), CloseOf(other.ClientLog));
    }

    private static bool IsClose(LoggedPacket packet) => packet.Has(FrameType.ConnectionCloseTransport) || packet.Has(FrameType.ConnectionCloseApplication);

    private static int Closes(PacketLog log) => log.Sent.Count(IsClose);

    private static (FrameType Type, ulong Code, ulong Trigger) CloseOf(PacketLog log)
    {
        LoggedFrame frame = log.Sent.Last(IsClose).Frames.Single(frame => frame.Type is FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication);
        var reader = new WireReader(frame.Bytes.AsSpan(1));
        Assert.True(ConnectionCloseFrame.TryRead(frame.Type, ref reader, out ConnectionCloseFrame close));
        return (frame.Type, close.ErrorCode, close.TriggerType);
    }
}
