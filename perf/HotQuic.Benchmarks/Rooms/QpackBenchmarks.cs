using System.Text;
using BenchmarkDotNet.Attributes;
using HotQuic.Http3.Qpack;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>A browser's request and a server's response, encoded and decoded whole; and the Huffman code on its own.</summary>
[MemoryDiagnoser]
public class QpackBenchmarks : IHasRooms
{
    private static readonly (byte[] Name, byte[] Value)[] RequestLines = Lines(
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "www.example.com"),
        (":path", "/articles/2026/november/index.html?page=2"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-encoding", "gzip, deflate, br"),
        ("accept-language", "en-US,en;q=0.5"),
        ("cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
        ("priority", "u=0, i"));

    private static readonly (byte[] Name, byte[] Value)[] ResponseLines = Lines(
        (":status", "200"),
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", "48213"),
        ("date", "Sat, 21 Nov 2026 13:00:00 GMT"),
        ("server", "HotQuic"),
        ("cache-control", "max-age=604800"),
        ("etag", "\"5f3b-61a2c0d94e180\""),
        ("strict-transport-security", "max-age=31536000; includesubdomains"),
        ("vary", "accept-encoding"));

    private readonly byte[] _destination = new byte[1024];
    private readonly byte[] _text = Encoding.ASCII.GetBytes(string.Concat(RequestLines.Select(line => Encoding.ASCII.GetString(line.Value))));
    private readonly QpackDecoder _decoder = new(4096, 0);
    private byte[] _request = [];
    private byte[] _response = [];
    private byte[] _indexedResponse = [];
    private byte[] _coded = [];
    private byte[] _decoded = [];

    public static IEnumerable<Room> Rooms =>
    [
        new("QPACK, request encoded", () => Open(benchmarks => benchmarks.EncodeRequest())),
        new("QPACK, request decoded", () => Open(benchmarks => benchmarks.DecodeRequest())),
    ];

    [GlobalSetup]
    public void Setup()
    {
        _request = _destination[..Encode(RequestLines)];
        _response = _destination[..Encode(ResponseLines)];
        _coded = new byte[Huffman.EncodedLength(_text)];
        Huffman.Encode(_text, _coded);
        _decoded = new byte[Huffman.MaximumDecodedLength(_coded.Length)];

        // Each line of the response (its name is under 31 bytes) as an entry of the dynamic table, then a section that names them newest first.
        byte[] instructions =
        [
            0x3f, 0xe1, 0x1f, // Set Dynamic Table Capacity, 4096
            .. ResponseLines.SelectMany(line => (byte[])[(byte)(0x40 | line.Name.Length), .. line.Name, (byte)line.Value.Length, .. line.Value]),
        ];
        if (_decoder.OnEncoderStream(instructions) is { } error)
        {
            throw new InvalidOperationException(error.Reason);
        }

        _indexedResponse = [(byte)(ResponseLines.Length + 1), 0x00, .. Enumerable.Range(0, ResponseLines.Length).Select(index => (byte)(0x80 | index))];
    }

    [Benchmark]
    public int EncodeRequest() => Encode(RequestLines);

    [Benchmark]
    public int EncodeResponse() => Encode(ResponseLines);

    [Benchmark]
    public int DecodeRequest() => Decode(_request);

    [Benchmark]
    public int DecodeResponse() => Decode(_response);

    /// <summary>The response where every line is an entry of the dynamic table; with its acknowledgment.</summary>
    [Benchmark]
    public int DecodeIndexedResponse()
    {
        int size = Decode(_indexedResponse);
        _decoder.TryTakeDecoderStream(_destination, out int written);
        return size + written;
    }

    /// <summary>All values of the request as one string.</summary>
    [Benchmark]
    public int HuffmanEncode() => Huffman.Encode(_text, _coded);

    [Benchmark]
    public long HuffmanLength() => Huffman.EncodedLength(_text);

    [Benchmark]
    public int HuffmanDecode() => Huffman.TryDecode(_coded, _decoded, out int written) ? written : throw new InvalidOperationException();

    private static Action Open(Action<QpackBenchmarks> operation)
    {
        var benchmarks = new QpackBenchmarks();
        benchmarks.Setup();
        return () => operation(benchmarks);
    }

    private static (byte[] Name, byte[] Value)[] Lines(params (string Name, string Value)[] lines) =>
        [.. lines.Select(line => (Encoding.ASCII.GetBytes(line.Name), Encoding.ASCII.GetBytes(line.Value)))];

    private int Encode((byte[] Name, byte[] Value)[] lines)
    {
        QpackEncoder.TryWritePrefix(_destination, out int length);
        foreach ((byte[] name, byte[] value) in lines)
        {
            QpackEncoder.TryWriteField(name, value, _destination.AsSpan(length), out int written);
            length += written;
        }

        return length;
    }

    private int Decode(byte[] section)
    {
        var sink = new Sum();
        QpackOutcome outcome = _decoder.Decode(0, section, ref sink, 65536);
        return outcome.Kind == QpackOutcomeKind.Decoded ? sink.Bytes : throw new InvalidOperationException(outcome.ToString());
    }

    private struct Sum : IFieldSink
    {
        public int Bytes { get; private set; }

        public bool OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            Bytes += name.Length + value.Length;
            return true;
        }
    }
}
