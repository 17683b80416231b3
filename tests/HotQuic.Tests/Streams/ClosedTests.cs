using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>ReadsClosed and WritesClosed, and what can be read when everything else is over.</summary>
[Collection(AloneCollection.Name)]
public class ClosedTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    public async Task S16_ReadsClosedIsThereBeforeTheReaderSeesTheEnd(int bufferLength)
    {
        await using Pair pair = await Pair.ConnectAsync();
        byte[] buffer = new byte[bufferLength];
        for (int i = 0; i < 100; i++)
        {
            await using QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            await client.WriteAsync(Ten, completeWrites: true);
            await using QuicStream server = await pair.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
            Task closed = server.ReadsClosed;
            while (await server.ReadAsync(buffer).AsTask().WaitAsync(Pair.Patience) > 0)
            {
            }

            Assert.True(closed.IsCompletedSuccessfully);
            Assert.Same(closed, server.ReadsClosed);
            await client.WritesClosed.WaitAsync(Pair.Patience);
        }
    }

    [Fact]
    public async Task S16_WhatWasBufferedIsReadAfterThePeersCloseAndThenItsCode()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        byte[] sent = new byte[50_000];
        new Random(16).NextBytes(sent);
        await pair.Client.WriteAsync(sent);
        await pair.Server.WriteAsync(Ten);

        // The echo of a byte on another stream shows that nothing is under way any more.
        byte[] received = new byte[50_000];
        await pair.Server.ReadExactlyAsync(received, 0, 1).AsTask().WaitAsync(Pair.Patience);
        await pair.Connections.OpenAsync();
        await pair.Connections.Client.CloseAsync(0x99);
        QuicException closed = await Assert.ThrowsAsync<QuicException>(() => pair.Server.ReadsClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, 0x99L), (closed.QuicError, closed.ApplicationErrorCode));
        int count = 1;
        QuicException? end = null;
        while (end is null)
        {
            try
            {
                int read = await pair.Server.ReadAsync(received.AsMemory(count)).AsTask().WaitAsync(Pair.Patience);
                Assert.NotEqual(0, read);
                count += read;
            }
            catch (QuicException exception)
            {
                end = exception;
            }
        }

        Assert.Equal((QuicError.ConnectionAborted, 0x99L), (end.QuicError, end.ApplicationErrorCode));
        Assert.Equal(sent[..count], received[..count]);
        Assert.InRange(count, 2, sent.Length);
    }

    [Fact]
    public async Task S16_ALocalCloseIsAnAbortWithoutACode()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Task reads = pair.Client.ReadsClosed;
        Task writes = pair.Client.WritesClosed;
        await pair.Connections.Client.CloseAsync(3);
        foreach (Task closed in new[] { reads, writes, pair.Client.ReadsClosed, pair.Client.WritesClosed })
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => closed.WaitAsync(Pair.Patience));
            Assert.Equal((QuicError.OperationAborted, (long?)null), (exception.QuicError, exception.ApplicationErrorCode));
        }
    }

    [Fact]
    public async Task S16_ThePeersAbortIsItsCode()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.Abort(QuicAbortDirection.Both, 0x123);
        foreach (Task closed in new[] { pair.Server.ReadsClosed, pair.Server.WritesClosed })
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => closed.WaitAsync(Pair.Patience));
            Assert.Equal((QuicError.StreamAborted, 0x123L), (exception.QuicError, exception.ApplicationErrorCode));
        }

        foreach (Task closed in new[] { pair.Client.ReadsClosed, pair.Client.WritesClosed })
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => closed.WaitAsync(Pair.Patience));
            Assert.Equal((QuicError.OperationAborted, (long?)null), (exception.QuicError, exception.ApplicationErrorCode));
        }
    }

    [Fact]
    public async Task WritesClosedWaitsForThePeerToHaveEverything()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[200_000], completeWrites: true);
        Assert.False(pair.Client.WritesClosed.IsCompleted);
        await pair.Server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
        await pair.Client.WritesClosed.WaitAsync(Pair.Patience);
        Assert.False(pair.Client.ReadsClosed.IsCompleted);
    }

    [Fact]
    public async Task S16_FaultsThatNobodyLooksAtAreNotMissed()
    {
        var missed = new List<Task>();
        void OnMissed(object? sender, UnobservedTaskExceptionEventArgs args)
        {
            lock (missed)
            {
                missed.Add((Task)sender!);
            }
        }

        TaskScheduler.UnobservedTaskException += OnMissed;
        try
        {
            List<WeakReference<Task>> faulted = await FaultAsync();
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            // Other tests may have left tasks of their own.
            Assert.DoesNotContain(missed, task => faulted.Any(own => own.TryGetTarget(out Task? target) && target == task));
            Assert.Contains(faulted, own => !own.TryGetTarget(out _));
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnMissed;
        }
    }

    /// <summary>Faults both tasks of streams by aborts, cancellations, disposal and the connection's end, before and after they were asked for.</summary>
    private static async Task<List<WeakReference<Task>>> FaultAsync()
    {
        var faulted = new List<WeakReference<Task>>();
        await using Pair pair = await Pair.ConnectAsync();
        for (int i = 0; i < 40; i++)
        {
            (QuicStream client, QuicStream server) = await pair.OpenAsync();
            if (i % 2 == 0)
            {
                Watch(faulted, client, server);
            }

            switch (i / 2 % 4)
            {
                case 0:
                    client.Abort(QuicAbortDirection.Both, 1);
                    break;
                case 1:
                    client.Dispose();
                    break;
                case 2:
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(
                        () => client.WriteAsync(Ten, new CancellationToken(canceled: true)).AsTask().WaitAsync(Pair.Patience));
                    break;
                default:
                    break;
            }

            if (i % 2 == 1)
            {
                Watch(faulted, client, server);
            }
        }

        await pair.Client.CloseAsync(1);
        await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience));
        return faulted;
    }

    private static void Watch(List<WeakReference<Task>> faulted, QuicStream client, QuicStream server)
    {
        foreach (Task task in new[] { client.ReadsClosed, client.WritesClosed, server.ReadsClosed, server.WritesClosed })
        {
            faulted.Add(new WeakReference<Task>(task, trackResurrection: true));
        }
    }
}
