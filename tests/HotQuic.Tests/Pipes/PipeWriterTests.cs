using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using HotQuic.Options;
using HotQuic.Streams;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>QuicStream.Output does what PipeWriter documents, and what the protocol adds to it.</summary>
public class PipeWriterTests
{
    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task WhateverTheSizesEveryByteArrivesInOrder(QuicIoMode io)
    {
        await using Pair pair = await Pair.ConnectAsync(io);
        var random = new Random(17);
        for (int round = 0; round < 5; round++)
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            byte[] sent = RandomNumberGenerator.GetBytes(1_500_000);
            Task<byte[]> hash = SHA256.HashDataAsync(server).AsTask();
            for (int done = 0; done < sent.Length;)
            {
                int count = Math.Min(random.Next(1, random.Next(3) == 0 ? 40_000 : 300), sent.Length - done);
                done += Put(client.Output, sent.AsSpan(done, count), random);
                if (random.Next(4) == 0)
                {
                    Assert.False((await client.Output.FlushAsync().AsTask().WaitAsync(Pair.Patience)).IsCompleted);
                    Assert.Equal(0, client.Output.UnflushedBytes);
                }
            }

            await client.Output.CompleteAsync();
            Assert.Equal(SHA256.HashData(sent), await hash.WaitAsync(Pair.Patience));
            await client.WritesClosed.WaitAsync(Pair.Patience);
        }
    }

    [Fact]
    public async Task UnflushedBytesAreCountedAndStayUntilTheFlush()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        PipeWriter output = client.Output;
        Assert.True(output.CanGetUnflushedBytes);
        output.GetSpan(10_000)[..10_000].Fill(7);
        output.Advance(4_000);
        output.Advance(6_000);
        output.GetMemory();
        output.Advance(0);
        Assert.Equal(10_000, output.UnflushedBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => output.GetMemory(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => output.Advance(int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => output.Advance(-1));
        Task<ReadResult> read = server.Input.ReadAtLeastAsync(10_000).AsTask();
        await output.FlushAsync();
        Assert.Equal(0, output.UnflushedBytes);
        ReadResult result = await read.WaitAsync(Pair.Patience);
        Assert.True(result.Buffer.ToArray().All(value => value == 7));
        server.Input.AdvanceTo(result.Buffer.End);
    }

    [Fact]
    public async Task AFlushWaitsWhileTheSendBufferIsFull()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] data = RandomNumberGenerator.GetBytes(10 << 20);

        // More than the send buffer and the peer's window together, so that it waits until the peer reads.
        int sent = data.Length - 1000;
        Task<FlushResult> waiting = client.Output.WriteAsync(data.AsMemory(0, sent)).AsTask();
        Assert.False(waiting.IsCompleted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Output.FlushAsync().AsTask());

        // Written meanwhile, and not lost.
        Put(client.Output, data.AsSpan(sent), new Random(1));
        client.Output.CancelPendingFlush();
        Assert.True((await waiting.WaitAsync(Pair.Patience)).IsCanceled);
        using var cancellation = new CancellationTokenSource();
        waiting = client.Output.FlushAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Pair.Patience));
        waiting = client.Output.FlushAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        Task<byte[]> hash = SHA256.HashDataAsync(server).AsTask();
        FlushResult result = await waiting.WaitAsync(Pair.Patience);
        Assert.False(result.IsCanceled || result.IsCompleted);
        client.Output.Complete();
        Assert.Equal(SHA256.HashData(data), await hash.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task CallingOffWithoutAFlushUnderWayCallsOffTheNextWhichSendsAllTheSame()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.Output.CancelPendingFlush();
        FlushResult result = await client.Output.WriteAsync(new byte[5]);
        Assert.True(result.IsCanceled);
        result = await client.Output.WriteAsync(new byte[5]);
        Assert.False(result.IsCanceled);
        ReadResult read = await server.Input.ReadAtLeastAsync(10).AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(10, read.Buffer.Length);
        server.Input.AdvanceTo(read.Buffer.End);
    }

    [Fact]
    public async Task AFlushIsCompletedWhenThePeerReadsNoMore()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] block = new byte[1 << 20];
        ValueTask<FlushResult> flush;
        while ((flush = client.Output.WriteAsync(block)).IsCompleted)
        {
            Assert.False((await flush).IsCompleted);
        }

        server.Abort(QuicAbortDirection.Read, 0x66);
        FlushResult result = await flush.AsTask().WaitAsync(Pair.Patience);
        Assert.True(result.IsCompleted);
        Assert.True((await client.Output.WriteAsync(block)).IsCompleted);
        await client.Output.CompleteAsync();
        QuicException closed = await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal(0x66, closed.ApplicationErrorCode);
    }

    [Fact]
    public async Task AFlushFailsAsAWriteWouldWhenTheConnectionIsGone()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream _) = await pair.OpenAsync();
        byte[] block = new byte[1 << 20];
        ValueTask<FlushResult> flush;
        while ((flush = client.Output.WriteAsync(block)).IsCompleted)
        {
            _ = await flush;
        }

        await pair.Server.CloseAsync(0x44);
        QuicException thrown = await Assert.ThrowsAsync<QuicException>(() => flush.AsTask().WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, 0x44), (thrown.QuicError, thrown.ApplicationErrorCode));
        await Assert.ThrowsAsync<QuicException>(() => client.Output.FlushAsync().AsTask());
    }

    [Fact]
    public async Task CompletingWithAnExceptionResetsTheStream()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        client.Output.GetSpan(100);
        client.Output.Advance(100);
        client.Output.Complete(new InvalidDataException("It went wrong."));
        client.Output.Complete();
        QuicException atPeer = await Assert.ThrowsAsync<QuicException>(() => server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41), (atPeer.QuicError, atPeer.ApplicationErrorCode));
        Assert.Throws<InvalidOperationException>(() => client.Output.GetMemory());
        Assert.Throws<InvalidOperationException>(() => client.Output.GetSpan(1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Output.FlushAsync().AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Output.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task TheStreamsOwnWritesAndThePipeTakeTurns()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(300_000);
        Task<byte[]> hash = SHA256.HashDataAsync(server).AsTask();
        var random = new Random(5);
        int done = 0;
        while (done < sent.Length - 20_000)
        {
            int count = random.Next(1, 9000);
            await client.WriteAsync(sent.AsMemory(done, count));
            done += count;
            count = random.Next(1, 9000);
            await client.Output.WriteAsync(sent.AsMemory(done, count));
            done += count;
        }

        await client.WriteAsync(sent.AsMemory(done), completeWrites: true);
        Assert.Equal(SHA256.HashData(sent), await hash.WaitAsync(Pair.Patience));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Output.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task AFlushRefusesWhileTheStreamsOwnWriteIsUnderWay()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(20 << 20);
        Task writing = client.WriteAsync(sent.AsMemory(0, sent.Length - 10)).AsTask();
        Put(client.Output, sent.AsSpan(sent.Length - 10), new Random(3));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.Output.FlushAsync().AsTask());
        Task<byte[]> hash = SHA256.HashDataAsync(server).AsTask();
        await writing.WaitAsync(Pair.Patience);
        await client.Output.CompleteAsync();
        Assert.Equal(SHA256.HashData(sent), await hash.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task AsStreamWritesAndEndsTheStream()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(500_000);
        Task<byte[]> hash = SHA256.HashDataAsync(server).AsTask();
        await using (Stream stream = client.Output.AsStream())
        {
            await new MemoryStream(sent).CopyToAsync(stream).WaitAsync(Pair.Patience);
        }

        Assert.Equal(SHA256.HashData(sent), await hash.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task AnEchoFromInputToOutputChangesNothing()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(5_000_000);
        Task echo = EchoAsync(server);
        Task<byte[]> hash = SHA256.HashDataAsync(client).AsTask();
        await client.Output.WriteAsync(sent).AsTask().WaitAsync(Pair.Patience);
        client.Output.Complete();
        Assert.Equal(SHA256.HashData(sent), await hash.WaitAsync(Pair.Patience));
        await echo.WaitAsync(Pair.Patience);
    }

    private static async Task EchoAsync(QuicStream stream)
    {
        await stream.Input.CopyToAsync(stream.Output);
        await stream.Output.CompleteAsync();
        await stream.Input.CompleteAsync();
    }

    private static int Put(PipeWriter output, ReadOnlySpan<byte> data, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                output.Write(data);
                break;
            case 1:
                data.CopyTo(output.GetSpan(data.Length));
                output.Advance(data.Length);
                break;
            default:
                data = data[..Math.Min(data.Length, ChunkExchange.ChunkSize)];
                Memory<byte> memory = output.GetMemory(data.Length);
                data.CopyTo(memory.Span);
                output.Advance(data.Length);
                break;
        }

        return data.Length;
    }
}
