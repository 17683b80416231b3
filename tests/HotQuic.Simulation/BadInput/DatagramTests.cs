using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;
using HotQuic.Core.Wire;
using HotQuic.Testing;

namespace HotQuic.Simulation.BadInput;

/// <summary>Datagrams that are cut, too long, or noise: a counted drop, and the endpoint goes on.</summary>
public class DatagramTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pkt_NoiseOfEveryLengthIsDroppedAndCounted(bool isServerHostile)
    {
        var arena = new Arena(isServerHostile ? EndpointRole.Server : EndpointRole.Client);
        var random = new SeededRandom(5);
        var ledger = new Ledger(arena);
        for (int length = 0; length <= 1500; length++)
        {
            foreach (byte first in new byte[] { 0x00, 0x40, 0x80, 0xc0, 0xd0, 0xe0, 0xf0 })
            {
                byte[] datagram = new byte[length];
                random.Fill(datagram);
                if (length > 5)
                {
                    datagram[0] = (byte)(first | (datagram[0] & 0x0f));
                    datagram.AsSpan(1, 4).Clear();
                    datagram[4] = (byte)(length & 1);
                }

                arena.Deliver(datagram);
            }
        }

        ledger.Expect();
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Fact]
    public void Pkt_ADatagramOfTheLargestSizeIsDroppedAndCounted()
    {
        var arena = new Arena();
        var ledger = new Ledger(arena);
        byte[] datagram = new byte[65507];
        new SeededRandom(6).Fill(datagram);
        foreach (byte first in new byte[] { 0x40, 0xc0 })
        {
            datagram[0] = first;
            new byte[] { 0, 0, 0, 1 }.CopyTo(datagram, 1);
            arena.Deliver(datagram.ToArray());
        }

        ledger.Expect();
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pkt_EveryTruncationOfEveryDatagramOfAHandshakeIsHarmless(bool isServerHostile)
    {
        foreach (int step in new[] { 0, 1, 2, 3 })
        {
            var arena = new Arena(isServerHostile ? EndpointRole.Server : EndpointRole.Client);
            int seen = 0;
            SimulatedDatagram? cut = null;
            arena.Network.Filter = datagram =>
            {
                bool isCut = datagram.To == arena.VictimHost.Address && seen++ == step;
                cut = isCut ? datagram : cut;
                return !isCut;
            };
            Connection client = arena.Client.Connect(arena.Server);
            arena.Network.RunUntil(() => cut is not null, TimeSpan.FromSeconds(5));
            if (cut is { } whole)
            {
                for (int length = 0; length < whole.Bytes.Length; length++)
                {
                    arena.Deliver(whole.Bytes.AsSpan(0, length).ToArray());
                }
            }

            arena.Network.Filter = null;
            Assert.True(arena.Network.RunUntil(() => client.Handshake.IsConfirmed, TimeSpan.FromMinutes(1)), $"step {step}: {client.Termination}");
            arena.ExpectOthersServed();
            arena.ExpectNothingLeft();
        }
    }

    [Fact]
    public void Pkt_AnEstablishedConnectionDropsNoiseThatIsAddressedToIt()
    {
        Arena arena = Arena.Connected(EndpointRole.Client);
        var random = new SeededRandom(7);
        long dropped = arena.Victim.Statistics.PacketsDropped;
        int sent = 0;
        for (int length = 9; length <= 1500; length++, sent++)
        {
            byte[] datagram = new byte[length];
            random.Fill(datagram);
            datagram[0] = (byte)(0x40 | (datagram[0] & 0x3f));
            arena.Peer.Connection.PeerIds.Active.Span.CopyTo(datagram.AsSpan(1));
            arena.Deliver(datagram);
        }

        Assert.Equal(sent, arena.Victim.Statistics.PacketsDropped - dropped);
        arena.ExpectOpen();
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>Keys of Initials are public, so anybody can send such a packet: it must not leave a connection that nobody owns.</summary>
    [Fact]
    public void Pkt_ReservedBitsOfAFirstInitialEndTheConnectionThatTheyMade()
    {
        var arena = new Arena();
        InitialKeys.Derive(QuicVersion.Version1, RawHandshake.ClientDestination, EndpointRole.Client, out PacketKeys send, out _);
        arena.Deliver(RawPacket.Seal(
            send,
            new RawHeader(PacketType.Initial, RawHandshake.ClientDestination, RawHandshake.ClientSource) { HasReservedBits = true, DatagramSize = 1200 },
            [(byte)FrameType.Ping]));
        Assert.Equal((ulong)TransportErrorCode.ProtocolViolation, Assert.Single(arena.Server.Connections).Termination?.Code);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    /// <summary>RFC 9000 §14.1.</summary>
    [Fact]
    public void Mtu_AServerDropsAFurtherInitialInASmallDatagram()
    {
        var arena = new Arena();
        Connection victim = RawHandshake.SendToServer(arena, RawHandshake.ClientHello(RawHandshake.ClientParameters()).AsSpan(0, 20));
        long dropped = victim.Statistics.PacketsDropped;
        InitialKeys.Derive(QuicVersion.Version1, RawHandshake.ClientDestination, EndpointRole.Client, out PacketKeys send, out _);
        arena.Deliver(RawPacket.Seal(
            send,
            new RawHeader(PacketType.Initial, RawHandshake.ClientDestination, RawHandshake.ClientSource) { Number = 1, DatagramSize = 1199 },
            [(byte)FrameType.Ping]));
        Assert.Equal(dropped + 1, victim.Statistics.PacketsDropped);
        Assert.Equal(1, victim.Statistics.PacketsReceived);
    }

    /// <summary>Anybody who saw the first Initial can make a Retry; a token that no Initial has room for must not come into one.</summary>
    [Theory]
    [InlineData(ConnectionAttempt.MaxTokenLength, true)]
    [InlineData(ConnectionAttempt.MaxTokenLength + 1, false)]
    [InlineData(1150, false)]
    [InlineData(60_000, false)]
    public void Tok_ARetryWithATokenTooLongToSendIsDropped(int length, bool isAccepted)
    {
        var arena = new Arena(EndpointRole.Server);
        Connection client = RawHandshake.StartClient(arena);
        byte[] datagram = new byte[length + 100];
        var wire = new WireWriter(datagram);
        RetryPacket.Write(ref wire, QuicVersion.Version1, client.LocalHandshakeId.Span, RawHandshake.ServerSource.Span, new byte[length]);
        RetryIntegrity.ComputeTag(QuicVersion.Version1, client.Attempt.OriginalDestinationId, wire.Written, wire.Rest[..16]);
        arena.Deliver(datagram[..(wire.Position + 16)]);
        Assert.Equal(isAccepted, client.Attempt.RetrySourceId is not null);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Fact]
    public void Tok_ATokenTooLongToSendIsNotKept()
    {
        Arena arena = Arena.Connected(EndpointRole.Server);
        arena.Peer.Send([.. RawPacket.Frame(FrameType.NewToken, ConnectionAttempt.MaxTokenLength + 1), .. new byte[ConnectionAttempt.MaxTokenLength + 1]]);
        Assert.True(arena.Victim.NewToken.IsEmpty);
        arena.Peer.Send([.. RawPacket.Frame(FrameType.NewToken, ConnectionAttempt.MaxTokenLength), .. new byte[ConnectionAttempt.MaxTokenLength]]);
        Assert.Equal(ConnectionAttempt.MaxTokenLength, arena.Victim.NewToken.Length);
        arena.ExpectOpen();

        Connection next = arena.Client.Endpoint.Connect(
            new ClientStart
            {
                Settings = arena.Client.Settings,
                At = arena.Network.Now,
                Remote = arena.Server.Address,
                Local = arena.Client.Address,
                Token = arena.Victim.NewToken,
            },
            TestTls.Client());
        Assert.False(next.Transmit(arena.Network.Now, new byte[1500]).IsEmpty);
        next.Abandon(arena.Network.Now);
    }

    /// <summary>Counts what an endpoint made of datagrams: each is routed, accepted, answered, or dropped for a counted reason.</summary>
    private sealed class Ledger
    {
        private readonly SimulatedHost _host;
        private readonly long _received;
        private readonly long _drops;
        private long _handled;

        public Ledger(Arena arena)
        {
            _host = arena.VictimHost;
            _received = _host.Endpoint.Statistics.DatagramsReceived;
            _drops = Drops();
            _host.OnDatagramResult = result => _handled += result.Outcome == DatagramOutcome.Dropped ? 0 : 1;
        }

        public void Expect()
        {
            Assert.Equal(_host.Endpoint.Statistics.DatagramsReceived - _received, _handled + Drops() - _drops);
            Assert.True(Drops() > _drops);
            Assert.Equal(0, _host.Endpoint.Statistics.DropsFor(DropReason.None));
        }

        private long Drops() => Enum.GetValues<DropReason>().Sum(_host.Endpoint.Statistics.DropsFor);
    }
}
