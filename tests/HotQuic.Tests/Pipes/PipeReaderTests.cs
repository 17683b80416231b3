using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using HotQuic.Options;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Pipes;

/// <summary>QuicStream.Input does what PipeReader documents, and what the protocol adds to it.</summary>
public class PipeReaderTests
{
    [Fact]
    public async Task K8_TheLastBytesAndTheEndComeTogether()
    {
        await using Pair pair = await Pair.ConnectAsync();
        for (int i = 0; i < 50; i++)
        {
            await using QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            await client.WriteAsync(new byte[100], completeWrites: true);
            await using QuicStream server = await pair.Server.AcceptInboundStreamAsync();
            ReadResult result = await ReadAsync(server.Input);
            Assert.Equal(100, result.Buffer.Length);
            Assert.True(result.IsCompleted, "the end was known and not told");
            Assert.True(server.ReadsClosed.IsCompletedSuccessfully);
            server.Input.AdvanceTo(result.Buffer.End);
        }
    }

    [Fact]
    public async Task K8_AnEndThatComesAloneCompletesAReaderThatHasExaminedEverything()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[10]);
        ReadResult result = await server.Input.ReadAtLeastAsync(10).AsTask().WaitAsync(Pair.Patience);
        server.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        Task<ReadResult> next = server.Input.ReadAsync().AsTask();
        client.CompleteWrites();
        result = await next.WaitAsync(Pair.Patience);
        Assert.True(result.IsCompleted);
        Assert.Equal(10, result.Buffer.Length);
        server.Input.AdvanceTo(result.Buffer.End);

        // And again, as often as asked.
        result = await ReadAsync(server.Input);
        Assert.True(result.IsCompleted && result.Buffer.IsEmpty);
        server.Input.AdvanceTo(result.Buffer.End);
        await server.ReadsClosed.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AReadWaitsForMoreThanWasExamined()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync("first"u8.ToArray());
        ReadResult result = await server.Input.ReadAtLeastAsync(5).AsTask().WaitAsync(Pair.Patience);

        // Not all was examined: the next read has the same bytes at once.
        server.Input.AdvanceTo(result.Buffer.GetPosition(1), result.Buffer.GetPosition(4));
        ValueTask<ReadResult> again = server.Input.ReadAsync();
        Assert.True(again.IsCompletedSuccessfully);
        result = await again;
        Assert.Equal("irst"u8.ToArray(), result.Buffer.ToArray());
        Assert.Throws<InvalidOperationException>(() => server.Input.TryRead(out _));
        server.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        Assert.False(server.Input.TryRead(out _));
        Task<ReadResult> waiting = server.Input.ReadAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        await client.WriteAsync("second"u8.ToArray());
        result = await waiting.WaitAsync(Pair.Patience);
        Assert.StartsWith("irsts", System.Text.Encoding.ASCII.GetString(result.Buffer.ToArray()), StringComparison.Ordinal);
        server.Input.AdvanceTo(result.Buffer.End);
    }

    [Fact]
    public async Task TryReadGivesWhatThereIsAndNeverWaits()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Assert.False(server.Input.TryRead(out _));
        await client.WriteAsync(new byte[3], completeWrites: true);
        await Eventually(() =>
        {
            if (!server.Input.TryRead(out ReadResult result))
            {
                return false;
            }

            bool isAll = result.Buffer.Length == 3 && result.IsCompleted;
            server.Input.AdvanceTo(isAll ? result.Buffer.End : result.Buffer.Start, result.Buffer.End);
            return isAll;
        });
    }

    /// <summary>A message that is larger than the windows: the reader that consumes nothing gets more credit, up to the maximum.</summary>
    [Theory]
    [InlineData(2_000_000, false)]
    [InlineData(2_000_000, true)]
    public async Task AReaderThatNeedsMoreThanTheWindowGetsIt(int length, bool readsAtLeast)
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.InitialReceiveWindowSizes = new QuicReceiveWindowSizes
        {
            Connection = 65536,
            LocallyInitiatedBidirectionalStream = 65536,
            RemotelyInitiatedBidirectionalStream = 65536,
            UnidirectionalStream = 65536,
        });
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(length);
        Task writing = client.WriteAsync(sent).AsTask();
        ReadResult result;
        if (readsAtLeast)
        {
            result = await server.Input.ReadAtLeastAsync(length).AsTask().WaitAsync(Pair.Patience);
        }
        else
        {
            while ((result = await ReadAsync(server.Input)).Buffer.Length < length)
            {
                server.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }

        await writing.WaitAsync(Pair.Patience);
        Assert.Equal(sent, result.Buffer.ToArray());
        server.Input.AdvanceTo(result.Buffer.End);
    }

    [Fact]
    public async Task CancellingEndsTheWaitAndNothingElse()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        Task<ReadResult> read = server.Input.ReadAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Pair.Patience));
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.Input.ReadAsync(cancellation.Token).AsTask());

        read = server.Input.ReadAsync().AsTask();
        server.Input.CancelPendingRead();
        ReadResult result = await read.WaitAsync(Pair.Patience);
        Assert.True(result.IsCanceled);
        server.Input.AdvanceTo(result.Buffer.End);

        // Without a read under way the next one is called off, and only that.
        server.Input.CancelPendingRead();
        result = await ReadAsync(server.Input);
        Assert.True(result.IsCanceled);
        server.Input.AdvanceTo(result.Buffer.End);
        await client.WriteAsync(new byte[7]);
        result = await ReadAsync(server.Input);
        Assert.False(result.IsCanceled);
        server.Input.AdvanceTo(result.Buffer.End);
    }

    [Fact]
    public async Task CompletingBeforeTheEndAsksThePeerToStop()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[10]);
        ReadResult result = await ReadAsync(server.Input);
        Assert.False(result.Buffer.IsEmpty);
        server.Input.Complete();
        server.Input.Complete();
        QuicException atPeer = await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x51), (atPeer.QuicError, atPeer.ApplicationErrorCode));
        QuicException here = await Assert.ThrowsAsync<QuicException>(() => server.ReadsClosed.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.OperationAborted, here.QuicError);
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.Input.ReadAsync().AsTask());
        Assert.Throws<InvalidOperationException>(() => server.Input.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => server.Input.AdvanceTo(default));
    }

    [Fact]
    public async Task CompletingAtTheEndIsNoAbort()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[10], completeWrites: true);
        ReadResult result = await server.Input.ReadAtLeastAsync(11).AsTask().WaitAsync(Pair.Patience);
        Assert.True(result.IsCompleted);
        await server.Input.CompleteAsync();
        await server.ReadsClosed.WaitAsync(Pair.Patience);
        await client.WritesClosed.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task K9_APeersResetReachesTheReader()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.Output.CompleteAsync();
        Task<ReadResult> waiting = server.Input.ReadAsync().AsTask();
        client.Abort(QuicAbortDirection.Write, 0x77);
        QuicException thrown = await Assert.ThrowsAsync<QuicException>(() => waiting.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x77), (thrown.QuicError, thrown.ApplicationErrorCode));
        thrown = await Assert.ThrowsAsync<QuicException>(() => server.Input.ReadAsync().AsTask());
        Assert.Equal(0x77, thrown.ApplicationErrorCode);
        Assert.Throws<QuicException>(() => server.Input.TryRead(out _));
        server.Input.Complete();
    }

    [Fact]
    public async Task S16_WhatArrivedIsReadableAfterTheConnectionClosed()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        (QuicStream other, QuicStream untouched) = await pair.OpenAsync();
        await client.WriteAsync(new byte[1000]);
        await other.WriteAsync(new byte[500]);
        ReadResult result = await server.Input.ReadAtLeastAsync(1000).AsTask().WaitAsync(Pair.Patience);
        server.Input.AdvanceTo(result.Buffer.GetPosition(400));
        Assert.Equal(0, await untouched.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Pair.Patience));
        await pair.Client.CloseAsync(0x33);
        QuicException closed = await Assert.ThrowsAsync<QuicException>(() => server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionAborted, closed.QuicError);

        result = await ReadAsync(server.Input);
        Assert.Equal(600, result.Buffer.Length);
        Assert.False(result.IsCompleted);
        server.Input.AdvanceTo(result.Buffer.End);
        closed = await Assert.ThrowsAsync<QuicException>(() => ReadAsync(server.Input));
        Assert.Equal((QuicError.ConnectionAborted, 0x33), (closed.QuicError, closed.ApplicationErrorCode));
        result = await ReadAsync(untouched.Input);
        Assert.Equal(500, result.Buffer.Length);
        untouched.Input.AdvanceTo(result.Buffer.End);
        closed = await Assert.ThrowsAsync<QuicException>(() => ReadAsync(untouched.Input));
        Assert.Equal(0x33, closed.ApplicationErrorCode);
    }

    [Fact]
    public async Task WrongCallsThrowAndSayWhatWasExpected()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[10]);
        Assert.Throws<InvalidOperationException>(() => server.Input.AdvanceTo(default));
        ReadResult result = await server.Input.ReadAtLeastAsync(10).AsTask().WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.Input.ReadAsync().AsTask());
        SequencePosition start = result.Buffer.Start;
        SequencePosition end = result.Buffer.End;
        Assert.Throws<InvalidOperationException>(() => server.Input.AdvanceTo(end, start));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Input.AdvanceTo(new SequencePosition(end.GetObject(), end.GetInteger() + 1)));
        Assert.Throws<ArgumentException>(() => server.Input.AdvanceTo(new ReadOnlySequence<byte>(new byte[4]).End));
        server.Input.AdvanceTo(end);
        Assert.Throws<ArgumentOutOfRangeException>(() => TwiceAt(server.Input, start).GetAwaiter().GetResult());

        QuicStream one = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        Assert.Throws<InvalidOperationException>(() => one.Input);
        PipeReader kept = server.Input;
        await client.DisposeAsync();
        kept.Complete();
        await server.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => one.DisposeAsync().AsTask().Wait(Pair.Patience) ? one.Output : null);

        async Task TwiceAt(PipeReader reader, SequencePosition stale)
        {
            await client.WriteAsync(new byte[1]);
            _ = await ReadAsync(reader);
            reader.AdvanceTo(stale);
        }
    }

    [Fact]
    public async Task TheStreamsOwnReadsAndThePipeTakeTurns()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(100_000);
        await client.WriteAsync(sent, completeWrites: true);
        var received = new List<byte>();
        byte[] buffer = new byte[777];
        for (bool isEnd = false; !isEnd;)
        {
            int count = await server.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, sent.Length - received.Count)));
            received.AddRange(buffer[..count]);
            ReadResult result = await ReadAsync(server.Input);
            ReadOnlySequence<byte> taken = result.Buffer.Slice(0, Math.Min(3333, result.Buffer.Length));
            received.AddRange(taken.ToArray());
            isEnd = result.IsCompleted && taken.Length == result.Buffer.Length;
            server.Input.AdvanceTo(taken.End);
        }

        Assert.Equal(sent, received);
        Assert.Equal(0, await server.ReadAsync(buffer));
    }

    [Fact]
    public async Task OneRefusesWhileTheOtherReads()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> own = server.ReadAsync(new byte[10]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(server.Input));
        await client.WriteAsync(new byte[1]);
        Assert.Equal(1, await own.WaitAsync(Pair.Patience));

        Task<ReadResult> piped = server.Input.ReadAsync().AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.ReadAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
        await client.WriteAsync(new byte[2]);
        ReadResult result = await piped.WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.ReadAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(2, result.Buffer.Length);
        server.Input.AdvanceTo(result.Buffer.Start);
        Assert.Equal(2, await server.ReadAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience));
    }

    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task AsStreamAndCopyToAsyncGiveEveryByte(QuicIoMode io)
    {
        await using Pair pair = await Pair.ConnectAsync(io);
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000);
        foreach (bool copies in new[] { true, false })
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            Task writing = client.WriteAsync(sent, completeWrites: true).AsTask();
            using var received = new MemoryStream();
            Task reading = copies ? server.Input.CopyToAsync(received) : server.Input.AsStream().CopyToAsync(received);
            await reading.WaitAsync(Pair.Patience);
            await writing.WaitAsync(Pair.Patience);
            Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
        }
    }

    private static Task<ReadResult> ReadAsync(PipeReader reader) => reader.ReadAsync().AsTask().WaitAsync(Pair.Patience);

    private static async Task Eventually(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Pair.Patience);
        while (!isSo())
        {
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
