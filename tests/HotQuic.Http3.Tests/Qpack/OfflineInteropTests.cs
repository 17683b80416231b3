using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Qpack;

namespace HotQuic.Http3.Tests.Qpack;

/// <summary>What six other encoders made of the same headers, from the QPACK offline interop collection.</summary>
public class OfflineInteropTests
{
    [SkippableFact]
    public void EveryEncodedFileDecodesToItsHeaders() => DecodeAll((_, bytes) => [bytes]);

    [SkippableFact]
    public void EveryEncodedFileDecodesToItsHeadersHoweverItsEncoderStreamIsCut() => DecodeAll(CutAtRandom);

    [SkippableFact]
    public void WhatMustFailFailsWithTheErrorOfItsStream()
    {
        using JsonDocument manifest = Manifest();
        JsonElement errors = manifest.RootElement.GetProperty("errors");
        Assert.Equal(10, errors.GetArrayLength());
        foreach (JsonElement error in errors.EnumerateArray())
        {
            var decoder = new QpackDecoder(4096, 100);
            (long streamId, byte[] bytes) = Assert.Single(Blocks(error.GetProperty("file").GetString()!));
            if (streamId == 0)
            {
                Assert.Equal(Http3ErrorCode.QpackEncoderStreamError, decoder.OnEncoderStream(bytes)?.Code);
                continue;
            }

            QpackOutcome outcome = decoder.Decode(streamId, bytes, new FieldList());
            Assert.Equal((QpackOutcomeKind.Malformed, Http3ErrorCode.QpackDecompressionFailed), (outcome.Kind, outcome.Error?.Code));
        }
    }

    private static void DecodeAll(Func<Random, byte[], IEnumerable<byte[]>> cut)
    {
        using JsonDocument manifest = Manifest();
        JsonElement files = manifest.RootElement.GetProperty("files");
        Assert.Equal(156, files.GetArrayLength());
        Dictionary<string, List<List<(string, string)>>> expected = [];
        int seed = 0;
        foreach (JsonElement file in files.EnumerateArray())
        {
            string qif = file.GetProperty("qif").GetString()!;
            if (!expected.TryGetValue(qif, out List<List<(string, string)>>? sections))
            {
                sections = ReadQif(qif);
                expected.Add(qif, sections);
            }

            var random = new Random(seed++);
            SortedDictionary<long, List<(string, string)>> decoded = DecodeFile(file, bytes => cut(random, bytes));
            Assert.True(sections.Count == decoded.Count, file.GetProperty("file").GetString());
            foreach ((List<(string, string)> section, List<(string, string)> lines) in sections.Zip(decoded.Values))
            {
                Assert.True(section.SequenceEqual(lines), file.GetProperty("file").GetString());
            }
        }
    }

    private static SortedDictionary<long, List<(string, string)>> DecodeFile(JsonElement file, Func<byte[], IEnumerable<byte[]>> cut)
    {
        string path = file.GetProperty("file").GetString()!;
        var decoder = new QpackDecoder(file.GetProperty("max_table_capacity").GetInt32(), file.GetProperty("max_blocked_streams").GetInt32());
        int initialCapacity = file.GetProperty("initial_capacity").GetInt32();
        if (initialCapacity > 0)
        {
            Assert.Null(decoder.OnEncoderStream(Sections.SetCapacity(initialCapacity)));
        }

        var decoded = new SortedDictionary<long, List<(string, string)>>();
        var blocked = new Dictionary<long, (long Required, byte[] Section)>();
        foreach ((long streamId, byte[] bytes) in Blocks(path))
        {
            if (streamId != 0)
            {
                Decode(decoder, streamId, bytes, decoded, blocked);
                continue;
            }

            foreach (byte[] part in cut(bytes))
            {
                Assert.Null(decoder.OnEncoderStream(part));
            }

            foreach ((long id, (_, byte[] section)) in blocked.Where(entry => entry.Value.Required <= decoder.InsertCount).ToArray())
            {
                blocked.Remove(id);
                Decode(decoder, id, section, decoded, blocked);
            }
        }

        Assert.Empty(blocked);
        return decoded;
    }

    private static void Decode(
        QpackDecoder decoder,
        long streamId,
        byte[] section,
        SortedDictionary<long, List<(string, string)>> decoded,
        Dictionary<long, (long Required, byte[] Section)> blocked)
    {
        var sink = new FieldList();
        QpackOutcome outcome = decoder.Decode(streamId, section, sink);
        if (outcome.Kind == QpackOutcomeKind.Blocked)
        {
            Assert.Empty(sink.Lines);
            Assert.True(outcome.RequiredInsertCount > decoder.InsertCount);
            blocked.Add(streamId, (outcome.RequiredInsertCount, section));
            return;
        }

        Assert.Equal(new QpackOutcome(QpackOutcomeKind.Decoded), outcome);
        decoded.Add(streamId, sink.Lines);
    }

    private static IEnumerable<byte[]> CutAtRandom(Random random, byte[] bytes)
    {
        for (int position = 0; position < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - position, random.Next(1, 20));
            yield return bytes[position..(position + length)];
            position += length;
        }
    }

    private static List<(long StreamId, byte[] Bytes)> Blocks(string file)
    {
        var blocks = new List<(long, byte[])>();
        ReadOnlySpan<byte> rest = File.ReadAllBytes(Vectors.Path($"qpack/qifs/{file}"));
        while (!rest.IsEmpty)
        {
            long streamId = BinaryPrimitives.ReadInt64BigEndian(rest);
            int length = BinaryPrimitives.ReadInt32BigEndian(rest[8..]);
            blocks.Add((streamId, rest.Slice(12, length).ToArray()));
            rest = rest[(12 + length)..];
        }

        return blocks;
    }

    /// <summary>Sections are separated by empty lines, name and value by a tab; a line that begins with # is a comment.</summary>
    private static List<List<(string, string)>> ReadQif(string file)
    {
        var sections = new List<List<(string, string)>> { new() };
        foreach (string line in File.ReadAllText(Vectors.Path($"qpack/qifs/{file}"), Encoding.Latin1).Split('\n').Where(line => !line.StartsWith('#')))
        {
            if (line.Length == 0)
            {
                sections.Add([]);
                continue;
            }

            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            sections[^1].Add((line[..tab], line[(tab + 1)..]));
        }

        return [.. sections.Where(section => section.Count > 0)];
    }

    private static JsonDocument Manifest() => JsonDocument.Parse(File.ReadAllText(Vectors.Path("qpack/qifs/manifest.json")));
}
