using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Protection;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>
/// A connection that is up, both sides on one thread without sockets. Its server counts what comes on unidirectional streams, and answers
/// requests on bidirectional ones.
/// </summary>
internal sealed class StreamTraffic : IDisposable
{
    private const int RequestSize = 64;

    private readonly DirectPair _pair = new();
    private readonly byte[] _data = new byte[RequestSize];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private bool _isAnswered;

    public StreamTraffic()
    {
        _pair.Server.OnStreamEvent = OnServer;
        _pair.Client.OnStreamEvent = OnClient;
        _pair.Connect(TestTls.Client([CipherSuite.Aes128GcmSha256]));
    }

    /// <summary>Bytes that came on unidirectional streams.</summary>
    public long Received { get; private set; }

    /// <summary>The client's streams.</summary>
    public StreamSet Streams => _pair.Client.Connection!.Streams;

    public void Turn() => _pair.Turn();

    public StreamId Open(StreamDirection direction)
    {
        StreamId id;
        while (!Streams.TryOpen(direction, out id))
        {
            _pair.Turn();
        }

        return id;
    }

    /// <summary>64 bytes there and 64 back on a bidirectional stream of its own, to its end.</summary>
    public void Request()
    {
        _isAnswered = false;
        WriteWhole(_pair.Client.Connection!, Open(StreamDirection.Bidirectional));
        while (!_isAnswered)
        {
            _pair.Turn();
        }
    }

    public void Dispose() => _pair.Dispose();

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
                Received += read.Count;
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
        connection.Streams.Write(id, _data, out _);
        connection.Streams.Finish(id);
    }
}
