using System.Text;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>The Huffman code of string literals, RFC 7541 §5.2 and appendix B.</summary>
public class HuffmanTests
{
    [SkippableFact]
    public void EverySymbolHasTheCodeOfTheAppendix()
    {
        using JsonDocument vectors = Open();
        foreach (JsonElement vector in vectors.RootElement.GetProperty("codes").EnumerateArray())
        {
            int symbol = vector.GetProperty("symbol").GetInt32();
            int bits = vector.GetProperty("bits").GetInt32();
            ulong code = Convert.ToUInt64(vector.GetProperty("code").GetString()!, 16);
            int length = (bits + 7) / 8;
            int padding = (length * 8) - bits;
            code = (code << padding) | ((1UL << padding) - 1);
            byte[] expected = [.. Enumerable.Range(0, length).Select(index => (byte)(code >> ((length - 1 - index) * 8)))];
            if (symbol == 256)
            {
                Assert.Null(Decode(expected));
                continue;
            }

            Assert.Equal(expected, Encode([(byte)symbol]));
            Assert.Equal(new[] { (byte)symbol }, Decode(expected));
        }
    }

    [SkippableFact]
    public void TheExamplesOfTheAppendixGoThereAndBack()
    {
        using JsonDocument vectors = Open();
        foreach (JsonElement vector in vectors.RootElement.GetProperty("examples").EnumerateArray())
        {
            byte[] text = Encoding.ASCII.GetBytes(vector.GetProperty("text").GetString()!);
            byte[] coded = Convert.FromHexString(vector.GetProperty("huffman").GetString()!);
            Assert.Equal(coded, Encode(text));
            Assert.Equal(text, Decode(coded));
        }
    }

    [SkippableFact]
    public void EosAndWrongPaddingAreRefused()
    {
        using JsonDocument vectors = Open();
        foreach (JsonElement vector in vectors.RootElement.GetProperty("invalid").EnumerateArray())
        {
            Assert.Null(Decode(Convert.FromHexString(vector.GetProperty("hex").GetString()!)));
        }
    }

    [Theory]
    [InlineData("ff")] // 8 bits of padding and nothing else
    [InlineData("1c64ffffffff")] // "0" and "0", then EOS
    [InlineData("ffffffffffffffffffffffffffffffff")]
    [InlineData("fffffffe")] // the symbols of 30 bits have a fourth that is EOS; cut off
    [InlineData("fff8")] // 13 bits of NUL, then padding with a zero: "11000"
    public void AnEndThatIsNoPaddingIsRefused(string hex)
    {
        Assert.Null(Decode(Convert.FromHexString(hex)));
    }

    [Fact]
    public void EveryStringGoesThereAndBack()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] text = new byte[random.Next(0, 80)];
            random.NextBytes(text);
            if (random.Next(2) == 0)
            {
                // Mostly letters, whose codes are short.
                text = [.. text.Select(symbol => symbol < 250 ? (byte)(' ' + (symbol % 95)) : symbol)];
            }

            byte[] coded = Encode(text);
            Assert.True(coded.Length >= Huffman.MinimumDecodedLength(0) && text.Length >= Huffman.MinimumDecodedLength(coded.Length), $"seed {seed}");
            Assert.True(text.AsSpan().SequenceEqual(Decode(coded)), $"seed {seed}");
        }
    }

    /// <summary>The code is a prefix code with one padding: what decodes is what its text encodes to.</summary>
    [Fact]
    public void RandomBytesNeverThrowAndWhatDecodesEncodesToTheSame()
    {
        int decoded = 0;
        for (int seed = 0; seed < 30_000; seed++)
        {
            var random = new Random(seed);
            byte[] coded = new byte[random.Next(0, 12)];
            random.NextBytes(coded);
            if (Decode(coded) is { } text)
            {
                decoded++;
                Assert.True(coded.AsSpan().SequenceEqual(Encode(text)), $"seed {seed}");
            }
        }

        Assert.True(decoded > 1000);
    }

    [Fact]
    public void NoStringIsShorterThanItsBound()
    {
        // The rarest symbols take 30 bits: the fewest symbols that so many bytes can be.
        for (int count = 0; count < 40; count++)
        {
            byte[] text = new byte[count];
            text.AsSpan().Fill((byte)'\n');
            Assert.InRange(Huffman.MinimumDecodedLength(Encode(text).Length), 0, count);
        }

        Assert.Equal(8, Huffman.MinimumDecodedLength(30));
    }

    [Fact]
    public void ADestinationThatIsTooShortThrows()
    {
        byte[] coded = Encode("www.example.com"u8.ToArray());
        Assert.Throws<ArgumentException>(() => Huffman.TryDecode(coded, new byte[15], out _));
        Assert.Throws<ArgumentException>(() => Huffman.Encode("www.example.com"u8, new byte[coded.Length - 1]));
    }

    private static JsonDocument Open() => JsonDocument.Parse(File.ReadAllText(Vectors.Path("qpack/huffman.json")));

    private static byte[] Encode(byte[] text)
    {
        byte[] coded = new byte[Huffman.EncodedLength(text)];
        Assert.Equal(coded.Length, Huffman.Encode(text, coded));
        return coded;
    }

    private static byte[]? Decode(byte[] coded)
    {
        byte[] text = new byte[Huffman.MaximumDecodedLength(coded.Length)];
        return Huffman.TryDecode(coded, text, out int written) ? text[..written] : null;
    }
}
