using System.Text;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>The frames without stream data: fields, limits and their refusals, RFC 9000 §19 and RFC 9221 §4.</summary>
public class ControlFrameTests
{
    [Fact]
    public void Frm01_PingPaddingAndHandshakeDoneHaveNoBody()
    {
        FrameCodec.AssertRoundTrip("00");
        FrameCodec.AssertRoundTrip("01");
        FrameCodec.AssertRoundTrip("1e");
    }

    [Fact]
    public void Frm1E_HandshakeDoneIsPermittedFromServersOnlyAndIn1RttOnly()
    {
        Assert.Null(FrameRules.Check(0x1e, EncryptionLevel.OneRtt, EndpointRole.Server, out _));
        Assert.NotNull(FrameRules.Check(0x1e, EncryptionLevel.OneRtt, EndpointRole.Client, out _));
        Assert.NotNull(FrameRules.Check(0x1e, EncryptionLevel.Handshake, EndpointRole.Server, out _));
    }

    [Fact]
    public void Frm04_ResetStreamReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("05 4123 80010000"));
        Assert.True(ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame frame));
        Assert.Equal(new ResetStreamFrame(new StreamId(5), 0x123, 0x10000), frame);
        FrameCodec.AssertRoundTrip("04 05 4123 80010000");
    }

    [Fact]
    public void Frm05_StopSendingReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("05 4123"));
        Assert.True(StopSendingFrame.TryRead(ref reader, out StopSendingFrame frame));
        Assert.Equal(new StopSendingFrame(new StreamId(5), 0x123), frame);
        FrameCodec.AssertRoundTrip("05 05 4123");
    }

    [Fact]
    public void Frm07_NewTokenReadsAndWritesAndIsNotEmpty()
    {
        FrameCodec.AssertRoundTrip("07 03 aabbcc");
        FrameCodec.AssertMalformed("07 00");
        FrameCodec.AssertMalformed("07 04 aabbcc");
    }

    [Fact]
    public void Frm10_MaxDataReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("80010000"));
        Assert.True(MaxDataFrame.TryRead(ref reader, out MaxDataFrame frame));
        Assert.Equal(0x10000UL, frame.MaximumData);
        FrameCodec.AssertRoundTrip("10 80010000");
        FrameCodec.AssertRoundTrip("10 ffffffffffffffff");
    }

    [Fact]
    public void Frm11_MaxStreamDataReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("06 80010000"));
        Assert.True(MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame frame));
        Assert.Equal(new MaxStreamDataFrame(new StreamId(6), 0x10000), frame);
        FrameCodec.AssertRoundTrip("11 06 80010000");
    }

    [Fact]
    public void Frm12_MaxStreamsTellsItsDirectionByItsType()
    {
        var reader = new WireReader(Hex.Bytes("4064"));
        Assert.True(MaxStreamsFrame.TryRead(FrameType.MaxStreamsUnidirectional, ref reader, out MaxStreamsFrame frame));
        Assert.Equal(new MaxStreamsFrame(StreamDirection.Unidirectional, 100), frame);
        FrameCodec.AssertRoundTrip("12 4064");
        FrameCodec.AssertRoundTrip("13 4064");
    }

    [Theory]
    [InlineData("12")]
    [InlineData("13")]
    [InlineData("16")]
    [InlineData("17")]
    public void Fc06_MoreThan2To60StreamsAreMalformed(string type)
    {
        FrameCodec.AssertRoundTrip(type + "d000000000000000");
        FrameCodec.AssertMalformed(type + "d000000000000001");
        FrameCodec.AssertMalformed(type + "ffffffffffffffff");
    }

    [Fact]
    public void Frm14_DataBlockedReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("4064"));
        Assert.True(DataBlockedFrame.TryRead(ref reader, out DataBlockedFrame frame));
        Assert.Equal(100UL, frame.MaximumData);
        FrameCodec.AssertRoundTrip("14 4064");
    }

    [Fact]
    public void Frm15_StreamDataBlockedReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("06 4064"));
        Assert.True(StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame frame));
        Assert.Equal(new StreamDataBlockedFrame(new StreamId(6), 100), frame);
        FrameCodec.AssertRoundTrip("15 06 4064");
    }

    [Fact]
    public void Frm16_StreamsBlockedTellsItsDirectionByItsType()
    {
        var reader = new WireReader(Hex.Bytes("4064"));
        Assert.True(StreamsBlockedFrame.TryRead(FrameType.StreamsBlockedBidirectional, ref reader, out StreamsBlockedFrame frame));
        Assert.Equal(new StreamsBlockedFrame(StreamDirection.Bidirectional, 100), frame);
        FrameCodec.AssertRoundTrip("16 4064");
        FrameCodec.AssertRoundTrip("17 4064");
    }

    private const string Token = "000102030405060708090a0b0c0d0e0f";

    [Fact]
    public void Frm18_NewConnectionIdReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("03 02 04 aabbccdd" + Token));
        Assert.True(NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame frame));
        Assert.Equal((3UL, 2UL), (frame.SequenceNumber, frame.RetirePriorTo));
        Assert.Equal(new ConnectionId(Hex.Bytes("aabbccdd")), frame.ConnectionId);
        Assert.True(frame.StatelessResetToken.FixedTimeEquals(Hex.Bytes(Token)));
        FrameCodec.AssertRoundTrip("18 03 02 04 aabbccdd" + Token);
    }

    [Fact]
    public void Frm18_TheLengthIs1To20()
    {
        FrameCodec.AssertMalformed("18 03 02 00" + Token);
        FrameCodec.AssertRoundTrip("18 03 02 01 aa" + Token);
        FrameCodec.AssertRoundTrip("18 03 02 14" + new string('a', 40) + Token);
        FrameCodec.AssertMalformed("18 03 02 15" + new string('a', 42) + Token);
        FrameCodec.AssertMalformed("18 03 02 ff" + new string('a', 510) + Token);
    }

    [Fact]
    public void Frm18_RetirePriorToIsNotAboveTheSequenceNumber()
    {
        FrameCodec.AssertRoundTrip("18 03 03 01 aa" + Token);
        FrameCodec.AssertMalformed("18 03 04 01 aa" + Token);
    }

    [Fact]
    public void Frm19_RetireConnectionIdReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("4064"));
        Assert.True(RetireConnectionIdFrame.TryRead(ref reader, out RetireConnectionIdFrame frame));
        Assert.Equal(100UL, frame.SequenceNumber);
        FrameCodec.AssertRoundTrip("19 4064");
    }

    [Fact]
    public void Frm1A_PathChallengeReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("0102030405060708"));
        Assert.True(PathChallengeFrame.TryRead(ref reader, out PathChallengeFrame frame));
        Assert.Equal(0x0102030405060708UL, frame.Data);
        FrameCodec.AssertRoundTrip("1a 0102030405060708");
    }

    [Fact]
    public void Frm1B_PathResponseReadsAndWrites()
    {
        var reader = new WireReader(Hex.Bytes("0102030405060708"));
        Assert.True(PathResponseFrame.TryRead(ref reader, out PathResponseFrame frame));
        Assert.Equal(0x0102030405060708UL, frame.Data);
        FrameCodec.AssertRoundTrip("1b 0102030405060708");
    }

    [Fact]
    public void Frm1C_BothConnectionClosesReadAndWrite()
    {
        var reader = new WireReader(Hex.Bytes("0a 18 03 616263"));
        Assert.True(ConnectionCloseFrame.TryRead(FrameType.ConnectionCloseTransport, ref reader, out ConnectionCloseFrame transport));
        Assert.Equal((0x0aUL, 0x18UL, "abc"), (transport.ErrorCode, transport.TriggerType, transport.ReasonText()));
        Assert.False(transport.IsApplication);
        reader = new WireReader(Hex.Bytes("4123 03 616263"));
        Assert.True(ConnectionCloseFrame.TryRead(FrameType.ConnectionCloseApplication, ref reader, out ConnectionCloseFrame application));
        Assert.Equal((0x123UL, 0UL, "abc"), (application.ErrorCode, application.TriggerType, application.ReasonText()));
        Assert.True(application.IsApplication);
        FrameCodec.AssertRoundTrip("1c 0a 18 03 616263");
        FrameCodec.AssertRoundTrip("1d 4123 03 616263");
        FrameCodec.AssertRoundTrip("1c 00 00 00");
        FrameCodec.AssertMalformed("1c 00 00 01");
    }

    [Fact]
    public void Err03_OnlyTheTransportCloseNamesAFrameType()
    {
        byte[] buffer = new byte[32];
        var writer = new WireWriter(buffer);
        ConnectionCloseFrame.Transport(TransportErrorCode.StreamLimitError, 0x08, "s"u8).Write(ref writer);
        ConnectionCloseFrame.Application(7, "a"u8).Write(ref writer);
        Assert.Equal("1c0408" + "0173" + "1d07" + "0161", Hex.Of(writer.Written));
    }

    [Fact]
    public void Frm1C_AReasonIsCutBetweenCharactersWhereTheRoomIsSmall()
    {
        byte[] reason = Encoding.UTF8.GetBytes("zu groß €uro " + new string('é', 100));
        ConnectionCloseFrame whole = ConnectionCloseFrame.Transport(TransportErrorCode.InternalError, 0, reason);
        Assert.Equal(whole.Length, whole.FittedTo(whole.Length).Length);
        Assert.Equal(whole.Length, whole.FittedTo(5000).Length);
        for (int room = 4; room < whole.Length; room++)
        {
            ConnectionCloseFrame cut = whole.FittedTo(room);
            Assert.InRange(cut.Length, room - 4, room);
            Assert.True(reason.AsSpan().StartsWith(cut.ReasonPhrase));
            Assert.DoesNotContain('\ufffd', cut.ReasonText());
        }
    }

    [Fact]
    public void Frm30_DatagramsWithAndWithoutLengthReadAndWrite()
    {
        FrameCodec.AssertRoundTrip("30 aabb");
        FrameCodec.AssertRoundTrip("30");
        FrameCodec.AssertRoundTrip("31 02 aabb");
        FrameCodec.AssertRoundTrip("31 00");
        FrameCodec.AssertMalformed("31 03 aabb");
    }

    [Fact]
    public void Frm30_TheLengthCountsTypeAndLengthFieldAsTheyWereSent()
    {
        var reader = new WireReader(Hex.Bytes("4002 aabb"));
        Assert.True(DatagramFrame.TryRead(FrameType.DatagramWithLength, ref reader, out DatagramFrame frame));
        Assert.Equal((5, "aabb"), (frame.Length, Hex.Of(frame.Data)));
        Assert.Equal(4, new DatagramFrame(frame.Data).Length);
        Assert.Equal(3, DatagramFrame.ToEndOfPacket(frame.Data).Length);
    }
}
