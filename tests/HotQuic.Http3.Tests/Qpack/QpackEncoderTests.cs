using System.Text;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>How field lines are written, RFC 9204 §4.5.</summary>
public class QpackEncoderTests
{
    [Theory]
    [InlineData(":method", "GET", "d1")]
    [InlineData(":path", "/", "c1")]
    [InlineData(":status", "500", "ff08")] // index 71
    [InlineData(":path", "/index.html", "518860d5485f2bce9a68")] // a name of the table, a Huffman coded value
    [InlineData("age", "{}", "52027b7d")] // no shorter when Huffman coded
    [InlineData("x", "", "21" + "78" + "00")]
    [InlineData("x-frame-options", "none", "5f52" + "83a8f517")] // index 97
    public void EachLineTakesItsShortestRepresentation(string name, string value, string hex)
    {
        Assert.Equal("0000" + hex, Convert.ToHexStringLower(Sections.Encode((name, value))));
    }

    [Theory]
    [InlineData("authorization", "Bearer abcdefghijklmnopqrstuvwxyz")]
    [InlineData("authorization", "")]
    [InlineData("proxy-authorization", "Basic Zm9vOmJhcg==")]
    [InlineData("set-cookie", "id=1234567890123456789012345678901234567890")]
    [InlineData("cookie", "id=12345")]
    [InlineData("cookie", "")]
    public void WhatIsSecretOrGuessableIsMarkedAsNeverToBeIndexed(string name, string value)
    {
        Assert.True(IsNeverIndexed(Sections.Encode((name, value))));
        Assert.Equal([(name, value)], new QpackDecoder(0, 0).Lines(0, Sections.Encode((name, value))));
    }

    [Theory]
    [InlineData("cookie", "id=12345678901234567")] // 20 bytes
    [InlineData("user-agent", "x")]
    [InlineData("cookiecookie", "x")]
    public void OtherValuesAreNot(string name, string value)
    {
        Assert.False(IsNeverIndexed(Sections.Encode((name, value))));
    }

    [Fact]
    public void OddNamesAndValuesGoThereAndBack()
    {
        var decoder = new QpackDecoder(0, 0);
        for (int seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            (string, string)[] lines = [.. Enumerable.Range(0, random.Next(0, 12)).Select(_ => RandomLine(random))];
            Assert.True(lines.SequenceEqual(decoder.Lines(4, Sections.Encode(lines))), $"seed {seed}");
        }
    }

    [Fact]
    public void LongNamesAndValuesGoThereAndBack()
    {
        (string, string)[] lines = [("x", new string('\n', 100_000)), (new string('n', 70_000), new string('v', 70_000)), ("e", "")];
        Assert.Equal(lines, new QpackDecoder(0, 0).Lines(4, Sections.Encode(lines)));
    }

    [Fact]
    public void ADestinationThatIsTooShortIsRefused()
    {
        foreach ((string name, string value) in ((string, string)[])[(":method", "GET"), (":status", "500"), ("age", "{}"), (":path", "/index.html"), ("a-long-name", "a-long-value"), ("{{{{{{{{", "{{{{")])
        {
            byte[] nameBytes = Encoding.ASCII.GetBytes(name);
            byte[] valueBytes = Encoding.ASCII.GetBytes(value);
            int length = Sections.Encode((name, value)).Length - QpackEncoder.PrefixLength;
            for (int size = 0; size < length; size++)
            {
                Assert.False(QpackEncoder.TryWriteField(nameBytes, valueBytes, new byte[size], out int written));
                Assert.Equal(0, written);
            }

            Assert.True(QpackEncoder.TryWriteField(nameBytes, valueBytes, new byte[length], out int all));
            Assert.Equal(length, all);
        }

        Assert.False(QpackEncoder.TryWritePrefix(new byte[1], out _));
    }

    [Fact]
    public void EncodingAndDecodingWithoutADynamicTableAllocateNothing()
    {
        var decoder = new QpackDecoder(4096, 10);
        byte[] section = new byte[512];
        var sink = new CountingSink();
        Assert.True(RoundTrip(decoder, section, ref sink));
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            // A collection between may take from the shared pool what has to be made anew once.
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                RoundTrip(decoder, section, ref sink);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(3 * 1001, sink.Count);
    }

    private static bool RoundTrip(QpackDecoder decoder, byte[] section, ref CountingSink sink)
    {
        QpackEncoder.TryWritePrefix(section, out int length);
        bool isWritten = QpackEncoder.TryWriteField(":method"u8, "GET"u8, section.AsSpan(length), out int method);
        isWritten &= QpackEncoder.TryWriteField(":path"u8, "/index.html"u8, section.AsSpan(length += method), out int path);
        isWritten &= QpackEncoder.TryWriteField("x-custom-name"u8, "a custom value"u8, section.AsSpan(length += path), out int custom);
        return isWritten && decoder.Decode(0, section.AsSpan(0, length + custom), ref sink, 4096).Kind == QpackOutcomeKind.Decoded;
    }

    private static bool IsNeverIndexed(byte[] section) => section[QpackEncoder.PrefixLength] switch
    {
        >= 0x80 => false,
        >= 0x40 and var first => (first & 0x20) != 0,
        var first => (first & 0x10) != 0,
    };

    private static (string, string) RandomLine(Random random) => random.Next(4) switch
    {
        0 => Static(random.Next(StaticTable.Count), null, random),
        1 => Static(random.Next(StaticTable.Count), 40, random),
        _ => (RandomText(random, 40), RandomText(random, 300)),
    };

    private static (string, string) Static(int index, int? longest, Random random) =>
        (Encoding.ASCII.GetString(StaticTable.Name(index)), longest is { } length ? RandomText(random, length) : Encoding.ASCII.GetString(StaticTable.Value(index)));

    private static string RandomText(Random random, int longest)
    {
        byte[] bytes = new byte[random.Next(0, longest)];
        random.NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private struct CountingSink : IFieldSink
    {
        public int Count { get; private set; }

        public bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            Count++;
            return true;
        }
    }
}
