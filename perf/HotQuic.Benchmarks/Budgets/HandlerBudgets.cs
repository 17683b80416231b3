using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>Event handlers over loopback: requests on one connection, and connections that the server closes once they are there.</summary>
internal sealed class HandlerBudgets : IBudgetedPart
{
    private readonly LoopbackEngines _engines = new();
    private readonly QuicServer _server;
    private readonly QuicServer _closingServer;
    private readonly QuicClientConfiguration _configuration;
    private readonly QuicClientConfiguration _closingConfiguration;
    private readonly Requests _requests;
    private readonly Connects _connects;
    private readonly AcceptingListener _listener;

    public HandlerBudgets()
    {
        QuicServerConfiguration configuration = QuicServerConfiguration.Create(_engines.ServerOptions());
        _server = new QuicServer(_engines.Server, new Accepting(configuration, new Answering()), LoopbackEngines.NeverOverloaded);
        _server.Start(_engines.Binding);
        _closingServer = new QuicServer(_engines.Server, new Accepting(configuration, new Closing()), LoopbackEngines.NeverOverloaded);
        _closingServer.Start(_engines.Binding);
        _listener = new AcceptingListener(_engines);
        _configuration = QuicClientConfiguration.Create(_engines.ClientOptions(_server.LocalEndPoints[0]));
        _closingConfiguration = QuicClientConfiguration.Create(_engines.ClientOptions(_closingServer.LocalEndPoints[0]));
        _requests = new Requests(_engines.Client);
        _connects = new Connects(_engines.Client, _closingConfiguration);
    }

    public IEnumerable<BudgetedOperation> Operations
    {
        get
        {
            _requests.Connect(_configuration, _server.LocalEndPoints[0]);
            yield return OfRequests("stream opened, 64 bytes there and back, closed, by handlers, client", _engines.Client);
            yield return OfRequests("stream opened, 64 bytes there and back, closed, by handlers, server", _engines.Server);
            _connects.Target = _closingServer.LocalEndPoints[0];
            yield return OfConnections("connection accepted and closed, by handlers, server", _engines.Server);
            yield return OfConnections("connection started and closed, by handlers, client", _engines.Client);
            _connects.Target = _listener.EndPoint;
            yield return OfConnections("connection accepted and closed, by QuicListener, server's shard", _engines.Server);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _server.DisposeAsync().AsTask().Wait();
        _closingServer.DisposeAsync().AsTask().Wait();
        _engines.Dispose();
    }

    private BudgetedOperation OfRequests(string name, QuicEngine side) => new(name, count =>
    {
        long before = LoopbackEngines.ReadAllocated(side);
        _requests.Run(count);
        return LoopbackEngines.ReadAllocated(side) - before;
    })
    {
        WarmUp = 30_000,
        IsRounded = true,
    };

    private BudgetedOperation OfConnections(string name, QuicEngine side) => new(name, count =>
    {
        long before = LoopbackEngines.ReadAllocated(side);
        _connects.Run(count);
        return LoopbackEngines.ReadAllocated(side) - before;
    })
    {
        WarmUp = 3000,
        Window = 100,
        Windows = 11,
        IsRounded = true,
    };

    private sealed class Accepting(QuicServerConfiguration configuration, QuicConnectionHandler handler) : QuicServerHandler
    {
        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(configuration, handler);
    }

    /// <summary>Gives back what comes, on each stream.</summary>
    private sealed class Answering : QuicConnectionHandler
    {
        private readonly QuicStreamHandler _answer = new Answer();

        public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream) => _answer;

        private sealed class Answer : QuicStreamHandler
        {
            public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd) => stream.Write(data, isEnd);
        }
    }

    /// <summary>The server closes when it has measured a round trip: what it keeps to answer late packets goes soon then (RFC 9000 §10.2).</summary>
    private sealed class Closing : QuicConnectionHandler
    {
        public override void OnConnected(QuicConnectionHandle connection) => connection.Close(0);
    }

    /// <summary>One connection of a client, with some requests under way on it until there were enough.</summary>
    private sealed class Requests(QuicEngine engine) : QuicConnectionHandler
    {
        private const int AtATime = 16;

        private readonly ManualResetEventSlim _event = new();
        private readonly Request _request = new();
        private QuicConnectionHandle _connection;

        public void Connect(QuicClientConfiguration configuration, System.Net.IPEndPoint to)
        {
            _request.Finished = _event.Set;
            _connection = QuicClient.ConnectOn(engine, configuration, to, this, state: null);
            Wait();
        }

        public void Run(int count)
        {
            _event.Reset();
            _ = engine.Shards[0].RunAsync(_ => _request.Start(_connection, count, AtATime));
            Wait();
        }

        public override void OnConnected(QuicConnectionHandle connection) => _event.Set();

        public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional) => _request.OpenDue(connection);

        private void Wait() => Expect.True(_event.Wait(LoopbackEngines.Patience));

        private sealed class Request : QuicStreamHandler
        {
            private readonly byte[] _bytes = new byte[64];
            private int _due;
            private int _left;
            private int _open;

            public Action Finished { get; set; } = static () => { };

            public void Start(QuicConnectionHandle connection, int count, int atATime)
            {
                _left = count;
                _due = atATime;
                OpenDue(connection);
            }

            public void OpenDue(QuicConnectionHandle connection)
            {
                while (_left > 0 && _due > 0 && connection.TryOpenStream(QuicStreamType.Bidirectional, this, state: null, out QuicStreamHandle stream))
                {
                    _left--;
                    _due--;
                    _open++;
                    stream.Write(_bytes, completeWrites: true);
                }
            }

            public override void OnClosed(QuicStreamHandle stream)
            {
                _due++;
                if (--_open == 0 && _left == 0)
                {
                    Finished();
                }
                else
                {
                    OpenDue(stream.Connection);
                }
            }
        }
    }

    /// <summary>Keeps some connections under way, each until the server closes it.</summary>
    private sealed class Connects(QuicEngine engine, QuicClientConfiguration configuration) : QuicConnectionHandler
    {
        private const int AtATime = 8;

        private readonly ManualResetEventSlim _event = new();
        private int _left;
        private int _open;

        public System.Net.IPEndPoint Target { get; set; } = null!;

        public void Run(int count)
        {
            _event.Reset();
            _ = engine.Shards[0].RunAsync(_ =>
            {
                _left = count;
                while (_open < AtATime)
                {
                    Connect();
                }
            });
            Expect.True(_event.Wait(LoopbackEngines.Patience));
        }

        public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
        {
            _open--;
            if (_left > 0)
            {
                Connect();
            }
            else if (_open == 0)
            {
                _event.Set();
            }
        }

        private void Connect()
        {
            _left--;
            _open++;
            QuicClient.ConnectOn(engine, configuration, Target, this, state: null);
        }
    }

    /// <summary>Accepts everybody through the awaited API, and closes at once.</summary>
    private sealed class AcceptingListener : IDisposable
    {
        private readonly QuicListener _listener;
        private readonly Task _accepting;

        public AcceptingListener(LoopbackEngines engines)
        {
            _listener = QuicListener.ListenOnAsync(engines.Server, engines.ListenerOptions(), CancellationToken.None).AsTask().Result;
            _accepting = Task.Run(AcceptAsync);
        }

        public System.Net.IPEndPoint EndPoint => _listener.LocalEndPoint;

        public void Dispose()
        {
            _listener.DisposeAsync().AsTask().Wait();
            _accepting.Wait(LoopbackEngines.Patience);
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    try
                    {
                        QuicConnection connection = await _listener.AcceptConnectionAsync();
                        await connection.DisposeAsync();
                    }
                    catch (QuicException)
                    {
                        // RFC 9000 §10.2.3: a client may close before its last flight of the handshake was sent.
                    }
                }
            }
            catch (ObjectDisposedException)
            {
            }
        }
    }
}
