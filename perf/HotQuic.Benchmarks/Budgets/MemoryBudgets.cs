using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Core.Tls;
using HotQuic.Testing;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>Connections and streams of the protocol alone, both sides on one thread without sockets.</summary>
internal sealed class MemoryBudgets : IBudgetedPart
{
    private const int RequestSize = 64;
    private const int ChunkSize = 1200;

    private readonly DirectPair _pair = new();
    private readonly DirectPair _connecting = new();
    private readonly TlsClientConfiguration _configuration = TestTls.Client([CipherSuite.Aes128GcmSha256]);
    private readonly byte[] _data = new byte[ChunkSize];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private StreamId? _chunks;
    private long _received;
    private bool _isAnswered;

    public MemoryBudgets()
    {
        _pair.Server.OnStreamEvent = OnServer;
        _pair.Client.OnStreamEvent = OnClient;
        _pair.Connect(_configuration);
    }

    public IEnumerable<BudgetedOperation> Operations =>
    [
        BudgetedOperation.OnThisThread("1,200 bytes written to a stream, sent, read and acknowledged, both sides", SendChunk),
        BudgetedOperation.OnThisThread("stream opened, 64 bytes there and back, closed, both sides", Request),
        OfConnections("connection accepted, confirmed and drained, server", side => side.Server),
        OfConnections("connection started, confirmed and drained, client", side => side.Client),
    ];

    public void Dispose()
    {
        _pair.Dispose();
        _connecting.Dispose();
    }

    /// <summary>Signature and key exchange aside.</summary>
    private BudgetedOperation OfConnections(string name, Func<DirectPair, DirectSide> side) => new(name, count =>
    {
        long before = side(_connecting).Allocated;
        for (int i = 0; i < count; i++)
        {
            _connecting.Connect(_configuration);
            _connecting.Close();
        }

        return side(_connecting).Allocated - before;
    })
    {
        WarmUp = 1000,
        Window = 200,
    };

    private void SendChunk()
    {
        StreamSet streams = _pair.Client.Connection!.Streams;
        StreamId id = _chunks ??= Open(StreamDirection.Unidirectional);
        long end = _received + ChunkSize;
        Expect.True(streams.Write(id, _data, out int accepted) == StreamResult.Done && accepted == ChunkSize);
        while (_received < end)
        {
            _pair.Turn();
        }
    }

    private void Request()
    {
        _isAnswered = false;
        WriteWhole(_pair.Client.Connection!, Open(StreamDirection.Bidirectional));
        while (!_isAnswered)
        {
            _pair.Turn();
        }
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
            _received += item.Id.Direction == StreamDirection.Unidirectional ? read.Count : 0;
            if (read.IsEnd)
            {
                WriteWhole(side.Connection, item.Id);
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
