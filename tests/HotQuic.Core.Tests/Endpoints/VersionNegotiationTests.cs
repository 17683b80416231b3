using HotQuic.Core.Connections;
using HotQuic.Core.Endpoints;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Endpoints;

/// <summary>Version negotiation as version 1 knows it (RFC 9000 §6), on both sides.</summary>
public sealed class VersionNegotiationTests
{
    private const QuicVersion Unknown = (QuicVersion)0x1a2a3a4a;

    [Fact]
    public void Vn01_Vn02_AnUnknownVersionInALargeDatagramIsAnsweredWithTheListOfOurs()
    {
        var pair = new Pair();
        byte[] initial = LongHeaderOf(Unknown, 1200);

        DatagramResult result = pair.DeliverToServer(initial, pair.ClientHost.Address);

        Assert.Equal(DatagramOutcome.Answered, result.Outcome);
        byte[] answer = Assert.Single(pair.Wire).Bytes;
        Assert.True(VersionNegotiationPacket.TryRead(answer, out VersionNegotiationPacket packet));
        Assert.Equal([9, 9, 9, 9, 9], packet.DestinationConnectionId.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], packet.SourceConnectionId.ToArray());
        Assert.True(packet.Lists(QuicVersion.Version1));
        Assert.False(packet.Lists(Unknown));
    }

    [Fact]
    public void Vn01_AnUnknownVersionInASmallDatagramIsDropped()
    {
        var pair = new Pair();
        DatagramResult result = pair.DeliverToServer(LongHeaderOf(Unknown, 1199), pair.ClientHost.Address);
        Assert.Equal((DatagramOutcome.Dropped, DropReason.UnsupportedVersion), (result.Outcome, result.Reason));
        Assert.Empty(pair.Wire);
    }

    [Fact]
    public void Vn01_Pkt03_IdsOfAnUnknownVersionMayBeLongerThan20Bytes()
    {
        var pair = new Pair();
        byte[] initial = new byte[1200];
        initial[0] = 0xc0;
        initial[1] = 0x7a;
        initial[5] = 200;
        initial[206] = 255;
        DatagramResult result = pair.DeliverToServer(initial, pair.ClientHost.Address);
        Assert.Equal(DatagramOutcome.Answered, result.Outcome);
        Assert.True(VersionNegotiationPacket.TryRead(pair.Wire[0].Bytes, out VersionNegotiationPacket packet));
        Assert.Equal((255, 200), (packet.DestinationConnectionId.Length, packet.SourceConnectionId.Length));
    }

    [Fact]
    public void Vn03_AVersionNegotiationIsNeverAnswered()
    {
        var pair = new Pair();
        DatagramResult result = pair.DeliverToServer(LongHeaderOf(QuicVersion.Negotiation, 1200), pair.ClientHost.Address);
        Assert.Equal(DatagramOutcome.Dropped, result.Outcome);
        Assert.Empty(pair.Wire);
    }

    [Fact]
    public void Vn04_AVersionNegotiationAfterAnyOtherPacketIsDropped()
    {
        Pair pair = Pair.Connected();
        pair.Deliver(EndpointRole.Server, Negotiation(pair, Unknown));
        Assert.Equal(DropReason.VersionNegotiationNotAccepted, pair.ClientLog.LastDrop);
        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Vn05_AVersionNegotiationThatListsTheVersionInUseIsDropped()
    {
        Pair pair = Attempt();
        pair.Deliver(EndpointRole.Server, Negotiation(pair, Unknown, QuicVersion.Version1));
        Assert.Equal(DropReason.VersionNegotiationNotAccepted, pair.ClientLog.LastDrop);
        Assert.Null(pair.Client.Termination);
    }

    [Fact]
    public void Vn06_Vn07_WhereOurVersionIsNotListedTheAttemptIsAbandonedWithoutAPacket()
    {
        Pair pair = Attempt();
        int sent = pair.Wire.Count;
        pair.Deliver(EndpointRole.Server, Negotiation(pair, Unknown, (QuicVersion)0xfafafafa));
        Assert.Equal(TerminationKind.VersionNegotiation, pair.Client.Termination!.Value.Kind);
        Assert.True(pair.Client.IsDrained);
        Assert.Equal(sent, pair.Wire.Count);
    }

    [Fact]
    public void Vn06_Pkt16_OneWhoseIdsAreNotThoseOfOurInitialIsDropped()
    {
        Pair pair = Attempt();
        byte[] packet = Negotiation(pair, Unknown);
        packet[6 + 8 + 1] ^= 1;
        pair.Deliver(EndpointRole.Server, packet);
        Assert.Null(pair.Client.Termination);
    }

    private static Pair Attempt()
    {
        var pair = new Pair { Filter = _ => false };
        pair.Connect();
        return pair;
    }

    private static byte[] Negotiation(Pair pair, params QuicVersion[] versions)
    {
        byte[] own = pair.Client.LocalHandshakeId.Span.ToArray();
        byte[] original = pair.InitialKeyId.Span.ToArray();
        byte[] list = [.. versions.SelectMany(version => BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)version)))];
        return [0xc0, 0, 0, 0, 0, (byte)own.Length, .. own, (byte)original.Length, .. original, .. list];
    }

    private static byte[] LongHeaderOf(QuicVersion version, int length)
    {
        byte[] bytes = new byte[length];
        bytes[0] = 0xc3;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)version);
        bytes[5] = 8;
        ((ReadOnlySpan<byte>)[1, 2, 3, 4, 5, 6, 7, 8]).CopyTo(bytes.AsSpan(6));
        bytes[14] = 5;
        bytes.AsSpan(15, 5).Fill(9);
        return bytes;
    }
}
