using HotQuic.Benchmarks.Rooms;

namespace HotQuic.Benchmarks.Budgets;

/// <summary>The awaited API over loopback. Continuations run on any thread, so it is the process that is measured: both sides together.</summary>
internal sealed class StreamApiBudgets : IBudgetedPart
{
    private const int RequestSize = 64;
    private const int ChunkSize = 16 * 1024;

    private readonly LoopbackEngines _engines = new();
    private readonly QuicListener _listener;
    private readonly QuicConnection _client;
    private readonly QuicConnection _server;
    private readonly Task _serving;
    private readonly byte[] _chunk = new byte[ChunkSize];

    public StreamApiBudgets()
    {
        _listener = QuicListener.ListenOnAsync(_engines.Server, _engines.ListenerOptions(), CancellationToken.None).AsTask().Result;
        Task<QuicConnection> accepted = _listener.AcceptConnectionAsync().AsTask();
        _client = QuicConnection.ConnectOnAsync(_engines.Client, _engines.ClientOptions(_listener.LocalEndPoint), CancellationToken.None).AsTask().Result;
        _server = accepted.Result;
        _serving = Task.Run(ServeAsync);
    }

    public IEnumerable<BudgetedOperation> Operations =>
    [
        OfProcess("stream opened, 64 bytes there and back, disposed, by QuicStream, both sides", RequestAsync),
        OfProcess("16 KiB written, echoed and read, by QuicStream, both sides", EchoAsync),
    ];

    public void Dispose()
    {
        _client.CloseAsync(0).AsTask().Wait();
        _serving.Wait(LoopbackEngines.Patience);
        _client.DisposeAsync().AsTask().Wait();
        _server.DisposeAsync().AsTask().Wait();
        _listener.DisposeAsync().AsTask().Wait();
        _engines.Dispose();
    }

    private static BudgetedOperation OfProcess(string name, Func<int, Task> runAsync) => new(name, count =>
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Expect.True(runAsync(count).Wait(LoopbackEngines.Patience));
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    })
    {
        WarmUp = 10_000,
        Window = 1000,
        Windows = 11,
        IsRounded = true,
    };

    private async Task RequestAsync(int count)
    {
        byte[] buffer = new byte[RequestSize];
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await _client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await stream.WriteAsync(buffer, completeWrites: true);
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
    }

    /// <summary>On one stream.</summary>
    private async Task EchoAsync(int count)
    {
        await using QuicStream stream = await _client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        for (int i = 0; i < count; i++)
        {
            await stream.WriteAsync(_chunk);
            for (int read = 0; read < ChunkSize;)
            {
                read += await stream.ReadAsync(_chunk);
            }
        }

        stream.CompleteWrites();
        Expect.True(await stream.ReadAsync(_chunk) == 0);
    }

    /// <summary>Gives back what comes, on one stream after the other.</summary>
    private async Task ServeAsync()
    {
        byte[] buffer = new byte[ChunkSize];
        try
        {
            while (true)
            {
                await using QuicStream stream = await _server.AcceptInboundStreamAsync();
                int read;
                while ((read = await stream.ReadAsync(buffer)) > 0)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, read));
                }

                stream.CompleteWrites();
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
        {
        }
    }
}
