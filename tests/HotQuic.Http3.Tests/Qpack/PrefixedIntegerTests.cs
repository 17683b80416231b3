using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>Prefixed integers, RFC 9204 §4.1.1.</summary>
public class PrefixedIntegerTests
{
    [SkippableFact]
    public void VectorsAreReadAndWritten()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("qpack/prefix-integer.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("examples").EnumerateArray())
        {
            byte[] bytes = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
            int prefixBits = vector.GetProperty("prefix_bits").GetInt32();
            Assert.Equal(bytes.Length, PrefixedInteger.Read(bytes, prefixBits, out long value));
            Assert.Equal(vector.GetProperty("value").GetInt64(), value);
            Assert.Equal(bytes, Sections.Integer(0, prefixBits, value));
        }
    }

    [Fact]
    public void EveryPrefixAndEveryLengthGoesThereAndBackAndLeavesTheFlagsAlone()
    {
        for (int prefixBits = 1; prefixBits <= 8; prefixBits++)
        {
            for (int bits = 0; bits <= 62; bits++)
            {
                foreach (long value in (long[])[(1L << bits) - 1, Math.Min(1L << bits, PrefixedInteger.MaxValue)])
                {
                    int flags = 0xff >> prefixBits << prefixBits & 0xff;
                    byte[] bytes = Sections.Integer(flags, prefixBits, value);
                    Assert.Equal(flags, bytes[0] & flags);
                    Assert.Equal(bytes.Length, PrefixedInteger.Read([.. bytes, 0xff], prefixBits, out long read));
                    Assert.Equal(value, read);
                    for (int length = 0; length < bytes.Length; length++)
                    {
                        Assert.Equal(PrefixedInteger.Incomplete, PrefixedInteger.Read(bytes.AsSpan(0, length), prefixBits, out _));
                        Assert.False(PrefixedInteger.TryWrite(new byte[length], flags, prefixBits, value, out _));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("ff80ffffffffffffff7f")] // above 2^62-1
    [InlineData("ffffffffffffffffffff")]
    [InlineData("ff80808080808080808001")]
    [InlineData("ff80808080808080808080")]
    public void MoreThan62BitsAreRefusedAsSoonAsTheyAreThere(string hex)
    {
        Assert.Equal(PrefixedInteger.TooLarge, PrefixedInteger.Read(Convert.FromHexString(hex), 8, out _));
    }

    [Fact]
    public void AnIntegerMayBeLongerThanItHasToBe()
    {
        Assert.Equal(4, PrefixedInteger.Read([0x1f, 0x80, 0x80, 0x00], 5, out long value));
        Assert.Equal(31, value);
    }
}
