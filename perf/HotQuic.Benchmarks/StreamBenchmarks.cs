using BenchmarkDotNet.Attributes;
using HotQuic.Core.Frames;

namespace HotQuic.Benchmarks;

/// <summary>Streams of a connection that is up, both sides on one thread without sockets: time and bytes are those of sender and receiver together.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int TransferBytes = 1 << 20;

    private readonly byte[] _data = new byte[TransferBytes];
    private StreamTraffic _traffic = null!;

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
}
