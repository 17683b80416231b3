using HotQuic.Core.Connections;
using HotQuic.Core.Datagrams;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>Issuing, using and retiring connection IDs (RFC 9000 §5.1).</summary>
public sealed class ConnectionIdTests
{
    private static readonly byte[] IdA = [1, 1, 1, 1, 1, 1, 1, 1];
    private static readonly byte[] IdB = [2, 2, 2, 2, 2, 2, 2, 2];

    [Fact]
    public void Cid01_Cid02_SequenceNumbersStartAt0AndNoMoreAreIssuedThanThePeerAllows()
    {
        Pair pair = Pair.Connected();

        // The handshake's is 0; our limit is 4.
        Assert.Equal([1UL, 2, 3], Issued(pair.ServerLog).Select(frame => frame.Sequence));
        Assert.Equal([1UL, 2, 3], Issued(pair.ClientLog).Select(frame => frame.Sequence));
        Assert.Equal(PeerConnectionIds.ActiveLimit, pair.Server.LocalIds.ActiveCount);
    }

    [Fact]
    public void Cid01_Cid02_ARetiredIdIsReplacedByTheNextNumber()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, 2));
        Assert.Equal([1UL, 2, 3, 4], Issued(pair.ServerLog).Select(frame => frame.Sequence));
        Assert.Equal(PeerConnectionIds.ActiveLimit, pair.Server.LocalIds.ActiveCount);
    }

    [Fact]
    public void Cid03_MoreActiveIdsThanOurLimitIsAConnectionIdLimitError()
    {
        Pair pair = Pair.Connected();

        // The client has 0 to 3 of the server.
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 1, IdA));
        Assert.Null(pair.Client.Termination);
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(5, 1, IdB, 8));
        Closing.Expect(pair.Client, TransportErrorCode.ConnectionIdLimitError, 0x18);
    }

    [Fact]
    public void Cid04_EveryIssuedIdWorksUntilItIsRetired()
    {
        Pair pair = Pair.Connected();
        foreach ((_, byte[] id) in Issued(pair.ServerLog))
        {
            ExpectRouting(isRouted: true, pair, id);
        }

        byte[] second = Issued(pair.ServerLog)[1].Id;
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, 2));
        ExpectRouting(isRouted: false, pair, second);
    }

    [Fact]
    public void Cid05_ARaisedRetirePriorToChangesTheIdInUseAndRetiresTheOlderOnes()
    {
        Pair pair = Pair.Connected();
        ConnectionId before = pair.Client.PeerIds.Active;

        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 2, IdA));

        Assert.Equal(2UL, pair.Client.PeerIds.ActiveSequenceNumber);
        Assert.NotEqual(before, pair.Client.PeerIds.Active);
        LoggedPacket last = pair.ClientLog.Sent.Last(packet => packet.Has(FrameType.RetireConnectionId));
        Assert.Equal(pair.Client.PeerIds.Active, last.DestinationId);
        Assert.Equal([0UL, 1UL], Retired(pair.ClientLog).Order());
    }

    [Fact]
    public void Cid05_Frm18_ARepeatedFrameMayRaiseRetirePriorTo()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 1, IdA));
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 2, IdA));
        Assert.Null(pair.Client.Termination);
        Assert.Equal([0UL, 1UL], Retired(pair.ClientLog).Order());
    }

    [Fact]
    public void Frm18_AnIdBelowAnEarlierRetirePriorToIsRetiredAtOnceAndOnlyOnce()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(9, 8, IdA));
        int retired = Retired(pair.ClientLog).Count();

        for (int i = 0; i < 20; i++)
        {
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(7, 7, IdB, 8));
        }

        Assert.Null(pair.Client.Termination);
        Assert.Equal(retired + 1, Retired(pair.ClientLog).Count());
    }

    /// <summary>RFC 9000 §19.15: a frame may come again after its ID was retired; it is neither counted nor used a second time.</summary>
    [Fact]
    public void Cid03_Frm18_AFrameThatIsRepeatedAfterItsIdWasRetiredIsNoNews()
    {
        Pair pair = Pair.Connected();
        byte[] first = pair.ServerLog.Sent.SelectMany(packet => packet.Frames).First(frame => frame.Type == FrameType.NewConnectionId).Bytes;
        for (int i = 0; i < 2; i++)
        {
            Assert.True(pair.Client.PeerIds.TryReplaceActive());
            pair.ClientHost.Turn(pair.Client);
            pair.Pass(200);
        }

        int retired = Retired(pair.ClientLog).Count();
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, first);
        Assert.Null(pair.Client.Termination);
        Assert.Equal(2UL, pair.Client.PeerIds.ActiveSequenceNumber);
        Assert.True(pair.Client.PeerIds.TryReplaceActive());
        Assert.Equal(3UL, pair.Client.PeerIds.ActiveSequenceNumber);
        pair.ClientHost.Turn(pair.Client);
        Assert.Equal(retired + 1, Retired(pair.ClientLog).Count());
    }

    /// <summary>RFC 9221 §5: a longer ID leaves less room in a packet; what no longer fits is given up, and holds nothing up.</summary>
    [Fact]
    public void Cid05_ALongerIdLeavesLessRoomForDatagrams()
    {
        var settings = new ConnectionSettings { Datagrams = new DatagramLimits { MaxFrameSize = 65535 } };
        Pair pair = Pair.Connected(pair => pair.ClientHost.Settings = pair.ServerHost.Settings = settings);
        int before = pair.Client.Datagrams.MaxDataLength;
        Assert.Equal(DatagramSendResult.Queued, pair.Client.Datagrams.TrySend(new byte[before], 1));
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 4, new byte[20]));
        Assert.Equal(20, pair.Client.PeerIds.Active.Length);
        Assert.Equal(before - 12, pair.Client.Datagrams.MaxDataLength);
        Assert.Equal(DatagramSendResult.Queued, pair.Client.Datagrams.TrySend(new byte[before - 12], 2));
        pair.ClientHost.Turn(pair.Client);
        Assert.False(pair.Client.Datagrams.HasPendingFrames);
        Assert.True(pair.Client.Datagrams.TryTakeReport(out DatagramReport report));
        Assert.Equal(new DatagramReport(1, Core.Datagrams.DatagramOutcome.Dropped), report);
        Assert.Equal(1, pair.Client.Datagrams.Sent);
    }

    /// <summary>RFC 9000 §5.1.1: we stay where we are, but the ID of the preferred address is ours to use, to count and to retire.</summary>
    [Fact]
    public void Cid01_Cid05_TheIdOfAPreferredAddressHasNumber1()
    {
        var pair = new Pair();
        pair.ClientHost.Unanswered.Add(ConnectionEventKind.NeedCertificateVerdict);
        pair.Connect();
        pair.Pass(100);
        TransportParameters parameters = pair.Client.Handshake.PeerParameters!;
        parameters.PreferredAddress = new PreferredAddress(null, null, new ConnectionId(IdA), default);
        Assert.Null(pair.Client.OnPeerParameters(parameters));
        Assert.Null(pair.Client.PeerIds.OnNewConnectionId(new NewConnectionIdFrame(2, 2, new ConnectionId(IdB), default)));
        Assert.Equal(2UL, pair.Client.PeerIds.ActiveSequenceNumber);
        var writer = new FrameWriter(new byte[100], new SentFrame[4]);
        pair.Client.PeerIds.Transmit(ref writer);
        Assert.Equal([0UL, 1UL], writer.Logged.ToArray().Select(frame => frame.Id).Order());
    }

    [Fact]
    public void Cid06_TooManyPendingRetirementsAreAConnectionIdLimitError()
    {
        Pair pair = Pair.Connected();
        pair.Filter = datagram => !pair.IsFromClient(datagram);
        pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(1000, 1000, IdA));
        for (ulong i = 0; i < 2 * PeerConnectionIds.ActiveLimit; i++)
        {
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(100 + i, 0, [9, 9, 9, (byte)i], (byte)(20 + i)));
        }

        Assert.Null(pair.Client.Termination);
        for (ulong i = 0; i < 64; i++)
        {
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(200 + i, 0, [8, 9, 9, (byte)i], (byte)(20 + i)));
        }

        Closing.Expect(pair.Client, TransportErrorCode.ConnectionIdLimitError, 0x18);
    }

    [Fact]
    public void Cid07_Rst06_IdsAndTokensOfAConnectionAreAllDifferent()
    {
        Pair pair = Pair.Connected();
        for (ulong i = 1; i < 30; i++)
        {
            pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, i));
        }

        byte[][] frames = [.. pair.ServerLog.Sent.SelectMany(packet => packet.Frames).Where(frame => frame.Type == FrameType.NewConnectionId).Select(frame => frame.Bytes)];
        Assert.True(frames.Length > 30);
        Assert.Equal(frames.Length, Issued(pair.ServerLog).Select(frame => Convert.ToHexString(frame.Id)).Distinct().Count());
        Assert.Equal(frames.Length, frames.Select(bytes => Convert.ToHexString(bytes.AsSpan(bytes.Length - 16))).Distinct().Count());
    }

    [Fact]
    public void Cid08_OurOwnIdsAreNeverEmpty()
    {
        Pair pair = Pair.Connected();
        Assert.Equal((8, 8), (pair.Client.LocalHandshakeId.Length, pair.Server.LocalHandshakeId.Length));
    }

    [Fact]
    public void Frm18_OneNumberForTwoIdsOrOneIdForTwoNumbersIsAProtocolViolation()
    {
        foreach (byte[] second in (byte[][])[PacketForge.NewConnectionId(4, 1, IdB), PacketForge.NewConnectionId(4, 1, IdA, 8), PacketForge.NewConnectionId(5, 2, IdA)])
        {
            Pair pair = Pair.Connected();
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, PacketForge.NewConnectionId(4, 1, IdA));
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, second);
            Closing.Expect(pair.Client, TransportErrorCode.ProtocolViolation, 0x18);
        }
    }

    [Fact]
    public void Frm18_LengthsAndRetirePriorToAreChecked()
    {
        foreach (byte[] frame in (byte[][])[PacketForge.NewConnectionId(4, 1, []), PacketForge.NewConnectionId(4, 1, new byte[21]), PacketForge.NewConnectionId(4, 5, IdA)])
        {
            Pair pair = Pair.Connected();
            pair.Say(EndpointRole.Server, EncryptionLevel.OneRtt, frame);
            Closing.Expect(pair.Client, TransportErrorCode.FrameEncodingError, 0x18);
        }
    }

    [Fact]
    public void Frm19_RetiringWhatWasNeverIssuedIsAProtocolViolation()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, 4));
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0x19);
    }

    [Fact]
    public void Frm19_RetiringTheIdThatThePacketWasSentToIsAProtocolViolation()
    {
        Pair pair = Pair.Connected();
        pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, PacketForge.Frame(0x19, 0));
        Closing.Expect(pair.Server, TransportErrorCode.ProtocolViolation, 0x19);
    }

    private static void ExpectRouting(bool isRouted, Pair pair, byte[] id)
    {
        int dropped = pair.ServerLog.Dropped.Count;
        var result = pair.Say(EndpointRole.Client, EncryptionLevel.OneRtt, [0x01], new Forgery { Destination = new ConnectionId(id) });
        Assert.Equal(isRouted, result.Connection is not null);
        Assert.Equal(dropped, pair.ServerLog.Dropped.Count);
        Assert.Equal(DropReason.None, result.Reason);
    }

    private static List<(ulong Sequence, byte[] Id)> Issued(PacketLog log) =>
        [.. log.Sent.SelectMany(packet => packet.Frames).Where(frame => frame.Type == FrameType.NewConnectionId).Select(frame => Parse(frame.Bytes))];

    private static (ulong Sequence, byte[] Id) Parse(byte[] bytes)
    {
        var reader = new WireReader(bytes.AsSpan(1));
        Assert.True(NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame frame));
        return (frame.SequenceNumber, frame.ConnectionId.Span.ToArray());
    }

    private static IEnumerable<ulong> Retired(PacketLog log) =>
        log.Sent.SelectMany(packet => packet.Frames).Where(frame => frame.Type == FrameType.RetireConnectionId).Select(frame =>
        {
            var reader = new WireReader(frame.Bytes.AsSpan(1));
            Assert.True(reader.TryReadVarInt(out ulong number));
            return number;
        });
}
