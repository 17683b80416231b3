using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Simulation.BadInput;

/// <summary>Every frame in every packet type in which RFC 9000 §12.4, table 3, does not want it.</summary>
public class FramePlacementTests
{
    private static readonly byte[][] ApplicationFrames =
    [
        RawPacket.Frame(FrameType.ResetStream, 0, 0, 0),
        RawPacket.Frame(FrameType.StopSending, 0, 0),
        [.. RawPacket.Frame(FrameType.NewToken, 1), 7],
        RawPacket.Stream(0, 0, 1),
        [.. RawPacket.Frame(FrameType.Stream, 0), 7],
        [.. RawPacket.Frame(FrameType.StreamLast, 0, 0, 1), 7],
        RawPacket.Frame(FrameType.MaxData, 1),
        RawPacket.Frame(FrameType.MaxStreamData, 0, 1),
        RawPacket.Frame(FrameType.MaxStreamsBidirectional, 1),
        RawPacket.Frame(FrameType.MaxStreamsUnidirectional, 1),
        RawPacket.Frame(FrameType.DataBlocked, 1),
        RawPacket.Frame(FrameType.StreamDataBlocked, 0, 1),
        RawPacket.Frame(FrameType.StreamsBlockedBidirectional, 1),
        RawPacket.Frame(FrameType.StreamsBlockedUnidirectional, 1),
        RawPacket.NewConnectionId(1, 0, [1, 2, 3, 4]),
        RawPacket.Frame(FrameType.RetireConnectionId, 0),
        [(byte)FrameType.PathChallenge, .. new byte[8]],
        [(byte)FrameType.PathResponse, .. new byte[8]],
        RawPacket.Frame(FrameType.ConnectionCloseApplication, 0, 0),
        RawPacket.Frame(FrameType.HandshakeDone),
        RawPacket.Frame(FrameType.Datagram),
        RawPacket.Frame(FrameType.DatagramWithLength, 0),
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ApplicationFrames.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Frm_InAClientsFirstInitial(int index)
    {
        var arena = new Arena();
        arena.Deliver(RawPacket.FirstInitial(Id(1), Id(2), ApplicationFrames[index]));
        Assert.Equal((ulong)TransportErrorCode.ProtocolViolation, Assert.Single(arena.Server.Connections).Termination?.Code);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Frm_InAServersInitial(int index)
    {
        var arena = new Arena(EndpointRole.Server);
        arena.Network.Filter = _ => false;
        var client = arena.Client.Connect(arena.Server);
        InitialKeys.Derive(QuicVersion.Version1, client.Attempt.OriginalDestinationId, EndpointRole.Server, out PacketKeys send, out _);
        arena.Deliver(RawPacket.Seal(send, new RawHeader(PacketType.Initial, client.LocalHandshakeId, Id(3)), ApplicationFrames[index]));
        Assert.Equal((ulong)TransportErrorCode.ProtocolViolation, client.Termination?.Code);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Frm_InAClientsHandshakePacket(int index) => InHandshake(EndpointRole.Client, index);

    [Theory]
    [MemberData(nameof(Indices))]
    public void Frm_InAServersHandshakePacket(int index) => InHandshake(EndpointRole.Server, index);

    private static void InHandshake(EndpointRole hostile, int index)
    {
        Arena arena = Arena.InHandshake(hostile);
        arena.Peer.Send(EncryptionLevel.Handshake, ApplicationFrames[index]);
        arena.ExpectClosed(TransportErrorCode.ProtocolViolation);
        arena.ExpectOthersServed();
        arena.ExpectNothingLeft();
    }

    private static ConnectionId Id(byte seed) => new([seed, 2, 3, 4, 5, 6, 7, 8]);
}
