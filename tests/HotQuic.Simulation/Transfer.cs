using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Simulation;

/// <summary>
/// The application of a simulated run: a client opens streams and sends so many bytes on each, the server sends back what it
/// receives, and both know every byte that has to come: byte i of stream s is a function of both.
/// </summary>
internal sealed class Transfer
{
    private readonly int _streams;
    private readonly int _bytes;
    private readonly Dictionary<ulong, Progress> _client = [];
    private readonly Dictionary<ulong, Echo> _server = [];
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _opened;

    public Transfer(SimulatedHost client, SimulatedHost server, int streams, int bytes)
    {
        _streams = streams;
        _bytes = bytes;
        client.OnTurn = OnClientTurn;
        client.OnStreamEvent = OnClientEvent;
        server.OnTurn = OnServerTurn;
        server.OnStreamEvent = OnServerEvent;
    }

    /// <summary>Streams whose echo came back whole.</summary>
    public int Completed { get; private set; }

    public bool IsComplete => Completed == _streams;

    /// <summary>The first byte that was not what was sent, if there was one.</summary>
    public string? Corruption { get; private set; }

    private void OnClientTurn(Connection connection)
    {
        if (!connection.Handshake.IsComplete || connection.Termination is not null)
        {
            return;
        }

        while (_opened < _streams && connection.Streams.TryOpen(StreamDirection.Bidirectional, out StreamId id))
        {
            _opened++;
            _client.Add(id.Value, new Progress());
        }

        foreach ((ulong id, Progress progress) in _client)
        {
            Push(connection, new StreamId(id), progress);
            Pull(connection, new StreamId(id), progress);
        }
    }

    private void Push(Connection connection, StreamId id, Progress progress)
    {
        while (progress.Sent < _bytes)
        {
            int count = Math.Min(_buffer.Length, _bytes - progress.Sent);
            FillPattern(id, progress.Sent, _buffer.AsSpan(0, count));
            connection.Streams.Write(id, _buffer.AsSpan(0, count), out int accepted);
            progress.Sent += accepted;
            if (accepted < count)
            {
                return;
            }
        }

        if (!progress.IsFinished)
        {
            progress.IsFinished = true;
            connection.Streams.Finish(id);
        }
    }

    private void Pull(Connection connection, StreamId id, Progress progress)
    {
        while (!progress.IsDone && connection.Streams.Read(id, _buffer, out StreamRead read) == StreamResult.Done)
        {
            Check(id, progress.Received, _buffer.AsSpan(0, read.Count));
            progress.Received += read.Count;
            if (read.IsEnd)
            {
                Complete(id, progress);
            }
            else if (read.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>An end that comes alone, after all data was read, comes as an event.</summary>
    private void OnClientEvent(Connection connection, StreamEvent e)
    {
        if (e.Kind == StreamEventKind.ReceiveFinished)
        {
            Complete(e.Id, _client[e.Id.Value]);
        }
    }

    private void Complete(StreamId id, Progress progress)
    {
        progress.IsDone = true;
        Completed += progress.Received == _bytes ? 1 : 0;
        Corruption ??= progress.Received == _bytes ? null : $"stream {id} ended after {progress.Received} bytes";
    }

    private void OnServerEvent(Connection connection, StreamEvent e)
    {
        if (e.Kind == StreamEventKind.Opened)
        {
            _server.Add(e.Id.Value, new Echo());
        }
        else if (e.Kind == StreamEventKind.ReceiveFinished)
        {
            _server[e.Id.Value].IsEnd = true;
        }
        else if (e.Kind == StreamEventKind.Closed)
        {
            _server.Remove(e.Id.Value);
        }
    }

    private void OnServerTurn(Connection connection)
    {
        foreach ((ulong value, Echo echo) in _server)
        {
            var id = new StreamId(value);
            while (!echo.IsEnd || echo.Pending.Length > 0)
            {
                if (echo.Pending.IsEmpty)
                {
                    if (connection.Streams.Read(id, echo.Buffer, out StreamRead read) != StreamResult.Done)
                    {
                        break;
                    }

                    Check(id, echo.Received, echo.Buffer.AsSpan(0, read.Count));
                    echo.Received += read.Count;
                    echo.Pending = echo.Buffer.AsMemory(0, read.Count);
                    echo.IsEnd = read.IsEnd;
                    if (read.Count == 0)
                    {
                        break;
                    }
                }

                connection.Streams.Write(id, echo.Pending.Span, out int accepted);
                echo.Pending = echo.Pending[accepted..];
                if (!echo.Pending.IsEmpty)
                {
                    break;
                }
            }

            if (echo.IsEnd && echo.Pending.IsEmpty && !echo.IsFinished)
            {
                echo.IsFinished = true;
                connection.Streams.Finish(id);
            }
        }
    }

    private void Check(StreamId id, int offset, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != PatternAt(id, offset + i))
            {
                Corruption ??= $"stream {id} byte {offset + i}";
                return;
            }
        }
    }

    private static void FillPattern(StreamId id, int offset, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = PatternAt(id, offset + i);
        }
    }

    private static byte PatternAt(StreamId id, int offset) => (byte)((offset * 31) + (offset >> 8) + (int)(id.Value * 7) + 11);

    private sealed class Progress
    {
        public int Sent;
        public int Received;
        public bool IsFinished;
        public bool IsDone;
    }

    private sealed class Echo
    {
        public readonly byte[] Buffer = new byte[4096];
        public Memory<byte> Pending;
        public int Received;
        public bool IsEnd;
        public bool IsFinished;
    }
}
