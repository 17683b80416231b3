using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Shards;

/// <summary>Whatever is asked of an engine that was disposed of fails, and nothing waits for ever.</summary>
public class StoppedShardTests
{
    [Fact]
    public async Task OperationsBegunAfterTheEngineIsGoneFail()
    {
        using QuicEngine clients = SoakEngine.Create();
        using QuicEngine servers = SoakEngine.Create();
        QuicListener listener = await SoakEngine.ListenAsync(servers);
        QuicConnection client = await SoakEngine.ConnectAsync(clients, listener.LocalEndPoint);
        QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[1]);
        QuicStream other = await server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        Task<int> reading = stream.ReadAsync(new byte[1]).AsTask();

        clients.Dispose();

        await AssertAbortedAsync(reading);
        await AssertAbortedAsync(stream.ReadAsync(new byte[1]).AsTask());
        await AssertAbortedAsync(stream.WriteAsync(new byte[1]).AsTask());
        await AssertAbortedAsync(client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask());
        await AssertAbortedAsync(client.AcceptInboundStreamAsync().AsTask());
        client.GetStatistics();
        await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await client.CloseAsync(0).AsTask().WaitAsync(Pair.Patience);
        await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => SoakEngine.ConnectAsync(clients, listener.LocalEndPoint));

        servers.Dispose();
        await AssertAbortedAsync(other.WriteAsync(new byte[1]).AsTask());
        await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await listener.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AnEventHandlersClientIsToldThatTheEngineIsGone()
    {
        QuicEngine engine = SoakEngine.Create();
        engine.Dispose();
        var probe = new ConnectionProbe();

        QuicConnectionHandle connection = QuicClient.ConnectOn(engine, HandlerPair.ClientConfiguration(), new(System.Net.IPAddress.Loopback, 1), probe, state: null);

        QuicCloseReason reason = await probe.WhenClosed;
        Assert.Equal(QuicError.OperationAborted, reason.Error);
        Assert.False(connection.Post("anything"));
    }

    /// <summary>Operations race with the end of the engine: each one ends, well or not.</summary>
    [Fact]
    public async Task OperationsBegunWhileTheEngineGoesEnd()
    {
        for (int round = 0; round < 20; round++)
        {
            using QuicEngine clients = SoakEngine.Create();
            using QuicEngine servers = SoakEngine.Create();
            QuicListener listener = await SoakEngine.ListenAsync(servers);
            QuicConnection client = await SoakEngine.ConnectAsync(clients, listener.LocalEndPoint);
            Task[] asking = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskUntilAbortedAsync(client)))];

            clients.Dispose();

            await Task.WhenAll(asking).WaitAsync(Pair.Patience);
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await listener.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }
    }

    private static async Task AskUntilAbortedAsync(QuicConnection connection)
    {
        try
        {
            while (true)
            {
                connection.GetStatistics();
                await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
                await stream.WriteAsync(new byte[1], completeWrites: true);
            }
        }
        catch (QuicException exception)
        {
            Assert.Equal(QuicError.OperationAborted, exception.QuicError);
        }
    }

    private static async Task AssertAbortedAsync(Task operation)
    {
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => operation.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.OperationAborted, exception.QuicError);
    }
}
