using BenchmarkDotNet.Attributes;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>Streams of a connection that is up, both sides on one thread without sockets: time and bytes are those of sender and receiver together.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks : IHasRooms
{
    private const int TransferBytes = 1 << 20;
    private const int ChunkSize = 1200;

    private readonly byte[] _data = new byte[TransferBytes];
    private StreamTraffic _traffic = null!;
    private StreamId? _chunks;

    public static IEnumerable<Room> Rooms =>
    [
        new("1 MB transferred in memory, both sides", () => Connected().OneMegabyteOnce),
        new("64-byte request and response in memory, both sides", () => Connected().Request),
        new("one packet there and its acknowledgment back, both sides", () => Connected().OnePacket),
    ];

    [GlobalSetup]
    public void Connect() => _traffic = new StreamTraffic();

    [GlobalCleanup]
    public void Cleanup() => _traffic.Dispose();

    /// <summary>1 MB on a unidirectional stream of its own, some 730 packets.</summary>
    [Benchmark]
    public long OneMegabyte()
    {
        StreamId id = _traffic.Open(StreamDirection.Unidirectional);
        long end = _traffic.Received + TransferBytes;
        int written = 0;
        while (_traffic.Received < end)
        {
            if (written < TransferBytes)
            {
                _traffic.Streams.Write(id, _data.AsSpan(written), out int accepted);
                written += accepted;
                if (written == TransferBytes)
                {
                    _traffic.Streams.Finish(id);
                }
            }

            _traffic.Turn();
        }

        return _traffic.Received;
    }

    /// <summary>64 bytes there and 64 back on a bidirectional stream of its own, to its end.</summary>
    [Benchmark]
    public void Request() => _traffic.Request();

    /// <summary>1,200 bytes on a stream that stays open, with what acknowledges them.</summary>
    [Benchmark]
    public void OnePacket()
    {
        StreamId id = _chunks ??= _traffic.Open(StreamDirection.Unidirectional);
        long end = _traffic.Received + ChunkSize;
        Expect.True(_traffic.Streams.Write(id, _data.AsSpan(0, ChunkSize), out int accepted) == StreamResult.Done && accepted == ChunkSize);
        while (_traffic.Received < end)
        {
            _traffic.Turn();
        }
    }

    internal static StreamBenchmarks Connected()
    {
        var benchmarks = new StreamBenchmarks();
        benchmarks.Connect();
        return benchmarks;
    }

    private void OneMegabyteOnce() => _ = OneMegabyte();
}
