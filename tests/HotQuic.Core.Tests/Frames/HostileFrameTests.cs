using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>Frames cut short, bent and made up: refused or read, but never an exception and never a byte too many.</summary>
public class HostileFrameTests
{
    private static readonly string[] Valid =
    [
        "02 4064 4123 02 05 00 03 02 00",
        "03 4064 00 01 05 00 03 4123 00 80010000",
        "04 05 4123 80010000",
        "05 05 4123",
        "06 4400 03 aabbcc",
        "07 03 aabbcc",
        "0a 04 02 aabb",
        "0b 4123 05 aabbccddee",
        "0e 04 4400 02 aabb",
        "0f 04 4400 02 aabb",
        "10 80010000",
        "11 06 80010000",
        "12 4064",
        "13 d000000000000000",
        "14 c000000100000000",
        "15 06 4064",
        "16 4064",
        "17 4064",
        "18 03 02 04 aabbccdd 000102030405060708090a0b0c0d0e0f",
        "19 4064",
        "1a 0102030405060708",
        "1b 0102030405060708",
        "1c 0a 18 03 616263",
        "1d 4123 03 616263",
        "31 02 aabb",
    ];

    [Fact]
    public void Pkt12_AFrameTruncatedAtAnyByteIsMalformed()
    {
        foreach (string hex in Valid)
        {
            byte[] frame = Hex.Bytes(hex);
            FrameCodec.AssertRoundTrip(hex);
            for (int length = 0; length < frame.Length; length++)
            {
                Assert.False(FrameCodec.TryRewrite(frame.AsSpan(0, length), out _, out _), $"{hex} cut to {length} bytes");
            }
        }
    }

    [Fact]
    public void Pkt12_AFrameDoesNotReadTheBytesBehindIt()
    {
        foreach (string hex in Valid)
        {
            byte[] frame = Hex.Bytes(hex);
            Assert.True(FrameCodec.TryRewrite([.. frame, 0x01, 0xff, 0xff], out byte[] rewritten, out int consumed));
            Assert.Equal(frame.Length, consumed);
            Assert.Equal(Hex.Of(frame), Hex.Of(rewritten));
        }
    }

    [Fact]
    public void Pkt12_FramesWithoutALengthTakeWhatIsThere()
    {
        foreach (string hex in (string[])["08 04 aabbccdd", "0d 04 4400 aabbccdd", "30 aabbccdd"])
        {
            byte[] frame = Hex.Bytes(hex);
            for (int length = frame.Length - 4; length <= frame.Length; length++)
            {
                Assert.True(FrameCodec.TryRewrite(frame.AsSpan(0, length), out byte[] rewritten, out int consumed));
                Assert.Equal(length, consumed);
                Assert.Equal(Hex.Of(frame.AsSpan(0, length)), Hex.Of(rewritten));
            }
        }
    }

    [Fact]
    public void Pkt12_RandomBytesNeverThrowAndWhatReadsIsWrittenAndReadAgain()
    {
        Seeded.Run(20_000, random =>
        {
            byte[] bytes = random.NextBytes(random.Next(1, 60));
            bytes[0] = (byte)random.Next(0x32);
            AssertStable(bytes);
        });
    }

    [Fact]
    public void Pkt12_BentFramesNeverThrowAndWhatReadsIsWrittenAndReadAgain()
    {
        Seeded.Run(5_000, random =>
        {
            byte[] bytes = Hex.Bytes(Valid[random.Next(Valid.Length)]);
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(1, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            AssertStable(bytes);
        });
    }

    private static void AssertStable(byte[] bytes)
    {
        if (!FrameCodec.TryRewrite(bytes, out byte[] once, out int consumed))
        {
            return;
        }

        Assert.InRange(consumed, 1, bytes.Length);
        Assert.True(FrameCodec.TryRewrite(once, out byte[] twice, out int consumedAgain));
        Assert.Equal(Hex.Of(once), Hex.Of(twice));
        Assert.Equal(once.Length, consumedAgain);
    }
}
