using System.Buffers;
using System.IO.Pipelines;
using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Soak;

/// <summary>
/// All members of streams from several threads at once, as a seed gives it: every call ends, with what it documents; streams that nobody
/// disturbs carry every byte; and nothing of them is left.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class StreamStormTests
{
    private const int StreamsPerRound = 16;

    private static readonly int Rounds = 50 * SoakEngine.Scale;

    [Theory]
    [InlineData(1, false, QuicIoMode.Auto)]
    [InlineData(1, true, QuicIoMode.Sockets)]
    [InlineData(2, false, IoModes.Datagrams)]
    [InlineData(4, true, QuicIoMode.Auto)]
    [InlineData(64, false, QuicIoMode.Auto)]
    [InlineData(64, true, IoModes.Datagrams)]
    public async Task EveryCallEndsAndNothingIsLeft(int shards, bool completesInline, QuicIoMode io)
    {
        Pair.Io = io == QuicIoMode.Auto ? Pair.Io : io;
        using var faults = new UnobservedFaults();
        using var engine = new QuicEngine(new QuicEngineOptions { Shards = shards });
        await using QuicListener listener = await SoakEngine.ListenAsync(engine, options => Set(options.Transport));
        for (int round = 0; round < Rounds; round++)
        {
            QuicConnection client = await SoakEngine.ConnectAsync(engine, listener.LocalEndPoint, options => Set(options.Transport));
            QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
            Task serving = Task.Run(() => ServeAsync(server, round));
            bool isCutOff = round % 5 == 4;
            Task[] streams = [.. Enumerable.Range(0, StreamsPerRound).Select(i => Task.Run(() => RunAsync(client, (round * StreamsPerRound) + i, isCutOff)))];
            if (isCutOff)
            {
                await Pause(new Random(round));
                await (round % 2 == 0 ? client : server).DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            }

            await Task.WhenAll(streams).WaitAsync(Pair.Patience);
            await client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await serving.WaitAsync(Pair.Patience);
            await server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }

        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();

        void Set(QuicTransportOptions transport)
        {
            transport.CompletesInline = completesInline;
            transport.SendBufferSize = 10_000;
        }
    }

    /// <summary>Half of the streams are echoed and checked; the others are disturbed by whatever a caller can do.</summary>
    private static async Task RunAsync(QuicConnection connection, int seed, bool isCutOff)
    {
        var random = new Random(seed);
        QuicStream? stream = null;
        try
        {
            stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask().WaitAsync(Pair.Patience);
        }
        catch (Exception exception) when (isCutOff && IsEnd(exception))
        {
            return;
        }

        if (seed % 2 == 0)
        {
            await Settle(() => EchoAsync(stream, random), isCutOff ? IsEnd : static _ => false);
        }
        else
        {
            await DisturbAsync(stream, random);
        }

        await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await Settle(() => stream.ReadsClosed.WaitAsync(Pair.Patience), IsEnd);
        await Settle(() => stream.WritesClosed.WaitAsync(Pair.Patience), IsEnd);
    }

    private static async Task EchoAsync(QuicStream stream, Random random)
    {
        byte[] sent = new byte[random.Next(1, 60_000)];
        random.NextBytes(sent);
        bool readsByPipe = random.Next(2) == 0;
        Task writing = random.Next(2) == 0
            ? stream.WriteAsync(sent, completeWrites: true).AsTask()
            : WriteByPipeAsync(stream, sent, random);
        using var received = new MemoryStream();
        Task reading = readsByPipe ? stream.Input.CopyToAsync(received) : stream.CopyToAsync(received);
        await Task.WhenAll(reading, writing).WaitAsync(Pair.Patience);
        Assert.Equal(sent, received.ToArray());
    }

    private static async Task WriteByPipeAsync(QuicStream stream, ReadOnlyMemory<byte> data, Random random)
    {
        while (!data.IsEmpty)
        {
            int length = Math.Min(data.Length, random.Next(1, 20_000));
            await stream.Output.WriteAsync(data[..length]);
            data = data[length..];
        }

        await stream.Output.CompleteAsync();
    }

    private static async Task DisturbAsync(QuicStream stream, Random random)
    {
        using var source = new CancellationTokenSource();
        CancellationToken token = random.Next(2) == 0 ? source.Token : default;
        (bool readsByPipe, bool writesByPipe) = (random.Next(2) == 0, random.Next(2) == 0);
        var calls = new List<Task>
        {
            Task.Run(() => Settle(() => ReadAsync(stream, readsByPipe, token), IsDocumented)),
            Task.Run(() => Settle(() => WriteAsync(stream, writesByPipe, token), IsDocumented)),
        };
        for (int i = 0; i < 4; i++)
        {
            int seed = random.Next();
            calls.Add(Task.Run(() => Settle(() => DisturbOnceAsync(stream, source, new Random(seed)), IsDocumented)));
        }

        // Two may have left each other with nothing to come, such as a read behind a write that was cancelled: an abort ends any call.
        var all = Task.WhenAll(calls);
        await Task.WhenAny(all, Task.Delay(500));
        stream.Abort(QuicAbortDirection.Both, 9);
        await all.WaitAsync(Pair.Patience);
    }

    private static async Task ReadAsync(QuicStream stream, bool byPipe, CancellationToken token)
    {
        byte[] buffer = new byte[1000];
        for (int i = 0; i < 50; i++)
        {
            if (!byPipe)
            {
                if (await stream.ReadAsync(buffer, token) == 0)
                {
                    return;
                }

                continue;
            }

            ReadResult result = await stream.Input.ReadAsync(token);
            _ = result.Buffer.ToArray();
            stream.Input.AdvanceTo(result.Buffer.GetPosition(result.Buffer.Length / 2), result.Buffer.End);
            if (result.IsCompleted || i == 40)
            {
                await stream.Input.CompleteAsync();
                return;
            }
        }
    }

    private static async Task WriteAsync(QuicStream stream, bool byPipe, CancellationToken token)
    {
        byte[] data = new byte[3000];
        for (int i = 0; i < 20; i++)
        {
            if (byPipe)
            {
                if ((await stream.Output.WriteAsync(data, token)).IsCompleted)
                {
                    break;
                }
            }
            else
            {
                await stream.WriteAsync(data, completeWrites: i == 19, token);
            }
        }

        if (byPipe)
        {
            await stream.Output.CompleteAsync();
        }
    }

    private static async Task DisturbOnceAsync(QuicStream stream, CancellationTokenSource source, Random random)
    {
        await Pause(random);
        switch (random.Next(12))
        {
            case 0:
                stream.Abort(QuicAbortDirection.Both, 7);
                break;
            case 1:
                stream.Abort(QuicAbortDirection.Read, 7);
                break;
            case 2:
                stream.Abort(QuicAbortDirection.Write, 7);
                break;
            case 3:
                stream.CompleteWrites();
                break;
            case 4:
                await source.CancelAsync();
                break;
            case 5:
                stream.Dispose();
                break;
            case 6:
                await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
                break;
            case 7:
                stream.Input.CancelPendingRead();
                break;
            case 8:
                stream.Output.CancelPendingFlush();
                break;
            case 9:
                stream.Priority = new QuicStreamPriority(random.Next(8), isIncremental: false);
                break;
            case 10:
                stream.AbortedCallback = static (_, _) => { };
                break;
            default:
                await stream.ReadAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
                break;
        }
    }

    private static async Task ServeAsync(QuicConnection connection, int seed)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                QuicStream stream = await connection.AcceptInboundStreamAsync();
                serving.Add(Task.Run(() => ServeAsync(stream, new Random((seed << 8) + (int)stream.Id))));
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
        }

        await Task.WhenAll(serving).WaitAsync(Pair.Patience);
    }

    private static async Task ServeAsync(QuicStream stream, Random random)
    {
        await using (stream)
        {
            await Settle(
                async () =>
                {
                    if (random.Next(2) == 0)
                    {
                        await stream.CopyToAsync(stream);
                        stream.CompleteWrites();
                    }
                    else
                    {
                        await stream.Input.CopyToAsync(stream.Output);
                        await stream.Output.CompleteAsync();
                    }
                },
                IsDocumented);
        }
    }

    private static async Task Settle(Func<Task> call, Func<Exception, bool> isExpected)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (isExpected(exception))
        {
        }
    }

    private static bool IsDocumented(Exception exception) => IsEnd(exception) || exception is InvalidOperationException or OperationCanceledException;

    private static bool IsEnd(Exception exception) => exception is ObjectDisposedException
        or QuicException { QuicError: QuicError.OperationAborted or QuicError.StreamAborted or QuicError.ConnectionAborted };

    private static async Task Pause(Random random)
    {
        for (int i = random.Next(30); i > 0; i--)
        {
            await Task.Yield();
        }
    }
}
