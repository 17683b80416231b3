using System.Security.Cryptography;
using HotQuic.Shards;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Engine;

/// <summary>Everything that is borrowed is given back, and no task fails unseen, however streams and connections end. Alone, since collections are forced.</summary>
[Collection(AloneCollection.Name)]
public class LedgerTests
{
    private const int Rounds = 3;

    /// <summary>Ways of a stream to end; each is given a fresh pair, and disposes of what it opens.</summary>
    private static readonly Func<QuicConnection, QuicConnection, Task>[] StreamEndings =
    [
        EchoAsync, LeaveUnreadAsync, AbortBothAsync, CancelReadAsync, CancelWriteAsync, DisposeAtOnceAsync, LeaveUnacceptedAsync, FillAsync,
    ];

    /// <summary>How a connection ends, with streams in all states.</summary>
    public enum Ending
    {
        ClosedByClient,
        ClosedByServer,
        ClosedByBoth,
        DisposedAlone,
        DisposedWithStreamsNobodyAccepted,
        Idle,
    }

    public static TheoryData<QuicIoMode, Ending> Cases
    {
        get
        {
            var cases = new TheoryData<QuicIoMode, Ending>();
            foreach (QuicIoMode io in TransferTests.EveryIoMode)
            {
                foreach (Ending ending in Enum.GetValues<Ending>())
                {
                    cases.Add(io, ending);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AfterAMixedWorkloadEveryLedgerIsAtZeroAndNoTaskHasFailedUnseen(QuicIoMode io, Ending ending)
    {
        Collect();
        var unseen = new List<Exception>();
        void OnUnseen(object? sender, UnobservedTaskExceptionEventArgs failure)
        {
            lock (unseen)
            {
                unseen.Add(failure.Exception);
            }
        }

        TaskScheduler.UnobservedTaskException += OnUnseen;
        try
        {
            using QuicEngine engine = SoakEngine.Create();
            for (int round = 0; round < (ending == Ending.Idle ? 1 : Rounds); round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => WorkAsync(engine, io, ending)));
            }

            await AssertEmptyAsync(engine);
            Collect();
            Assert.Empty(unseen);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnseen;
        }
    }

    /// <summary>Handshakes that fail in each way, and connections that nobody accepted.</summary>
    [Theory]
    [MemberData(nameof(TransferTests.Modes), MemberType = typeof(TransferTests))]
    public async Task AfterFailedHandshakesEveryLedgerIsAtZero(QuicIoMode io)
    {
        using QuicEngine engine = SoakEngine.Create();
        for (int round = 0; round < Rounds; round++)
        {
            QuicListenerOptions options = Pair.ListenerOptions(io);
            options.ListenBacklog = 6;
            QuicListener listener = await QuicListener.ListenOnAsync(engine, options, CancellationToken.None);
            using var source = new CancellationTokenSource();
            Task<QuicConnection>[] connects =
            [
                Connect(change: given => given.ClientAuthenticationOptions.ApplicationProtocols = [new("unknown")]),
                Connect(change: given => given.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null),
                Connect(change: given => given.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => throw new InvalidDataException()),
                Connect(source.Token),
                .. Enumerable.Range(0, 10).Select(_ => Connect()),
            ];
            await source.CancelAsync();
            foreach (Task<QuicConnection> connect in connects)
            {
                if (await Record.ExceptionAsync(() => connect.WaitAsync(Pair.Patience)) is null)
                {
                    await (await connect).DisposeAsync();
                }
            }

            await listener.DisposeAsync();

            Task<QuicConnection> Connect(CancellationToken token = default, Action<QuicClientConnectionOptions>? change = null) =>
                QuicConnection.ConnectOnAsync(engine, Pair.ClientOptions(listener.LocalEndPoint, io, change), token).AsTask();
        }

        await AssertEmptyAsync(engine);
    }

    private static async Task WorkAsync(QuicEngine engine, QuicIoMode io, Ending ending)
    {
        QuicListener listener = await QuicListener.ListenOnAsync(
            engine, Pair.ListenerOptions(io, options => options.Transport.SendBufferSize = 20_000), CancellationToken.None);
        Task<QuicConnection> accept = listener.AcceptConnectionAsync().AsTask();
        QuicConnection client = await QuicConnection.ConnectOnAsync(
            engine,
            Pair.ClientOptions(listener.LocalEndPoint, io, options =>
            {
                options.Transport.SendBufferSize = 20_000;
                options.IdleTimeout = ending == Ending.Idle ? TimeSpan.FromSeconds(3) : TimeSpan.Zero;
            }),
            CancellationToken.None).AsTask().WaitAsync(Pair.Patience);
        QuicConnection server = await accept.WaitAsync(Pair.Patience);
        foreach (Func<QuicConnection, QuicConnection, Task> work in StreamEndings)
        {
            await work(client, server).WaitAsync(Pair.Patience);
            await work(server, client).WaitAsync(Pair.Patience);
        }

        await EndAsync(client, server, ending).WaitAsync(Pair.Patience);
        await listener.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
    }

    /// <summary>
    /// Ends a connection in the middle of everything: a read, a write and accepts are under way. One that shall become idle does so by
    /// itself: the write is stuck, since nobody reads.
    /// </summary>
    private static async Task EndAsync(QuicConnection client, QuicConnection server, Ending ending)
    {
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        Task[] underWay =
        [
            stream.ReadAsync(new byte[10]).AsTask(),
            stream.WriteAsync(new byte[1_000_000]).AsTask(),
            .. ending == Ending.DisposedWithStreamsNobodyAccepted ? Array.Empty<Task>() : [AcceptForEverAsync(client), AcceptForEverAsync(server)],
        ];
        _ = stream.ReadsClosed;
        _ = stream.WritesClosed;
        Task[] closes = ending switch
        {
            Ending.ClosedByClient => [client.CloseAsync(1).AsTask()],
            Ending.ClosedByServer => [server.CloseAsync(1).AsTask()],
            Ending.ClosedByBoth => [client.CloseAsync(1).AsTask(), server.CloseAsync(2).AsTask()],
            Ending.DisposedAlone => [client.DisposeAsync().AsTask()],
            Ending.DisposedWithStreamsNobodyAccepted => [client.DisposeAsync().AsTask(), server.DisposeAsync().AsTask()],
            _ => [],
        };
        await Task.WhenAll(closes);
        foreach (Task task in underWay)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => task));
        }

        await stream.DisposeAsync();
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    /// <summary>Holds what it accepts until the connection ends.</summary>
    private static async Task AcceptForEverAsync(QuicConnection connection)
    {
        var held = new List<QuicStream>();
        try
        {
            while (true)
            {
                held.Add(await connection.AcceptInboundStreamAsync());
            }
        }
        finally
        {
            foreach (QuicStream stream in held)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static async Task EchoAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        byte[] data = RandomNumberGenerator.GetBytes(100_000);
        Task writing = stream.WriteAsync(data, completeWrites: true).AsTask();
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        Task echoing = CopyBackAsync(peer);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received);
        await Task.WhenAll(writing, echoing);
        Assert.Equal(data, received.ToArray());
    }

    private static async Task LeaveUnreadAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await stream.WriteAsync(new byte[10_000]);
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        await peer.ReadExactlyAsync(new byte[10]);
    }

    private static async Task AbortBothAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[10_000]);
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        _ = stream.ReadsClosed;
        _ = peer.WritesClosed;
        stream.Abort(QuicAbortDirection.Both, 7);
        peer.Abort(QuicAbortDirection.Both, 8);
    }

    private static async Task CancelReadAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[1]);
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        using var source = new CancellationTokenSource();
        Task<int> reading = stream.ReadAsync(new byte[10], source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static async Task CancelWriteAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        using var source = new CancellationTokenSource();
        Task writing = stream.WriteAsync(new byte[1_000_000], source.Token).AsTask();
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    private static async Task DisposeAtOnceAsync(QuicConnection one, QuicConnection other)
    {
        QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        Task disposal = stream.DisposeAsync().AsTask();
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        await peer.DisposeAsync();
        await disposal;
    }

    /// <summary>It stays in the peer's queue until somebody accepts everything, or the connection ends.</summary>
    private static async Task LeaveUnacceptedAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await stream.WriteAsync(new byte[100], completeWrites: true);
        await stream.WritesClosed;
    }

    /// <summary>Neither side reads: windows and buffers are full when the streams are given up.</summary>
    private static async Task FillAsync(QuicConnection one, QuicConnection other)
    {
        await using QuicStream stream = await one.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        Task writing = stream.WriteAsync(new byte[500_000]).AsTask();
        await using QuicStream peer = await AcceptAsync(other, stream.Id);
        await peer.ReadExactlyAsync(new byte[20_000]);
        stream.Abort(QuicAbortDirection.Write, 9);
        Assert.Equal(QuicError.OperationAborted, (await Assert.ThrowsAsync<QuicException>(() => writing)).QuicError);
    }

    /// <summary>The stream with that ID, whatever was left before it.</summary>
    private static async Task<QuicStream> AcceptAsync(QuicConnection connection, long id)
    {
        while (true)
        {
            QuicStream stream = await connection.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
            if (stream.Id == id)
            {
                return stream;
            }

            await stream.DisposeAsync();
        }
    }

    private static async Task CopyBackAsync(QuicStream stream)
    {
        await stream.CopyToAsync(stream);
        stream.CompleteWrites();
    }

    /// <summary>Closed connections drain for three PTOs, so that zero is reached a little after the end.</summary>
    private static async Task AssertEmptyAsync(QuicEngine engine)
    {
        using var patience = new CancellationTokenSource(Pair.Patience);
        string ledgers = await ReadAsync(engine);
        while (ledgers.Length > 0 && !patience.IsCancellationRequested)
        {
            await Task.Delay(20);
            ledgers = await ReadAsync(engine);
        }

        Assert.Equal("", ledgers);
    }

    /// <summary>What is not at zero.</summary>
    private static async Task<string> ReadAsync(QuicEngine engine)
    {
        var found = new List<string>();
        foreach (Shard each in engine.Shards.ToArray())
        {
            await each.RunAsync(shard =>
            {
                (string Name, long Value)[] ledgers =
                [
                    ("connections", shard.Connections.Count),
                    ("connection IDs", shard.Endpoint.ConnectionIdCount),
                    ("stream drivers", shard.AwaitedStreams.Outstanding),
                    ("stream states", shard.Endpoint.Services.Streams.Outstanding),
                    ("buffers", shard.Endpoint.Services.Buffers.Outstanding),
                ];
                found.AddRange(ledgers.Where(ledger => ledger.Value != 0).Select(ledger => $"shard {shard.Number}: {ledger.Value} {ledger.Name}"));
            });
        }

        if (engine.Ports.Count > 0)
        {
            found.Add($"{engine.Ports.Count} ports");
        }

        return string.Join(", ", found);
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
