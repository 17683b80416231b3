using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>Retry packets, RFC 9000 §17.2.5, without their integrity tag.</summary>
public class RetryPacketTests
{
    // RFC 9001 §A.4 and RFC 9369 §A.4: token "token", no DCID, SCID f067a5502a4262b5.
    private const string Version1 = "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba";
    private const string Version2 = "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6";

    [Theory]
    [InlineData(Version1, "04a265ba2eff4d829058fb3f0f2496ba")]
    [InlineData(Version2, "c8646ce8bfe33952d955543665dcc7b6")]
    public void Retry06_TheSamplesOfTheRfcsRead(string hex, string tag)
    {
        byte[] datagram = Hex.Bytes(hex);
        Assert.Equal(DropReason.None, ProtectedPacket.TryRead(datagram, 8, out ProtectedPacket packet));
        Assert.Equal((PacketType.Retry, datagram.Length), (packet.Type, packet.Length));
        Assert.True(RetryPacket.TryRead(datagram, out RetryPacket retry));
        Assert.Equal(Convert.ToUInt32(hex[2..10], 16), (uint)retry.Version);
        Assert.Equal(("", "f067a5502a4262b5"), (Hex.Of(retry.DestinationConnectionId), Hex.Of(retry.SourceConnectionId)));
        Assert.Equal((Hex.Of("token"u8), tag), (Hex.Of(retry.Token), Hex.Of(retry.IntegrityTag)));
        Assert.Equal(hex[..^32], Hex.Of(retry.WithoutIntegrityTag));
    }

    [Theory]
    [InlineData(Version1)]
    [InlineData(Version2)]
    public void Retry06_ARetryWithoutTokenOrTruncatedIsRefused(string hex)
    {
        byte[] datagram = Hex.Bytes(hex);
        int headerLength = datagram.Length - 16 - 5;
        Assert.False(RetryPacket.TryRead([.. datagram[..headerLength], .. datagram[^16..]], out _));
        for (int length = 0; length <= headerLength + 16; length++)
        {
            Assert.False(RetryPacket.TryRead(datagram.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Retry06_WhatWasWrittenIsReadBack()
    {
        foreach (string version in (string[])["00000001", "6b3343cf"])
        {
            byte[] buffer = new byte[100];
            var writer = new WireWriter(buffer);
            var quicVersion = (QuicVersion)Convert.ToUInt32(version, 16);
            RetryPacket.Write(ref writer, quicVersion, Hex.Bytes("aa"), Hex.Bytes("bbcc"), Hex.Bytes("0102030405"));
            writer.WriteBytes(new byte[16]);
            Assert.True(RetryPacket.TryRead(writer.Written, out RetryPacket retry));
            Assert.Equal("aa", Hex.Of(retry.DestinationConnectionId));
            Assert.Equal("bbcc", Hex.Of(retry.SourceConnectionId));
            Assert.Equal("0102030405", Hex.Of(retry.Token));
            Assert.Equal(quicVersion, retry.Version);
        }
    }

    [Fact]
    public void Retry06_OtherPacketsAreNoRetry()
    {
        Assert.False(RetryPacket.TryRead(Hex.Bytes("c3 00000001 01 aa 00 00 14" + new string('0', 40)), out _));
        Assert.False(RetryPacket.TryRead(Hex.Bytes("40" + new string('0', 80)), out _));
    }
}
