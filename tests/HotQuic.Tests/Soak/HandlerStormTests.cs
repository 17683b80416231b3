using System.Collections.Concurrent;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>
/// Event handlers that do, in whatever call they are, what a seed gives: every stream and connection ends once, hears nothing after its end
/// and nothing inside another call, and leaves nothing.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class HandlerStormTests
{
    private const int Connections = 40;
    private const int PostsEach = 100;

    private static readonly int Rounds = 2 * SoakEngine.Scale;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task EverythingEndsOnceAndNothingIsLeft(int shards)
    {
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = shards });
        for (int round = 0; round < Rounds; round++)
        {
            var atServer = new Storm(round, mayThrow: round % 2 == 0);
            QuicServer server = SoakEngine.Serve(engine, atServer);
            var clients = new List<(Storm Handler, QuicConnectionHandle Connection)>();
            for (int i = 0; i < Connections; i++)
            {
                var handler = new Storm((round * Connections) + i, mayThrow: i % 2 == 0);
                clients.Add((handler, QuicClient.ConnectOn(engine, HandlerPair.ClientConfiguration(Set), server.LocalEndPoints[0], handler, state: null)));
            }

            await Task.WhenAll(clients.Select(client => Task.Run(() => PostMany(client.Connection)))).WaitAsync(Pair.Patience);
            await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            foreach ((Storm handler, QuicConnectionHandle connection) in clients)
            {
                connection.Post("close");
                await handler.WhenClosed.WaitAsync(Pair.Patience);
            }

            await Ledger.WhenEmptyAsync(engine);
            Assert.All(clients, client => client.Handler.AssertOver());
            atServer.AssertOver();
        }

        static void Set(QuicClientConnectionOptions options) => options.Transport.SendBufferSize = 5000;
    }

    private static void PostMany(QuicConnectionHandle connection)
    {
        for (int i = 0; i < PostsEach && connection.Post(i); i++)
        {
            Thread.Yield();
        }
    }

    /// <summary>The handler of connections and of their streams.</summary>
    private sealed class Storm(int seed, bool mayThrow) : QuicConnectionHandler
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentQueue<string> _complaints = [];
        private readonly ConcurrentDictionary<QuicStreamHandle, bool> _streams = [];
        private int _seed = seed * 1000;

        [ThreadStatic]
        private static bool _isInside;

        public Task WhenClosed => _closed.Task;

        public void AssertOver()
        {
            Assert.Empty(_complaints);
            Assert.Empty(_streams);
        }

        public override void OnConnected(QuicConnectionHandle connection) => Do(nameof(OnConnected), random => Disturb(connection, random));

        public override QuicStreamHandler? OnStream(QuicConnectionHandle connection, QuicStreamHandle stream)
        {
            bool isWanted = false;
            Do(nameof(OnStream), random =>
            {
                // Where this throws, the stream has no handler to tell of its end.
                Disturb(stream, random);
                isWanted = random.Next(5) > 0;
                if (isWanted)
                {
                    _streams[stream] = true;
                }
            });
            return isWanted ? new Streams(this) : null;
        }

        public override void OnStreamsAvailable(QuicConnectionHandle connection, int bidirectional, int unidirectional) =>
            Do(nameof(OnStreamsAvailable), random => Disturb(connection, random));

        public override void OnMessage(QuicConnectionHandle connection, object? message)
        {
            if (message is "close")
            {
                connection.Close(0);
            }
            else
            {
                Do(nameof(OnMessage), random => Disturb(connection, random));
            }
        }

        public override void OnClosed(QuicConnectionHandle connection, in QuicCloseReason reason)
        {
            Do(nameof(OnClosed), _ => { });
            _closed.TrySetResult();
        }

        private void Do(string call, Action<Random> action)
        {
            if (_isInside)
            {
                _complaints.Enqueue($"{call} came inside another call.");
            }

            _isInside = true;
            try
            {
                action(new Random(Interlocked.Increment(ref _seed)));
            }
            finally
            {
                _isInside = false;
            }
        }

        private void Disturb(QuicConnectionHandle connection, Random random)
        {
            for (int i = random.Next(4); i > 0; i--)
            {
                if (connection.TryOpenStream((QuicStreamType)random.Next(2), new Streams(this), state: null, out QuicStreamHandle stream))
                {
                    _streams[stream] = true;
                    stream.Write(new byte[random.Next(8000)], completeWrites: random.Next(3) == 0);
                }
            }

            MayEnd(connection, random);
        }

        private void Disturb(QuicStreamHandle stream, Random random)
        {
            switch (random.Next(10))
            {
                case 0:
                    stream.Abort((QuicAbortDirection)random.Next(1, 4), 7);
                    break;
                case 1:
                    stream.PauseReading();
                    stream.Connection.Post(1);
                    break;
                case 2 or 3:
                    stream.ResumeReading();
                    break;
                case 4 when CanWrite(stream):
                    stream.CompleteWrites();
                    break;
                case 5 or 6 when CanWrite(stream) && stream.WritableBytes > 0:
                    stream.Write(new byte[random.Next(4000)], completeWrites: random.Next(2) == 0);
                    break;
                case 7:
                    Disturb(stream.Connection, random);
                    break;
            }

            MayEnd(stream.Connection, random);
        }

        private static bool CanWrite(QuicStreamHandle stream) => stream.WritableBytes > 0;

        private void MayEnd(QuicConnectionHandle connection, Random random)
        {
            switch (random.Next(400))
            {
                case 0:
                    connection.Close(5);
                    break;
                case 1 when mayThrow:
                    throw new InvalidOperationException("The storm broke something.");
            }
        }

        private sealed class Streams(Storm storm) : QuicStreamHandler
        {
            public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
            {
                int consumed = data.Length;
                int length = data.Length;
                Do(nameof(OnData), stream, random =>
                {
                    consumed = random.Next(4) == 0 ? random.Next(length + 1) : length;
                    storm.Disturb(stream, random);
                });
                return consumed;
            }

            public override void OnWritable(QuicStreamHandle stream) => Do(nameof(OnWritable), stream, random => storm.Disturb(stream, random));

            public override void OnWritesAcknowledged(QuicStreamHandle stream) =>
                Do(nameof(OnWritesAcknowledged), stream, random => storm.Disturb(stream, random));

            public override void OnReadingAborted(QuicStreamHandle stream, long errorCode) =>
                Do(nameof(OnReadingAborted), stream, random => storm.Disturb(stream, random));

            public override void OnWritingAborted(QuicStreamHandle stream, long errorCode) =>
                Do(nameof(OnWritingAborted), stream, random => storm.Disturb(stream, random));

            public override void OnClosed(QuicStreamHandle stream) => storm.Do(nameof(OnClosed), random =>
            {
                if (!storm._streams.TryRemove(stream, out _))
                {
                    storm._complaints.Enqueue("A stream ended that was not open.");
                }

                storm.Disturb(stream, random);
            });

            private void Do(string call, QuicStreamHandle stream, Action<Random> action) => storm.Do(call, random =>
            {
                if (!storm._streams.ContainsKey(stream))
                {
                    storm._complaints.Enqueue($"{call} came to a stream that is not open.");
                }

                action(random);
            });
        }
    }
}
