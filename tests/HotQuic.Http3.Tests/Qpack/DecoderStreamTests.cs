using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>What a peer's decoder may say to an encoder that never uses the dynamic table, RFC 9204 §4.4.</summary>
public class DecoderStreamTests
{
    [Fact]
    public void StreamCancellationsAreFineHoweverTheyAreCut()
    {
        var reader = new QpackDecoderStreamReader();
        byte[] stream = [0x40, .. Sections.Integer(0x40, 6, 1 << 20), .. Sections.Integer(0x40, 6, PrefixedInteger.MaxValue), 0x44];
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(reader.OnDecoderStream(stream));
            Assert.All(stream, next => Assert.Null(reader.OnDecoderStream([next])));
        }
    }

    [Theory]
    [InlineData("80")] // Section Acknowledgment of stream 0
    [InlineData("4484")]
    [InlineData("00")] // Insert Count Increment of 0
    [InlineData("01")] // and of 1
    [InlineData("7fffffffffffffffffffff7f")] // no stream ID
    public void AnythingElseIsAConnectionError(string hex)
    {
        Assert.Equal(Http3ErrorCode.QpackDecoderStreamError, new QpackDecoderStreamReader().OnDecoderStream(Convert.FromHexString(hex))?.Code);
    }
}
