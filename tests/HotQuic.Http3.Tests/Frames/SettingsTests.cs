using HotQuic.Core.Wire;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>SETTINGS, RFC 9114 §7.2.4, RFC 9204 §5, RFC 9220 §3, RFC 9297 §2.1.1.</summary>
public class SettingsTests
{
    private static readonly Http3Settings Everything = new()
    {
        QpackMaximumTableCapacity = 4096,
        MaximumFieldSectionSize = 65536,
        QpackBlockedStreams = 100,
        EnableConnectProtocol = true,
        EnableDatagrams = true,
    };

    [Fact]
    public void SettingsGoThereAndBack()
    {
        Assert.Equal(Everything, Read(WriteFrame(Everything)));
        Assert.Equal(new Http3Settings(), Read(WriteFrame(new Http3Settings())));
    }

    [Fact]
    public void DefaultsAreNotSentButALimitOfZeroIs()
    {
        Assert.Equal("0400", Convert.ToHexStringLower(WriteFrame(new Http3Settings())));
        Assert.Equal("04020600", Convert.ToHexStringLower(WriteFrame(new Http3Settings { MaximumFieldSectionSize = 0 })));
        Assert.Equal("040f" + "01" + "5000" + "06" + "80010000" + "07" + "4064" + "0801" + "3301", Convert.ToHexStringLower(WriteFrame(Everything)));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(12345UL)]
    [InlineData(ulong.MaxValue)]
    public void AReservedSettingMayBeSentAlongAndIsIgnored(ulong seed)
    {
        byte[] frame = WriteFrame(Everything with { Grease = seed });
        Assert.True(frame.Length > WriteFrame(Everything).Length);
        Assert.Equal(Everything, Read(frame));
    }

    [Fact]
    public void TheLargestSettingsFitIn128Bytes()
    {
        var largest = new Http3Settings
        {
            QpackMaximumTableCapacity = VarInt.MaxValue,
            MaximumFieldSectionSize = VarInt.MaxValue,
            QpackBlockedStreams = VarInt.MaxValue,
            EnableConnectProtocol = true,
            EnableDatagrams = true,
            Grease = ulong.MaxValue,
        };
        Assert.InRange(WriteFrame(largest).Length, 1, 128);
        Assert.Throws<ArgumentException>(() => Everything.WriteFrame(new byte[10]));
    }

    [Theory]
    [InlineData("01", (long)Http3ErrorCode.FrameError)] // no value
    [InlineData("0140", (long)Http3ErrorCode.FrameError)]
    [InlineData("06000140", (long)Http3ErrorCode.FrameError)]
    [InlineData("0000", (long)Http3ErrorCode.SettingsError)] // settings of HTTP/2
    [InlineData("0200", (long)Http3ErrorCode.SettingsError)]
    [InlineData("0300", (long)Http3ErrorCode.SettingsError)]
    [InlineData("0400", (long)Http3ErrorCode.SettingsError)]
    [InlineData("0500", (long)Http3ErrorCode.SettingsError)]
    [InlineData("06010601", (long)Http3ErrorCode.SettingsError)] // twice
    [InlineData("0601400601", (long)Http3ErrorCode.SettingsError)] // twice, once in a longer form
    [InlineData("2100" + "2101", (long)Http3ErrorCode.SettingsError)] // twice, though unknown
    [InlineData("0802", (long)Http3ErrorCode.SettingsError)] // neither 0 nor 1
    [InlineData("3302", (long)Http3ErrorCode.SettingsError)]
    public void WrongSettingsAreAConnectionError(string payload, long code)
    {
        Assert.Equal((Http3ErrorCode)code, Http3Settings.Read(Convert.FromHexString(payload), out _)?.Code);
    }

    [Fact]
    public void UnknownSettingsAreIgnoredUpToALimit()
    {
        byte[] payload = [.. Enumerable.Range(0, Http3Settings.MaximumCount).SelectMany(index => new byte[] { 0x50, (byte)index, 0x01 })];
        Assert.Null(Http3Settings.Read(payload, out Http3Settings settings));
        Assert.Equal(new Http3Settings(), settings);
        Assert.Equal(Http3ErrorCode.ExcessiveLoad, Http3Settings.Read([.. payload, 0x06, 0x00], out _)?.Code);
    }

    [Fact]
    public void RandomPayloadsNeverThrow()
    {
        int read = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] payload = new byte[random.Next(0, 20)];
            random.NextBytes(payload);
            read += Http3Settings.Read(payload, out _) is null ? 1 : 0;
            Http3FrameHeader.TryRead(payload, out _, out _);
            Http3IdentifierFrame.Read(payload, out _);
        }

        Assert.True(read > 1000);
    }

    private static byte[] WriteFrame(Http3Settings settings)
    {
        byte[] frame = new byte[128];
        return frame[..settings.WriteFrame(frame)];
    }

    private static Http3Settings Read(byte[] frame)
    {
        Assert.True(Http3FrameHeader.TryRead(frame, out Http3FrameHeader header, out int consumed));
        Assert.Equal((Http3FrameType.Settings, (ulong)(frame.Length - consumed)), (header.Type, header.PayloadLength));
        Assert.Null(Http3Settings.Read(frame.AsSpan(consumed), out Http3Settings settings));
        return settings;
    }
}
