using BenchmarkDotNet.Attributes;
using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Benchmarks;

/// <summary>Streams of a connection that is up, both sides on one thread without sockets: time and bytes are those of sender and receiver together.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private const int TransferBytes = 1 << 20;
    private const int RequestSize = 64;

    private readonly DirectPair _pair = new();
    private readonly byte[] _data = new byte[TransferBytes];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _received;
    private bool _isAnswered;

    [GlobalSetup]
    public void Connect()
    {
        _pair.Server.OnStreamEvent = OnServer;
        _pair.Client.OnStreamEvent = OnClient;
        _pair.Connect(TestTls.Client([CipherSuite.Aes128GcmSha256]));
    }

    [GlobalCleanup]
    public void Cleanup() => _pair.Dispose();

    /// <summary>1 MB on a unidirectional stream of its own, some 730 packets.</summary>
    [Benchmark]
    public long OneMegabyte()
    {
        StreamSet streams = _pair.Client.Connection!.Streams;
        StreamId id = Open(StreamDirection.Unidirectional);
        long end = _received + TransferBytes;
        int written = 0;
        while (_received < end)
        {
            if (written < TransferBytes)
            {
                streams.Write(id, _data.AsSpan(written), out int accepted);
                written += accepted;
                if (written == TransferBytes)
                {
                    streams.Finish(id);
                }
            }

            _pair.Turn();
        }

        return _received;
    }

    /// <summary>64 bytes there and 64 back on a bidirectional stream of its own, to its end.</summary>
    [Benchmark]
    public bool Request()
    {
        _isAnswered = false;
        WriteWhole(_pair.Client.Connection!, Open(StreamDirection.Bidirectional));
        while (!_isAnswered)
        {
            _pair.Turn();
        }

        return _isAnswered;
    }

    private StreamId Open(StreamDirection direction)
    {
        StreamId id;
        while (!_pair.Client.Connection!.Streams.TryOpen(direction, out id))
        {
            _pair.Turn();
        }

        return id;
    }

    private void OnServer(DirectSide side, StreamEvent item)
    {
        if (item.Kind != StreamEventKind.Readable)
        {
            return;
        }

        while (side.Connection!.Streams.Read(item.Id, _buffer, out StreamRead read) == StreamResult.Done && (read.Count > 0 || read.IsEnd))
        {
            if (item.Id.Direction == StreamDirection.Unidirectional)
            {
                _received += read.Count;
            }
            else if (read.IsEnd)
            {
                WriteWhole(side.Connection, item.Id);
            }

            if (read.IsEnd)
            {
                return;
            }
        }
    }

    private void OnClient(DirectSide side, StreamEvent item)
    {
        if (item.Kind == StreamEventKind.Readable && side.Connection!.Streams.Read(item.Id, _buffer, out StreamRead read) == StreamResult.Done)
        {
            _isAnswered |= read.IsEnd;
        }
    }

    private void WriteWhole(Connection connection, StreamId id)
    {
        connection.Streams.Write(id, _data.AsSpan(0, RequestSize), out _);
        connection.Streams.Finish(id);
    }
}
