using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Parity;

/// <summary>S13, S14: the peer's credit for streams, which nothing but a stream uses up.</summary>
public class StreamCreditTests
{
    private const int Limit = 10;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task S13_OneKindOfStreamIsEnoughToAccept(int bidirectional, int unidirectional)
    {
        await using Pair pair = await Pair.ConnectAsync(client: options =>
        {
            options.MaxInboundBidirectionalStreams = bidirectional;
            options.MaxInboundUnidirectionalStreams = unidirectional;
        });
        Task<QuicStream> accept = pair.Client.AcceptInboundStreamAsync().AsTask();
        await using QuicStream stream = await pair.Server.OpenOutboundStreamAsync(bidirectional > 0 ? QuicStreamType.Bidirectional : QuicStreamType.Unidirectional);
        await stream.WriteAsync(new byte[1]);
        await using QuicStream accepted = await accept.WaitAsync(Pair.Patience);
        Assert.Equal(stream.Id, accepted.Id);
    }

    /// <summary>What the options do not allow stays a wrong call once the connection is over.</summary>
    [Fact]
    public async Task S13_AcceptingWhatIsNotAllowedIsAWrongCallAfterTheEndToo()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options =>
        {
            options.MaxInboundBidirectionalStreams = 0;
            options.MaxInboundUnidirectionalStreams = 0;
        });
        await pair.Client.CloseAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Client.AcceptInboundStreamAsync());
        await pair.Client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Client.AcceptInboundStreamAsync());
    }

    [Theory]
    [InlineData(QuicStreamType.Bidirectional)]
    [InlineData(QuicStreamType.Unidirectional)]
    public async Task S14_OpensThatWereCancelledLeaveExactlyTheLimit(QuicStreamType type)
    {
        await using Pair pair = await Pair.ConnectAsync(server: options =>
        {
            options.MaxInboundBidirectionalStreams = Limit;
            options.MaxInboundUnidirectionalStreams = Limit;
        });
        for (int round = 0; round < 20; round++)
        {
            var held = new List<QuicStream>();
            for (int i = 0; i < Limit; i++)
            {
                held.Add(await OpenAsync(pair.Client, type));
            }

            // While the peer gives the credit back, those who wait for it give up: each of them gets a stream or costs none.
            using var source = new CancellationTokenSource();
            Task<QuicStream>[] waiting = [.. Enumerable.Range(0, 3 * Limit).Select(_ => pair.Client.OpenOutboundStreamAsync(type, source.Token).AsTask())];
            Task ending = EndAllAsync(pair.Server, held);
            await source.CancelAsync();
            await ending.WaitAsync(Pair.Patience);
            foreach (Task<QuicStream> open in waiting)
            {
                if (await Record.ExceptionAsync(() => open.WaitAsync(Pair.Patience)) is { } exception)
                {
                    Assert.Equal(source.Token, Assert.IsAssignableFrom<OperationCanceledException>(exception).CancellationToken);
                }
                else
                {
                    await EndAllAsync(pair.Server, [await open]);
                }
            }
        }

        await AssertExactlyAsync(pair, type);
    }

    /// <summary>Cancelled at the very moment that the stream is opened: whoever is told of the cancellation has cost no stream ID.</summary>
    [Fact]
    public async Task S14_ACancelledOpenLeavesNoGapInTheStreamIds()
    {
        const int rounds = 2000;
        await using Pair pair = await Pair.ConnectAsync(server: options => options.MaxInboundUnidirectionalStreams = 2 * rounds);
        int opened = 0;
        for (int i = 0; i < rounds; i++)
        {
            using var source = new CancellationTokenSource();
            Task<QuicStream> open = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional, source.Token).AsTask();
            Thread.SpinWait(i);
            await source.CancelAsync();
            if (await Record.ExceptionAsync(() => open.WaitAsync(Pair.Patience)) is null)
            {
                opened++;
            }
        }

        await using QuicStream next = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        Assert.Equal((4L * opened) + 2, next.Id);
    }

    [Fact]
    public async Task S14_ATokenThatIsCancelledAlreadyOpensNothing()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.MaxInboundBidirectionalStreams = Limit);
        for (int i = 0; i < 2 * Limit; i++)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, new CancellationToken(canceled: true)));
        }

        await AssertExactlyAsync(pair, QuicStreamType.Bidirectional);
    }

    [Fact]
    public async Task S14_WhoeverWaitsForCreditLearnsOfTheEnd()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.MaxInboundUnidirectionalStreams = 0);
        Task<QuicStream> waiting = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).AsTask();
        await pair.Server.CloseAsync(9);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => waiting.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.ConnectionAborted, 9L), (exception.QuicError, exception.ApplicationErrorCode));
    }

    [Fact]
    public async Task S14_AStreamTypeThatThereIsNotIsAWrongCall()
    {
        await using Pair pair = await Pair.ConnectAsync();
        ArgumentOutOfRangeException exception = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await pair.Client.OpenOutboundStreamAsync((QuicStreamType)2));
        Assert.Equal("type", exception.ParamName);
    }

    /// <summary>Reports begin with what the peer allows at first, and every further one is what it has added, while the streams of before end.</summary>
    [Fact]
    public async Task S14_ReportsAddUpToWhatWasEverAllowed()
    {
        int reported = 0;
        QuicConnection? reportedOn = null;
        using var changed = new SemaphoreSlim(0);
        await using Pair pair = await Pair.ConnectAsync(
            server: options => options.MaxInboundBidirectionalStreams = Limit,
            client: options => options.StreamCapacityCallback = (connection, args) =>
            {
                reportedOn = connection;
                Interlocked.Add(ref reported, args.BidirectionalIncrement);
                changed.Release();
                throw new InvalidOperationException("What it throws changes nothing.");
            });
        int ended = 0;
        for (int i = 0; i < 3 * Limit; i++)
        {
            await EndAllAsync(pair.Server, [await OpenAsync(pair.Client, QuicStreamType.Bidirectional)]);
            ended++;
        }

        while (Volatile.Read(ref reported) < Limit + ended)
        {
            Assert.True(await changed.WaitAsync(Pair.Patience), $"{reported} were reported, {Limit + ended} are allowed.");
        }

        Assert.Equal(Limit + ended, reported);
        Assert.Same(pair.Client, reportedOn);
    }

    [Fact]
    public async Task S14_WhereAwaitersGoOnAtOnceTheCallbackIsCalledAtOnceToo()
    {
        var told = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Pair pair = await Pair.ConnectAsync(client: options =>
        {
            options.Transport.CompletesInline = true;
            options.StreamCapacityCallback = (_, _) =>
            {
                told.TrySetResult(Thread.CurrentThread.Name);
                throw new InvalidOperationException("What it throws changes nothing.");
            };
        });
        Assert.StartsWith("HotQuic shard", await told.Task.WaitAsync(Pair.Patience), StringComparison.Ordinal);
        await OpenAsync(pair.Client, QuicStreamType.Bidirectional);
    }

    /// <summary>A server's callback is known only after the client's limits are, a client's before the server has proved who it is.</summary>
    [Fact]
    public async Task S14_EitherSidesCallbackIsToldTheFirstLimitsOnceStreamsCanBeOpened()
    {
        var client = new TaskCompletionSource<QuicStreamCapacityChangedArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = new TaskCompletionSource<QuicStreamCapacityChangedArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Pair pair = await Pair.ConnectAsync(
            server: options =>
            {
                (options.MaxInboundBidirectionalStreams, options.MaxInboundUnidirectionalStreams) = (7, 8);
                options.StreamCapacityCallback = (connection, args) => Tell(server, connection, args);
            },
            client: options =>
            {
                (options.MaxInboundBidirectionalStreams, options.MaxInboundUnidirectionalStreams) = (5, 6);
                options.StreamCapacityCallback = (connection, args) => Tell(client, connection, args);
                options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = (_, _, _, _) => !client.Task.IsCompleted;
            });
        QuicStreamCapacityChangedArgs toClient = await client.Task.WaitAsync(Pair.Patience);
        QuicStreamCapacityChangedArgs toServer = await server.Task.WaitAsync(Pair.Patience);
        Assert.Equal((7, 8), (toClient.BidirectionalIncrement, toClient.UnidirectionalIncrement));
        Assert.Equal((5, 6), (toServer.BidirectionalIncrement, toServer.UnidirectionalIncrement));

        static void Tell(TaskCompletionSource<QuicStreamCapacityChangedArgs> told, QuicConnection connection, QuicStreamCapacityChangedArgs args)
        {
            try
            {
                _ = connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).AsTask();
                told.TrySetResult(args);
            }
            catch (InvalidOperationException exception)
            {
                told.TrySetException(exception);
            }
        }
    }

    private static async Task<QuicStream> OpenAsync(QuicConnection connection, QuicStreamType type)
    {
        QuicStream stream = await connection.OpenOutboundStreamAsync(type).AsTask().WaitAsync(Pair.Patience);
        await stream.WriteAsync(new byte[1], completeWrites: true);
        return stream;
    }

    /// <summary>Ends streams on both sides, so that their credit comes back.</summary>
    private static async Task EndAllAsync(QuicConnection peer, IEnumerable<QuicStream> streams)
    {
        foreach (QuicStream stream in streams)
        {
            stream.CompleteWrites();
            await using QuicStream other = await peer.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
            await other.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience);
            await other.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
            await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }
    }

    private static async Task AssertExactlyAsync(Pair pair, QuicStreamType type)
    {
        for (int i = 0; i < Limit; i++)
        {
            await OpenAsync(pair.Client, type);
        }

        using var source = new CancellationTokenSource();
        Task<QuicStream> oneMore = pair.Client.OpenOutboundStreamAsync(type, source.Token).AsTask();

        // The connection answers in order: had there been credit, the stream would have been opened by now.
        pair.Client.GetStatistics();
        Assert.False(oneMore.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => oneMore.WaitAsync(Pair.Patience));
    }
}
