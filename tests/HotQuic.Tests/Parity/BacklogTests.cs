using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S4: a listener's backlog counts handshakes in progress and connections not yet accepted, exactly, whatever comes at a time. Alone, for the crowd of it.</summary>
[Collection(AloneCollection.Name)]
public class BacklogTests
{
    private const int Backlog = 20;
    private const int Connects = 500;
    private const int Rounds = 20;

    /// <summary>Nobody accepts until all clients have their answer: as many come in as there are places, and each accept lets one more in.</summary>
    [Fact]
    public async Task S4_OfFiveHundredAtATimeAsManyComeInAsThereArePlaces()
    {
        for (int round = 0; round < Rounds; round++)
        {
            int asked = 0;
            await using QuicListener listener = await ListenAsync(() => Interlocked.Increment(ref asked));
            List<QuicConnection> clients = await ConnectAllAsync(listener, Connects);
            Assert.Equal((Backlog, Backlog), (clients.Count, asked));

            // A failed connect takes no place, and each accept frees exactly one.
            for (int accepts = 1; accepts <= 2; accepts++)
            {
                await using QuicConnection accepted = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
                List<QuicConnection> more = await ConnectAllAsync(listener, 3);
                clients.Add(Assert.Single(more));
                Assert.Equal(Backlog + accepts, asked);
            }

            await DisposeAsync(clients);
        }
    }

    /// <summary>Accepting meanwhile: every client is accepted or refused, none is lost, and never more than the places are taken.</summary>
    [Fact]
    public async Task S4_EveryClientIsAcceptedOrRefusedWhileTheListenerAccepts()
    {
        for (int round = 0; round < Rounds; round++)
        {
            int taken = 0;
            int most = 0;
            await using QuicListener listener = await ListenAsync(() => InterlockedMax(ref most, Interlocked.Increment(ref taken)));
            using var stop = new CancellationTokenSource();
            Task<int> accepting = Task.Run(async () =>
            {
                for (int count = 0; ; count++)
                {
                    try
                    {
                        await using QuicConnection connection = await listener.AcceptConnectionAsync(stop.Token);
                        Interlocked.Decrement(ref taken);
                    }
                    catch (OperationCanceledException)
                    {
                        return count;
                    }
                }
            });
            List<QuicConnection> clients = await ConnectAllAsync(listener, Connects);
            Assert.InRange(clients.Count, Backlog, Connects);

            // All that came in are delivered: the listener's side of a handshake may end a little after the client's.
            while (Volatile.Read(ref taken) > 0)
            {
                await Task.Yield();
            }

            await stop.CancelAsync();
            Assert.Equal(clients.Count, await accepting.WaitAsync(Pair.Patience));

            // One accept is under way at most: its place is free before the test can have counted it.
            Assert.InRange(most, 1, Backlog + 1);
            await DisposeAsync(clients);
        }
    }

    /// <summary>Zero means 512: as many are held without an accept, and the next is refused.</summary>
    [Fact]
    public async Task S4_TheDefaultIsFiveHundredAndTwelve()
    {
        await using QuicListener listener = await QuicListener.ListenAsync(Pair.ListenerOptions());
        List<QuicConnection> clients = await ConnectAllAsync(listener, 600);
        Assert.Equal(512, clients.Count);
        await DisposeAsync(clients);
    }

    private static ValueTask<QuicListener> ListenAsync(Action onAsked)
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ListenBacklog = Backlog;
        options.ConnectionOptionsCallback = (_, _, _) =>
        {
            onAsked();
            return ValueTask.FromResult(Pair.ServerOptions(given => given.HandshakeTimeout = Timeout.InfiniteTimeSpan));
        };
        return QuicListener.ListenAsync(options);
    }

    /// <summary>Those that came in; all others were refused, and by nothing else.</summary>
    private static async Task<List<QuicConnection>> ConnectAllAsync(QuicListener listener, int count)
    {
        QuicClientConnectionOptions options = Pair.ClientOptions(listener.LocalEndPoint, change: given => given.HandshakeTimeout = Timeout.InfiniteTimeSpan);
        QuicConnection?[] all = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => TryConnectAsync(options)))).WaitAsync(Pair.Patience);
        return [.. all.OfType<QuicConnection>()];
    }

    private static async Task<QuicConnection?> TryConnectAsync(QuicClientConnectionOptions options)
    {
        try
        {
            return await QuicConnection.ConnectAsync(options);
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionRefused)
        {
            return null;
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static async Task DisposeAsync(List<QuicConnection> connections)
    {
        foreach (QuicConnection connection in connections)
        {
            await connection.DisposeAsync();
        }
    }
}
