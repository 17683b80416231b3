using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>The exchange of RFC 9204 appendix B, byte for byte on both QPACK streams.</summary>
public class AppendixBTests
{
    [SkippableFact]
    public void TheDecoderAnswersEachStepAsTheAppendixDoes() => Run(bytes => [bytes]);

    [SkippableFact]
    public void TheEncoderStreamMayArriveByteByByte() => Run(bytes => bytes.Select(next => new[] { next }));

    private static void Run(Func<byte[], IEnumerable<byte[]>> cut)
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("qpack/rfc9204-appendix-b.json")));
        int capacity = vectors.RootElement.GetProperty("max_table_capacity").GetInt32();
        var decoder = new QpackDecoder(capacity, 1);
        var table = new DynamicTable(capacity);
        var reader = new EncoderStreamReader(table);
        var delayed = new List<byte[]>();
        foreach (JsonElement example in vectors.RootElement.GetProperty("examples").EnumerateArray())
        {
            // In B.4 the packet with the encoder stream's data is delayed until the decoder has given up its stream.
            bool isDelayed = example.GetProperty("id").GetString() == "B.4";
            foreach (JsonElement step in example.GetProperty("events").EnumerateArray())
            {
                byte[] bytes = Convert.FromHexString(step.GetProperty("hex").GetString()!);
                switch (step.GetProperty("stream").GetString()!)
                {
                    case "Encoder":
                        Assert.All(cut(bytes), part => Assert.Null(reader.Read(part)));
                        Assert.Equal(ExpectedTable(step), TableLines(table));
                        Assert.Equal(step.GetProperty("table_after").GetProperty("size").GetInt32(), table.Size);
                        delayed.AddRange(cut(bytes));
                        if (!isDelayed)
                        {
                            Deliver(decoder, delayed);
                        }

                        break;
                    case "Decoder":
                        Assert.Equal(bytes, decoder.TakeDecoderStream());
                        Deliver(decoder, delayed);
                        break;
                    case var stream when isDelayed:
                        long streamId = long.Parse(stream, CultureInfo.InvariantCulture);
                        Assert.Equal(new QpackOutcome(QpackOutcomeKind.Blocked, 4), decoder.Decode(streamId, bytes, new FieldList()));
                        decoder.CancelStream(streamId);
                        break;
                    case var stream:
                        Assert.Equal(ExpectedLines(step), decoder.Lines(long.Parse(stream, CultureInfo.InvariantCulture), bytes));
                        break;
                }
            }
        }

        // B.5 leaves two insertions of which the encoder does not know.
        Assert.Equal(table.InsertCount, decoder.InsertCount);
        Assert.Equal([0x02], decoder.TakeDecoderStream());
    }

    private static void Deliver(QpackDecoder decoder, List<byte[]> parts)
    {
        Assert.All(parts, part => Assert.Null(decoder.OnEncoderStream(part)));
        parts.Clear();
    }

    private static List<(string, string)> ExpectedLines(JsonElement step) =>
    [
        .. step.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)
            .Where(note => note.StartsWith('(') && note.EndsWith(')'))
            .Select(note => note[1..^1])
            .Select(line => (line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..])),
    ];

    private static List<(long, string, string)> ExpectedTable(JsonElement step) =>
    [
        .. step.GetProperty("table_after").GetProperty("entries").EnumerateArray()
            .Select(entry => (entry.GetProperty("abs").GetInt64(), entry.GetProperty("name").GetString()!, entry.GetProperty("value").GetString()!)),
    ];

    private static List<(long, string, string)> TableLines(DynamicTable table)
    {
        var lines = new List<(long, string, string)>();
        for (long index = table.InsertCount - table.Count; index < table.InsertCount; index++)
        {
            Assert.True(table.TryGet(index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value));
            lines.Add((index, System.Text.Encoding.ASCII.GetString(name), System.Text.Encoding.ASCII.GetString(value)));
        }

        return lines;
    }
}
