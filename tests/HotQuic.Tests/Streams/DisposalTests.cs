using System.Runtime.CompilerServices;
using HotQuic.Streams;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>Giving streams up, in every state, in every way.</summary>
public class DisposalTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task S17_WhatWasWrittenArrivesWithTheEndAndReadingIsAborted()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Server.WriteAsync(Ten);
        Assert.Equal(0, await pair.Client.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Pair.Patience));
        await pair.Client.WriteAsync(Ten);
        Task disposal = pair.Client.DisposeAsync().AsTask();
        byte[] buffer = new byte[20];
        Assert.Equal(10, await pair.Server.ReadAtLeastAsync(buffer, 20, throwOnEndOfStream: false).AsTask().WaitAsync(Pair.Patience));
        Assert.True(pair.Server.ReadsClosed.IsCompletedSuccessfully);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
        await disposal.WaitAsync(Pair.Patience);

        // The handle still says how its sides ended.
        await pair.Client.WritesClosed;
        QuicException own = await Assert.ThrowsAsync<QuicException>(() => pair.Client.ReadsClosed);
        Assert.Equal(QuicError.OperationAborted, own.QuicError);
        Assert.Same(pair.Client.ReadsClosed, pair.Client.ReadsClosed);
    }

    [Fact]
    public async Task S17_AStreamThatWasReadToItsEndIsNotAborted()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Server.WriteAsync(Ten, completeWrites: true);
        await pair.Client.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        Task<int> atServer = pair.Server.ReadAsync(new byte[1]).AsTask();
        await pair.Client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(0, await atServer.WaitAsync(Pair.Patience));
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        foreach (Task closed in new[] { pair.Client.ReadsClosed, pair.Client.WritesClosed, pair.Server.ReadsClosed, pair.Server.WritesClosed })
        {
            await closed.WaitAsync(Pair.Patience);
        }
    }

    [Fact]
    public async Task S17_AWriteUnderWayIsGivenUpAndTheSideAborted()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 1000);
        Task writing = pair.Client.WriteAsync(new byte[1_000_000]).AsTask();
        Task<int> reading = pair.Client.ReadAsync(new byte[1]).AsTask();
        Assert.False(writing.IsCompleted || reading.IsCompleted);
        Task disposal = pair.Client.DisposeAsync().AsTask();
        foreach (Task task in new[] { writing, reading })
        {
            QuicException own = await Assert.ThrowsAsync<QuicException>(() => task.WaitAsync(Pair.Patience));
            Assert.Equal(QuicError.OperationAborted, own.QuicError);
        }

        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
        await disposal.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task DisposingAgainDoesNothing()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Server.CompleteWrites();
        ValueTask first = pair.Client.DisposeAsync();
        await pair.Client.DisposeAsync();
        pair.Client.Dispose();
        pair.Client.Close();
        await first.AsTask().WaitAsync(Pair.Patience);
        await pair.Client.DisposeAsync();
    }

    [Fact]
    public async Task BlockingDisposalDeliversTooAndWaitsForNobody()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(Ten);
        using (pair.Client)
        {
            Assert.True(pair.Client.CanRead);
        }

        byte[] buffer = new byte[20];
        Assert.Equal(10, await pair.Server.ReadAtLeastAsync(buffer, 20, throwOnEndOfStream: false).AsTask().WaitAsync(Pair.Patience));
    }

    [Theory]
    [InlineData(QuicAbortDirection.Read)]
    [InlineData(QuicAbortDirection.Write)]
    [InlineData(QuicAbortDirection.Both)]
    public async Task AnAbortedStreamIsDisposedOf(QuicAbortDirection direction)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.Abort(direction, 9);
        Task disposal = pair.Client.DisposeAsync().AsTask();
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await disposal.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AfterItsConnectionAStreamIsDisposedOf()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Connections.Client.CloseAsync(1);
        await pair.Client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<QuicException>(() => pair.Server.ReadsClosed.WaitAsync(Pair.Patience));
        await pair.Connections.Server.DisposeAsync();
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task WhoeverDisposesOfTheConnectionEndsTheDisposalOfItsStreams()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();

        // More than the peer's window, which nobody reads.
        await pair.Client.WriteAsync(new byte[500_000]);
        Task disposal = pair.Client.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        await pair.Connections.Client.DisposeAsync();
        await disposal.WaitAsync(Pair.Patience);
    }

    /// <summary>A stream that nobody accepted does not look ended in peace when its connection is disposed of.</summary>
    [Fact]
    public async Task AStreamThatNobodyAcceptedEndsWithTheErrorOfItsConnection()
    {
        await using Pair pair = await Pair.ConnectAsync();
        await using QuicStream accepted = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await using QuicStream waiting = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await waiting.WriteAsync(new byte[10]);
        await accepted.WriteAsync(new byte[10]);
        await using QuicStream server = await pair.Server.AcceptInboundStreamAsync();
        await pair.Server.DisposeAsync();
        QuicException failure = await Assert.ThrowsAsync<QuicException>(() => waiting.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.ConnectionAborted, failure.QuicError);
    }

    /// <summary>Many threads dispose while one reads and one writes: all of them come back, and the state goes to the next streams unharmed.</summary>
    [Fact]
    public async Task DisposingFromManyThreadsDuringOperationsHarmsNothing()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options => options.Transport.SendBufferSize = 1000);
        Task serving = ServeAsync(pair.Server);
        for (int round = 0; round < 200; round++)
        {
            QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            Task writing = Settle(() => stream.WriteAsync(new byte[5000]).AsTask());
            Task reading = Settle(() => stream.ReadAsync(new byte[100]).AsTask());
            Task[] disposals = [.. Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
            {
                if (i % 2 == 0)
                {
                    await stream.DisposeAsync();
                }
                else
                {
                    stream.Dispose();
                }
            }))];
            await Task.WhenAll([writing, reading, .. disposals]).WaitAsync(Pair.Patience);

            // What goes on with the same state is a stream like any other.
            await using QuicStream next = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await next.WriteAsync(Ten, completeWrites: true);
            using var echoed = new MemoryStream();
            await next.CopyToAsync(echoed).WaitAsync(Pair.Patience);
            Assert.Equal(Ten, echoed.ToArray());
        }

        await pair.Client.CloseAsync(0);
        await serving.WaitAsync(Pair.Patience);
    }

    /// <summary>The state goes back to its pool though the result of a read is taken after everything else is over.</summary>
    [Fact]
    public async Task AResultThatIsTakenLastLetsTheStateGo()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        AwaitedStream state = pair.Client.Driver;
        uint generation = state.Generation;
        var taken = new TaskCompletionSource();
        Task reading = TakeLaterAsync(pair.Client, taken.Task);
        await pair.Client.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        await pair.Server.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(generation, state.Generation);
        taken.SetResult();
        await reading.WaitAsync(Pair.Patience);
        Assert.True(SpinWait.SpinUntil(() => state.Generation != generation, Pair.Patience));
        QuicException closed = await Assert.ThrowsAsync<QuicException>(() => pair.Client.ReadsClosed);
        Assert.Equal(QuicError.OperationAborted, closed.QuicError);

        static async Task TakeLaterAsync(QuicStream stream, Task taken)
        {
            ConfiguredValueTaskAwaitable<int> read = stream.ReadAsync(new byte[1]).ConfigureAwait(false);
            await taken.ConfigureAwait(false);
            await Assert.ThrowsAsync<QuicException>(async () => await read);
        }
    }

    [Fact]
    public async Task AHandleOfAnEarlierLifeTouchesNoLaterStream()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task serving = ServeAsync(pair.Server);
        var disposed = new List<QuicStream>();
        for (int i = 0; i < 50; i++)
        {
            await using QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await stream.WriteAsync(Ten, completeWrites: true);
            await stream.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
            disposed.Add(stream);
        }

        await using QuicStream living = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        foreach (QuicStream stale in disposed)
        {
            stale.Abort(QuicAbortDirection.Both, 1);
            Assert.Throws<ObjectDisposedException>(stale.CompleteWrites);
            await stale.DisposeAsync();
            Assert.True(stale.ReadsClosed.IsCompletedSuccessfully);
            await stale.WritesClosed.WaitAsync(Pair.Patience);
        }

        await living.WriteAsync(Ten, completeWrites: true);
        using var echoed = new MemoryStream();
        await living.CopyToAsync(echoed).WaitAsync(Pair.Patience);
        Assert.Equal(Ten, echoed.ToArray());
        await pair.Client.CloseAsync(0);
        await serving.WaitAsync(Pair.Patience);
    }

    /// <summary>Runs an operation that may meet with the disposal, and with nothing else.</summary>
    private static async Task Settle(Func<Task> operation)
    {
        try
        {
            await operation();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or QuicException { QuicError: QuicError.OperationAborted or QuicError.StreamAborted })
        {
        }
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        try
        {
            while (true)
            {
                QuicStream stream = await connection.AcceptInboundStreamAsync();
                _ = Settle(async () =>
                {
                    await using (stream)
                    {
                        await stream.CopyToAsync(stream);
                        stream.CompleteWrites();
                    }
                });
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
        {
        }
    }
}
