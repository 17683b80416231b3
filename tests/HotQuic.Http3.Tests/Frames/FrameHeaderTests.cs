using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>Frame headers and the frames of one identifier, RFC 9114 §7.1 and §7.2.</summary>
public class FrameHeaderTests
{
    [Theory]
    [InlineData(0x00UL, 0UL)]
    [InlineData(0x01UL, 63UL)]
    [InlineData(0x04UL, 64UL)]
    [InlineData(0xf0700UL, 1UL << 30)]
    [InlineData(VarInt.MaxValue, VarInt.MaxValue)]
    public void AHeaderGoesThereAndBackWhereverItIsCut(ulong type, ulong payloadLength)
    {
        var header = new Http3FrameHeader((Http3FrameType)type, payloadLength);
        byte[] bytes = new byte[Http3FrameHeader.MaxLength];
        int length = header.Write(bytes);
        Assert.Equal(header.Length, length);
        bytes = bytes[..length];
        for (int cut = 0; cut < length; cut++)
        {
            Assert.False(Http3FrameHeader.TryRead(bytes.AsSpan(0, cut), out _, out int consumed));
            Assert.False(Http3FrameHeader.TryRead(Segments.Of(bytes[..cut]), out _, out consumed));
            Assert.Equal(0, consumed);

            Assert.True(Http3FrameHeader.TryRead(Segments.Of(bytes[..cut], bytes[cut..], [1, 2, 3]), out Http3FrameHeader read, out consumed));
            Assert.Equal((header, length), (read, consumed));
        }

        Assert.True(Http3FrameHeader.TryRead([.. bytes, 0xff], out Http3FrameHeader whole, out int all));
        Assert.Equal((header, length), (whole, all));
    }

    [Theory]
    [InlineData((ulong)Http3FrameType.CancelPush, 0UL, "030100")]
    [InlineData((ulong)Http3FrameType.GoAway, 1024UL, "07024400")]
    [InlineData((ulong)Http3FrameType.MaxPushId, 1UL << 40, "0d08c000010000000000")]
    public void AFrameOfOneIdentifierIsWrittenWholeAndItsPayloadRead(ulong type, ulong identifier, string hex)
    {
        byte[] bytes = new byte[Http3IdentifierFrame.MaxLength];
        int length = Http3IdentifierFrame.Write(bytes, (Http3FrameType)type, identifier);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(0, length)));
        Assert.True(Http3FrameHeader.TryRead(bytes.AsSpan(0, length), out Http3FrameHeader header, out int consumed));
        Assert.Equal(((Http3FrameType)type, (ulong)(length - consumed)), (header.Type, header.PayloadLength));
        Assert.Null(Http3IdentifierFrame.Read(bytes.AsSpan(consumed, length - consumed), out ulong read));
        Assert.Equal(identifier, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("40")]
    [InlineData("0000")]
    [InlineData("40000000")]
    public void APayloadThatIsNotExactlyOneIdentifierIsAFrameError(string hex)
    {
        Assert.Equal(Http3ErrorCode.FrameError, Http3IdentifierFrame.Read(Convert.FromHexString(hex), out _)?.Code);
    }
}
