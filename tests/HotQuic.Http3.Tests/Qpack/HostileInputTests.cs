using HotQuic.Http3.Frames;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>A peer's bytes never throw, whatever they are.</summary>
public class HostileInputTests
{
    private static readonly Http3ErrorCode[] Errors =
        [Http3ErrorCode.QpackDecompressionFailed, Http3ErrorCode.QpackEncoderStreamError, Http3ErrorCode.QpackDecoderStreamError];

    [Fact]
    public void RandomSectionsAndInstructionsNeverThrow()
    {
        int decoded = 0;
        int inserted = 0;
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            QpackDecoder decoder = Open(random);
            long before = decoder.InsertCount;
            AssertKnown(decoder.OnEncoderStream(RandomBytes(random, 40)), seed);
            AssertKnown(new QpackDecoderStreamReader().OnDecoderStream(RandomBytes(random, 12)), seed);
            inserted += decoder.InsertCount > before ? 1 : 0;
            for (int section = 0; section < 5; section++)
            {
                byte[] bytes = random.Next(2) == 0 ? RandomBytes(random, 30) : RandomLines(random);
                QpackOutcome outcome = decoder.Decode(4 * section, bytes, new FieldList());
                AssertKnown(outcome.Error, seed);
                decoded += outcome.Kind == QpackOutcomeKind.Decoded ? 1 : 0;
            }

            decoder.TakeDecoderStream();
        }

        Assert.True(decoded > 5000 && inserted > 500, $"{decoded} sections decoded, {inserted} runs with insertions");
    }

    [Fact]
    public void BentSectionsAndInstructionsNeverThrow()
    {
        byte[] section = [.. new byte[] { 0x03, 0x00, 0x80, 0x81, 0x41, 0x01, 0x78 }, .. Sections.Encode((":path", "/index.html"), ("a-name", "a value"), ("age", "{}"))[2..]];
        byte[] instructions = [.. Sections.Insert("a-name", "a value"), 0xc1, 0x01, 0x2f, 0x81, 0x02, 0x78, 0x78, 0x01, .. Sections.SetCapacity(300)];
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            QpackDecoder decoder = Open(random);
            AssertKnown(decoder.OnEncoderStream(Bend(random, instructions)), seed);
            AssertKnown(decoder.Decode(4, Bend(random, section), new FieldList()).Error, seed);
        }
    }

    [Fact]
    public void ASectionCutAnywhereIsMalformedOrBetweenTwoLines()
    {
        byte[] section = Sections.Encode((":path", "/index.html"), ("a-name", "a value"), ("age", "{}"), (":status", "500"));
        var decoder = new QpackDecoder(0, 0);
        int[] whole = [.. Enumerable.Range(0, section.Length + 1).Where(length => decoder.Decode(0, section[..length], new FieldList()).Kind == QpackOutcomeKind.Decoded)];
        Assert.Equal(5, whole.Length);
        Assert.Equal((2, section.Length), (whole[0], whole[^1]));
    }

    private static QpackDecoder Open(Random random)
    {
        var decoder = new QpackDecoder(random.Next(0, 3) * 200, random.Next(0, 4));
        if (decoder.OnEncoderStream(Sections.SetCapacity(200)) is null)
        {
            Assert.Null(decoder.OnEncoderStream([.. Sections.Insert("name", "value"), .. Sections.Insert("n", "v")]));
        }

        return decoder;
    }

    private static byte[] Bend(Random random, byte[] bytes)
    {
        byte[] bent = [.. bytes];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            bent[random.Next(bent.Length)] = (byte)random.Next(256);
        }

        return bent[..random.Next(bent.Length + 1)];
    }

    /// <summary>A prefix and lines that may be right, so that whole sections are read.</summary>
    private static byte[] RandomLines(Random random)
    {
        List<byte> section = [(byte)random.Next(0, 4), (byte)random.Next(0, 2)];
        for (int line = random.Next(0, 4); line > 0; line--)
        {
            section.Add((byte)(random.Next(5) switch
            {
                0 => 0xc0 | random.Next(64),
                1 => 0x80 | random.Next(3),
                2 => 0x10 | random.Next(2),
                3 => 0x50 | random.Next(16),
                _ => random.Next(16),
            }));
            if (section[^1] is >= 0x40 and < 0x80 or < 0x10)
            {
                byte[] value = RandomBytes(random, 4);
                section.Add((byte)(value.Length | (random.Next(8) == 0 ? 0x80 : 0)));
                section.AddRange(value);
            }
        }

        return [.. section];
    }

    private static byte[] RandomBytes(Random random, int longest)
    {
        byte[] bytes = new byte[random.Next(0, longest)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void AssertKnown(Http3Error? error, int seed) => Assert.True(error is null || Errors.Contains(error.Code), $"seed {seed}: {error}");
}
