using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Paths;
using HotQuic.Core.Protection;
using HotQuic.Testing;

namespace HotQuic.Simulation.BadInput;

/// <summary>What is right by itself and wrong in its number: memory stays bounded, time ends it, others are served.</summary>
public class AbuseTests
{
    private const int Floods = 3000;

    [Fact]
    public void Amp_InitialsWithoutContentLeaveNothing()
    {
        var arena = new Arena();
        var random = new SeededRandom(8);
        for (int i = 0; i < Floods; i++)
        {
            byte[] id = new byte[8];
            random.Fill(id);
            byte[] bytes = RawPacket.FirstInitial(new ConnectionId(id), new ConnectionId(id), [1]);
            random.Fill(bytes.AsSpan(100));
            arena.Deliver(bytes, Arena.AddressOf((byte)(100 + (i % 100))));
        }

        Assert.Empty(arena.Server.Connections);
        Assert.Equal(0, arena.Server.Endpoint.ConnectionIdCount);
        Assert.Equal(Floods, arena.Server.Endpoint.Statistics.DropsFor(Core.Errors.DropReason.AuthenticationFailed));
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>RFC 9000 §8.1: three times what came, whoever sends; and the handshake timeout takes it all back.</summary>
    [Fact]
    public void Amp_ClientsThatFallSilentGetThreeTimesWhatTheySentAndAreForgotten()
    {
        const int clients = 1000;
        var arena = new Arena();
        arena.Server.ServerTls = TestTls.Server(certificateBytes: 9000);
        long sent = 0;
        arena.Network.Filter = datagram =>
        {
            sent += datagram.Bytes.Length;
            return true;
        };
        byte[] hello = RawHandshake.ClientHello(RawHandshake.ClientParameters());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < clients; i++)
        {
            var id = new ConnectionId([1, 2, 3, 4, 5, 6, (byte)(i >> 8), (byte)i]);
            arena.Deliver(RawPacket.FirstInitial(id, RawHandshake.ClientSource, RawPacket.Crypto(0, hello)), Arena.AddressOf(200));
        }

        Assert.Equal(clients, arena.Server.Connections.Count);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / clients;
        Assert.True(each < 64 * 1024, $"a half-open connection holds {each} bytes");
        arena.ExpectOthersServed();
        Assert.True(arena.Network.RunUntil(() => arena.Server.Connections.Count == 0, TimeSpan.FromMinutes(1)));
        arena.Network.RunFor(TimeSpan.FromSeconds(1));
        Assert.True(sent > clients * 1200);
        arena.ExpectNothingLeft();
    }

    [Fact]
    public void Amp_NoMoreThanThreeTimesGoesToAnAddressThatIsNotValidated()
    {
        var arena = new Arena();
        arena.Server.ServerTls = TestTls.Server(certificateBytes: 9000);
        PathAddress stranger = Arena.AddressOf(200);
        long received = 0;
        long sent = 0;
        arena.Network.Filter = datagram =>
        {
            sent += datagram.To == stranger ? datagram.Bytes.Length : 0;
            return true;
        };
        byte[] first = RawPacket.FirstInitial(
            RawHandshake.ClientDestination, RawHandshake.ClientSource, RawPacket.Crypto(0, RawHandshake.ClientHello(RawHandshake.ClientParameters())));
        InitialKeys.Derive(QuicVersion.Version1, RawHandshake.ClientDestination, EndpointRole.Client, out PacketKeys keys, out _);
        arena.Deliver(first, stranger);
        received += first.Length;
        for (int i = 1; i < 20; i++)
        {
            int size = 1195 + i;
            byte[] ping = RawPacket.Seal(
                keys, new RawHeader(PacketType.Initial, RawHandshake.ClientDestination, RawHandshake.ClientSource) { Number = i, DatagramSize = size }, [1]);
            arena.Deliver(ping, stranger);
            received += ping.Length;
            arena.Network.RunFor(TimeSpan.FromMilliseconds(400));
            Assert.True(sent <= 3 * received, $"{sent} bytes for {received}");
        }

        Assert.True(sent > 3600);
        arena.ExpectOthersServed();
        arena.Network.RunFor(TimeSpan.FromMinutes(1));
        arena.ExpectNothingLeft();
    }

    [Theory]
    [InlineData("Ack")]
    [InlineData("Ping")]
    [InlineData("PathChallenge")]
    [InlineData("PathResponse")]
    [InlineData("RetireConnectionId")]
    [InlineData("DataBlocked")]
    [InlineData("MaxData")]
    [InlineData("StreamsBlocked")]
    [InlineData("OverlappingData")]
    [InlineData("TinyHandshakeDataWithGaps")]
    [InlineData("TinyDataOutOfOrder")]
    [InlineData("Unacknowledged")]
    public void AFloodIsBorneInBoundedMemory(string name)
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        var random = new SeededRandom(9);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        bool isDeaf = name is "Unacknowledged" or "RetireConnectionId";
        arena.Network.Filter = datagram => !isDeaf || datagram.From != arena.Server.Address;
        for (int i = 0; i < Floods && arena.Victim.Termination is null; i++)
        {
            arena.Peer.Send(FloodFrame(name, i, random));
            if (i % 50 == 0)
            {
                arena.Network.RunFor(TimeSpan.FromMilliseconds(30));
            }
        }

        // What may be buffered is what was granted.
        long chunks = arena.Server.Endpoint.Services.Buffers.Outstanding;
        Assert.True(chunks * 4096 < 4 << 20, $"{chunks} chunks");
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 8 << 20, $"{grown} bytes");
        arena.ExpectOpen();
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>Streams that are opened and given up at once never cost more than the streams that were granted.</summary>
    [Fact]
    public void Str_RapidResetsStayWithinTheGrantedStreams()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        arena.Server.OnTurn = connection =>
        {
            // The application answers each with a reset of its own, so that the stream ends and another is granted.
            for (ulong id = 0; id < 4 * 4000; id += 4)
            {
                connection.Streams.Reset(new StreamId(id), 0);
            }
        };
        int opened = 0;
        int most = 0;
        for (ulong index = 0; index < 4000 && arena.Victim.Termination is null; index++)
        {
            if (arena.Peer.Connection.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id))
            {
                opened++;
                arena.Peer.Send([.. RawPacket.Frame(FrameType.ResetStream, id.Value, 0, 0), .. RawPacket.Frame(FrameType.StopSending, id.Value, 0)]);
                most = Math.Max(most, arena.Victim.Streams.Count);
            }
            else
            {
                arena.Network.RunFor(TimeSpan.FromMilliseconds(50));
            }

            if (index == 150)
            {
                arena.Server.OnTurn = null;
            }
        }

        Assert.True(opened >= 100, $"{opened} streams");
        Assert.True(most <= 100, $"{most} streams at a time");
        arena.ExpectOpen();
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Fact]
    public void Cid_AFloodOfIdsThatRetireOneAnotherEndsTheConnection()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        arena.Network.Filter = datagram => datagram.From != arena.Server.Address;
        for (ulong i = 4; i < Floods && arena.Victim.Termination is null; i++)
        {
            arena.Peer.Send(RawPacket.NewConnectionId(i, i, [7, 7, 7, 7, (byte)(i >> 8), (byte)i]));
        }

        arena.ExpectClosed(TransportErrorCode.ConnectionIdLimitError);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>RFC 9000 §19.16: what was issued but not yet sent was not issued for the peer.</summary>
    [Fact]
    public void Cid_AnIdThatWasNotYetSentCannotBeRetired()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);

        // The frame that announces number 4 is due only after the packet.
        arena.Peer.Send([.. RawPacket.Frame(FrameType.RetireConnectionId, 1), .. RawPacket.Frame(FrameType.RetireConnectionId, 4)]);
        arena.ExpectClosed(TransportErrorCode.ProtocolViolation);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>RFC 9000 §21.4: who acknowledges what cannot have come yet, ends.</summary>
    [Fact]
    public void Ack_WhoAcknowledgesAheadOfWhatWasSentEnds()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        long next = arena.Victim.Space(PacketNumberSpace.Application)!.NextNumber.Value;
        arena.Peer.Send(RawPacket.Frame(FrameType.Ack, (ulong)next, 0, 0, 0));
        arena.ExpectClosed(TransportErrorCode.ProtocolViolation);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    private static byte[] FloodFrame(string name, int i, SeededRandom random) => name switch
    {
        "Ack" => RawPacket.Frame(FrameType.Ack, 0, (ulong)i, 0, 0),
        "Ping" or "Unacknowledged" => RawPacket.Frame(FrameType.Ping),
        "PathChallenge" => [(byte)FrameType.PathChallenge, .. BitConverter.GetBytes(random.Next())],
        "PathResponse" => [(byte)FrameType.PathResponse, .. BitConverter.GetBytes(random.Next())],
        "RetireConnectionId" => RawPacket.Frame(FrameType.RetireConnectionId, 1 + ((ulong)i / 40)),
        "DataBlocked" => RawPacket.Frame(FrameType.DataBlocked, (ulong)i),
        "MaxData" => RawPacket.Frame(FrameType.MaxData, random.Next() >> 2),
        "StreamsBlocked" => RawPacket.Frame(FrameType.StreamsBlockedBidirectional, (ulong)i),
        "OverlappingData" => [.. RawPacket.Frame(0x0e, 0, (ulong)random.Next(4000), 200), .. Noise(random, 200)],
        "TinyHandshakeDataWithGaps" => [.. RawPacket.Frame(FrameType.Crypto, 1 + (2 * (ulong)random.Next(30_000)), 1), 7],
        "TinyDataOutOfOrder" => [.. RawPacket.Frame(0x0e, 4 * (ulong)random.Next(4), 1 + (2 * (ulong)random.Next(100_000)), 1), 7],
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static byte[] Noise(SeededRandom random, int length)
    {
        byte[] bytes = new byte[length];
        random.Fill(bytes);
        return bytes;
    }
}
