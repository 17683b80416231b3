using System.Net;
using HotQuic.Core.Connections;
using HotQuic.Core.Events;
using HotQuic.Core.Frames;
using HotQuic.Core.Paths;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Tests.Diagnostics;

/// <summary>A client that sends so many bytes on each of some streams to a server that only reads, in a simulated network.</summary>
internal sealed class TracedRun
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly Dictionary<ulong, int> _sent = [];
    private readonly HashSet<ulong> _open = [];
    private readonly int _streams;
    private readonly int _bytes;
    private int _finished;

    public TracedRun(ulong seed, Func<Connection, ConnectionEventSink?>? sinks, int streams = 3, int bytes = 60_000)
    {
        _streams = streams;
        _bytes = bytes;
        Network = new SimulatedNetwork(seed) { SinkFactory = sinks };
        Server = new SimulatedHost(Network, AddressOf(1), seed + 1, isServer: true) { OnTurn = OnServerTurn, OnStreamEvent = OnServerEvent };
        Client = new SimulatedHost(Network, AddressOf(2), seed + 2, isServer: false) { OnTurn = OnClientTurn };
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost Server { get; }

    public SimulatedHost Client { get; }

    public Connection Connection { get; private set; } = null!;

    public bool IsComplete => _finished == _streams;

    public void Transfer(Core.Tls.TlsClientConfiguration? tls = null)
    {
        Connection = Client.Connect(Server, tls);
        Assert.True(Network.RunUntil(() => IsComplete, TimeSpan.FromMinutes(5)), "the transfer was not completed");
    }

    /// <summary>Handshakes, and lets the links fall silent.</summary>
    public void Connect()
    {
        Connection = Client.Connect(Server);
        Network.RunFor(TimeSpan.FromSeconds(2));
        Assert.True(Connection.Handshake.IsConfirmed);
    }

    /// <summary>Closes as an application does, and lets both sides drain.</summary>
    public void Close(string reason = "done")
    {
        Connection.Close(7, reason, Network.Now);
        Client.Turn(Connection);
        Assert.True(Network.RunUntil(() => Client.Connections.Count + Server.Connections.Count == 0, TimeSpan.FromHours(1)), "a connection did not drain");
    }

    private void OnClientTurn(Connection connection)
    {
        if (!connection.Handshake.IsComplete || connection.Termination is not null)
        {
            return;
        }

        while (_sent.Count < _streams && connection.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id))
        {
            _sent.Add(id.Value, 0);
        }

        foreach (ulong id in _sent.Keys.ToArray())
        {
            while (_sent[id] < _bytes)
            {
                connection.Streams.Write(new StreamId(id), _chunk.AsSpan(0, Math.Min(_chunk.Length, _bytes - _sent[id])), out int accepted);
                _sent[id] += accepted;
                if (accepted == 0)
                {
                    break;
                }

                if (_sent[id] == _bytes)
                {
                    connection.Streams.Finish(new StreamId(id));
                }
            }
        }
    }

    private void OnServerEvent(Connection connection, StreamEvent e)
    {
        if (e.Kind == StreamEventKind.Opened)
        {
            _open.Add(e.Id.Value);
        }
    }

    private void OnServerTurn(Connection connection)
    {
        foreach (ulong id in _open.ToArray())
        {
            while (connection.Streams.Read(new StreamId(id), _chunk, out StreamRead read) == StreamResult.Done && (read.Count > 0 || read.IsEnd))
            {
                if (read.IsEnd)
                {
                    _finished++;
                    _open.Remove(id);
                    break;
                }
            }
        }
    }

    private static PathAddress AddressOf(int host) => PathAddress.From(new IPEndPoint(new IPAddress([10, 0, 0, (byte)host]), 4433));
}
