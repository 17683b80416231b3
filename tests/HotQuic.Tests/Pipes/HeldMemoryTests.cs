using System.Buffers;
using System.IO.Pipelines;
using HotQuic.Core.Streams;
using HotQuic.Shards;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>
/// The worst that the library could do is to show one peer's data to another. Readers hold on to what they were shown while streams are
/// reset, aborted and disposed of and connections close, and other streams, each with bytes of its own, take every chunk that is free. What
/// is held never changes; and in the end every chunk is back.
/// </summary>
public sealed class HeldMemoryTests : IDisposable
{
    private const int Workers = 12;

    private readonly QuicEngine _engine = new(new QuicEngineOptions { Shards = 1 });

    private Shard Shard => _engine.Shards[0];

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task WhatIsHeldNeverChangesWhateverHappensToTheStream(int seed)
    {
        StreamBufferPool? pool = null;
        long verified = 0;
        for (int round = 0; round < 6; round++)
        {
            QuicListener listener = await QuicListener.ListenOnAsync(_engine, Pair.ListenerOptions(), default);
            Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
            QuicConnection client = await QuicConnection.ConnectOnAsync(_engine, Pair.ClientOptions(listener.LocalEndPoint), default).AsTask().WaitAsync(Pair.Patience);
            QuicConnection server = await accepting.WaitAsync(Pair.Patience);
            pool ??= server.Driver.Core.Streams.Buffers;
            using var stop = new CancellationTokenSource();
            int number = (seed * 1000) + round;
            Task<long>[] readers = [.. Enumerable.Range(0, Workers).Select(i => Task.Run(() => ServeAsync(server, new Random((number * 100) + i), stop.Token)))];
            Task[] writers = [.. Enumerable.Range(0, Workers).Select(i => Task.Run(() => SendAsync(client, new Random((number * 777) + i), 40)))];
            if (round % 2 == 0)
            {
                await Task.WhenAll(writers).WaitAsync(Pair.Patience * 3);
            }
            else
            {
                // In the middle of it all.
                await writers[0].WaitAsync(Pair.Patience * 3);
                await (round % 4 == 1 ? client : server).DisposeAsync();
                await Task.WhenAll(writers).WaitAsync(Pair.Patience * 3);
            }

            await stop.CancelAsync();
            await client.DisposeAsync();
            await server.DisposeAsync();
            foreach (Task<long> reader in readers)
            {
                verified += await reader.WaitAsync(Pair.Patience * 3);
            }

            await listener.DisposeAsync();
        }

        Assert.True(verified > 10_000_000, $"only {verified} bytes were looked at");
        await AssertEverythingIsBackAsync(pool!);
    }

    /// <summary>A peer's reset, a local abort, disposal, and the end of the connection, each under a result that is held.</summary>
    [Theory]
    [InlineData("reset")]
    [InlineData("abort")]
    [InlineData("dispose")]
    [InlineData("close")]
    public async Task AHeldResultOutlives(string what)
    {
        await using QuicListener listener = await QuicListener.ListenOnAsync(_engine, Pair.ListenerOptions(), default);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        QuicConnection client = await QuicConnection.ConnectOnAsync(_engine, Pair.ClientOptions(listener.LocalEndPoint), default).AsTask().WaitAsync(Pair.Patience);
        QuicConnection server = await accepting.WaitAsync(Pair.Patience);
        StreamBufferPool pool = server.Driver.Core.Streams.Buffers;
        QuicStream sending = await client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await sending.WriteAsync(Pattern(0, 0, 100_000));
        QuicStream stream = await server.AcceptInboundStreamAsync();
        ReadResult held = await stream.Input.ReadAtLeastAsync(100_000).AsTask().WaitAsync(Pair.Patience);
        switch (what)
        {
            case "reset":
                sending.Abort(QuicAbortDirection.Write, 5);
                await Assert.ThrowsAsync<QuicException>(() => stream.ReadsClosed.WaitAsync(Pair.Patience));
                break;
            case "abort":
                stream.Abort(QuicAbortDirection.Read, 5);
                await Assert.ThrowsAsync<QuicException>(() => stream.ReadsClosed.WaitAsync(Pair.Patience));
                break;
            case "dispose":
                await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
                break;
            default:
                await client.DisposeAsync();
                await server.DisposeAsync();
                await ConnectionsAreGoneAsync();
                break;
        }

        // Everything that is free is written over.
        await Shard.RunAsync(_ =>
        {
            byte[][] all = [.. Enumerable.Range(0, pool.Retained + 100).Select(_ => pool.Rent())];
            Array.ForEach(all, chunk => chunk.AsSpan().Fill(0xee));
            Array.ForEach(all, pool.Return);
        });
        Assert.True(held.Buffer.ToArray().AsSpan().SequenceEqual(Pattern(0, 0, 100_000)));
        stream.Input.AdvanceTo(held.Buffer.Start, held.Buffer.GetPosition(10));
        Assert.NotNull(await Record.ExceptionAsync(() => stream.Input.ReadAsync().AsTask()));
        stream.Input.Complete();
        await stream.DisposeAsync();
        await sending.DisposeAsync();
        await client.DisposeAsync();
        await server.DisposeAsync();
        await AssertEverythingIsBackAsync(pool);
        Assert.Equal(0, Shard.AwaitedStreams.Outstanding);
    }

    /// <summary>L32: hundreds of pipes of streams that are gone, while their state serves other streams.</summary>
    [Fact]
    public async Task AStalePipeReachesNoOtherStream()
    {
        await using QuicListener listener = await QuicListener.ListenOnAsync(_engine, Pair.ListenerOptions(), default);
        Task<QuicConnection> accepting = listener.AcceptConnectionAsync().AsTask();
        await using QuicConnection client = await QuicConnection.ConnectOnAsync(_engine, Pair.ClientOptions(listener.LocalEndPoint), default).AsTask().WaitAsync(Pair.Patience);
        await using QuicConnection server = await accepting.WaitAsync(Pair.Patience);
        List<(PipeReader Input, PipeWriter Output)> stale = [];
        for (int i = 0; i < 600; i++)
        {
            QuicStream sending = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await sending.Output.WriteAsync(Pattern(i, 0, 50));
            await sending.Output.CompleteAsync();
            QuicStream receiving = await server.AcceptInboundStreamAsync();
            foreach ((PipeReader input, PipeWriter output) in stale.TakeLast(20))
            {
                Poke(input, output);
            }

            Assert.True(receiving.Input.TryRead(out ReadResult result) is false || result.Buffer.Length <= 50);
            if (result.Buffer.Length == 0 && !result.IsCompleted)
            {
                result = await receiving.Input.ReadAtLeastAsync(51).AsTask().WaitAsync(Pair.Patience);
                Assert.False(result.IsCanceled);
            }

            Assert.True(result.Buffer.ToArray().AsSpan().SequenceEqual(Pattern(i, 0, 50)));
            receiving.Input.AdvanceTo(result.Buffer.End);
            FlushResult flushed = await receiving.Output.WriteAsync(new byte[1]);
            Assert.False(flushed.IsCanceled || flushed.IsCompleted);
            await receiving.Output.CompleteAsync();
            result = await sending.Input.ReadAsync().AsTask().WaitAsync(Pair.Patience);
            Assert.Equal(1, result.Buffer.Length);
            sending.Input.AdvanceTo(result.Buffer.End);
            await sending.DisposeAsync();
            await receiving.DisposeAsync();
            stale.Add((sending.Input, sending.Output));
            stale.Add((receiving.Input, receiving.Output));
        }

        Assert.InRange(Shard.AwaitedStreams.Outstanding, 0, 50);
    }

    private static void Poke(PipeReader input, PipeWriter output)
    {
        input.CancelPendingRead();
        output.CancelPendingFlush();
        Assert.False(input.TryReadQuietly(out ReadResult result) && !result.Buffer.IsEmpty);
        _ = Record.Exception(() => output.WriteAsync(new byte[10]).AsTask().GetAwaiter().GetResult());
        input.Complete();
        output.Complete();
    }

    private static async Task SendAsync(QuicConnection connection, Random random, int streams)
    {
        for (int i = 0; i < streams; i++)
        {
            try
            {
                await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
                int length = random.Next(1, random.Next(4) == 0 ? 300_000 : 20_000);
                for (int done = 0; done < length;)
                {
                    int count = Math.Min(random.Next(1, 30_000), length - done);
                    stream.Output.Write(Pattern(stream.Id, done, count));
                    done += count;
                    if ((await stream.Output.FlushAsync()).IsCompleted)
                    {
                        break;
                    }
                }

                switch (random.Next(4))
                {
                    case 0:
                        stream.Abort(QuicAbortDirection.Write, 9);
                        break;
                    case 1:
                        await stream.Output.CompleteAsync(new InvalidDataException());
                        break;
                    default:
                        await stream.Output.CompleteAsync();
                        break;
                }
            }
            catch (Exception exception) when (exception is QuicException or ObjectDisposedException)
            {
            }
        }
    }

    private static async Task<long> ServeAsync(QuicConnection connection, Random random, CancellationToken stop)
    {
        long verified = 0;
        while (true)
        {
            QuicStream stream;
            try
            {
                stream = await connection.AcceptInboundStreamAsync(stop);
            }
            catch (Exception exception) when (exception is QuicException or ObjectDisposedException or OperationCanceledException)
            {
                return verified;
            }

            verified += await ReadAsync(stream, random);
            await stream.DisposeAsync();
        }
    }

    private static async Task<long> ReadAsync(QuicStream stream, Random random)
    {
        long id = stream.Id;
        long consumed = 0;
        long verified = 0;
        ReadResult result = default;
        try
        {
            while (true)
            {
                result = await stream.Input.ReadAsync();
                verified += await LookAsync(id, consumed, result.Buffer, random);
                switch (random.Next(12))
                {
                    case 0:
                        stream.Abort(QuicAbortDirection.Read, 8);
                        verified += await LookAsync(id, consumed, result.Buffer, random);
                        break;
                    case 1:
                        await stream.DisposeAsync();
                        verified += await LookAsync(id, consumed, result.Buffer, random);
                        break;
                    case 2:
                        stream.Input.Complete();
                        return verified;
                    case 3:
                        // Never let go of: left to the garbage collector.
                        return verified;
                }

                if (result.IsCompleted)
                {
                    stream.Input.Complete();
                    return verified;
                }

                long taken = random.NextInt64(result.Buffer.Length + 1);
                stream.Input.AdvanceTo(result.Buffer.GetPosition(taken), result.Buffer.End);
                consumed += taken;
            }
        }
        catch (Exception exception) when (exception is QuicException or ObjectDisposedException)
        {
            return verified;
        }
    }

    /// <summary>Looks at every byte, several times while other streams go on.</summary>
    private static async Task<long> LookAsync(long id, long offset, ReadOnlySequence<byte> buffer, Random random)
    {
        for (int times = random.Next(1, 5); times > 0; times--)
        {
            long at = offset;
            foreach (ReadOnlyMemory<byte> segment in buffer)
            {
                if (!segment.Span.SequenceEqual(Pattern(id, at, segment.Length)))
                {
                    Assert.Fail($"stream {id} at {at}: what is held is not what was sent");
                }

                at += segment.Length;
            }

            await Task.Yield();
        }

        return buffer.Length;
    }

    private static byte[] Pattern(long id, long offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((((ulong)offset + (ulong)i + ((ulong)id * 0x2545f4914f6cdd1d)) * 0x9e3779b97f4a7c15) >> 56);
        }

        return bytes;
    }

    /// <summary>They are drained, and their memory was given back.</summary>
    private async Task ConnectionsAreGoneAsync()
    {
        using var patience = new CancellationTokenSource(Pair.Patience);
        int count = 0;
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            await Shard.RunAsync(shard => count = shard.Connections.Count);
        }
        while (count > 0);
    }

    private async Task AssertEverythingIsBackAsync(StreamBufferPool pool)
    {
        using var patience = new CancellationTokenSource(Pair.Patience);
        (int Pool, int Maps, int Exchange) out0 = default;
        do
        {
            Assert.False(patience.IsCancellationRequested, $"outstanding: {out0}");
            await Shard.RunAsync(shard => out0 = (pool.Outstanding, pool.Maps.Outstanding, shard.Chunks.Outstanding));
        }
        while (out0 != default);
    }
}

/// <summary>Reads that may fail.</summary>
internal static class QuietReads
{
    public static bool TryReadQuietly(this PipeReader reader, out ReadResult result)
    {
        try
        {
            return reader.TryRead(out result);
        }
        catch (Exception exception) when (exception is InvalidOperationException or QuicException)
        {
            result = default;
            return false;
        }
    }
}
