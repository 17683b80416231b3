namespace HotQuic.Tests.Handlers;

/// <summary>
/// A request is a stream of its own: 64 bytes and FIN there, 64 bytes and FIN back. Alone, since where there is one shard it serves whatever
/// else is tested.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    private const int RequestLength = 64;
    private const int InFlight = 50;

    /// <summary>Enough for every method to have its last compilation.</summary>
    private const int WarmUp = 30_000;

    private const int Window = 1000;
    private const int Windows = 21;

    /// <summary>
    /// Pools grow when more is in flight at a time than ever before, which a busy machine may cause at any time: so it is the median of the
    /// windows that must be 0, which not one byte a request would leave it.
    /// </summary>
    [Fact]
    public async Task ARequestOnANewStreamAllocatesNothingOnEitherSide()
    {
        var server = new Server();
        var requests = new Requests();
        await using HandlerPair pair = await HandlerPair.ConnectAsync(
            server: probe => probe.Stream = (_, _) => server,
            client: probe => probe.StreamsAvailable = (connection, _, _) => requests.OpenDue(connection));

        await pair.OnClientAsync(() => requests.Start(pair.ClientConnection));
        await requests.Done;

        Assert.Equal(0, requests.Ledger.MedianWindow());
        Assert.Equal(0, server.Ledger.MedianWindow());
    }

    /// <summary>What a thread had allocated after each window.</summary>
    private sealed class Ledger
    {
        private readonly long[] _allocated = new long[Windows + 1];
        private int _count;

        public bool IsFull => _count == WarmUp + (Windows * Window);

        public void OnRequest()
        {
            if (!IsFull && ++_count >= WarmUp && (_count - WarmUp) % Window == 0)
            {
                _allocated[(_count - WarmUp) / Window] = GC.GetAllocatedBytesForCurrentThread();
            }
        }

        /// <summary>Bytes allocated in a window: half of them had no more.</summary>
        public long MedianWindow()
        {
            Assert.True(IsFull);
            return _allocated.Zip(_allocated.Skip(1), (before, after) => after - before).Order().ElementAt(Windows / 2);
        }
    }

    private sealed class Server : QuicStreamHandler
    {
        public Ledger Ledger { get; } = new();

        public override int OnData(QuicStreamHandle stream, ReadOnlySpan<byte> data, bool isEnd)
        {
            if (isEnd)
            {
                Ledger.OnRequest();
            }

            return stream.Write(data, isEnd);
        }
    }

    /// <summary>Keeps some requests in flight until there were enough.</summary>
    private sealed class Requests : QuicStreamHandler
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly byte[] _request = new byte[RequestLength];
        private int _due;

        public Ledger Ledger { get; } = new();

        public Task Done => _done.Task.WaitAsync(HandlerPair.Patience);

        public void Start(QuicConnectionHandle connection)
        {
            _due = InFlight;
            OpenDue(connection);
        }

        /// <summary>Opens as many streams as are wanted and the peer allows.</summary>
        public void OpenDue(QuicConnectionHandle connection)
        {
            while (_due > 0 && connection.TryOpenStream(QuicStreamType.Bidirectional, this, state: null, out QuicStreamHandle stream))
            {
                _due--;
                stream.Write(_request, completeWrites: true);
            }
        }

        public override void OnClosed(QuicStreamHandle stream)
        {
            Ledger.OnRequest();
            if (Ledger.IsFull)
            {
                // The server, which ends each stream first, has counted as many.
                _done.TrySetResult();
                return;
            }

            _due++;
            OpenDue(stream.Connection);
        }
    }
}
