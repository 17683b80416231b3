using System.IO.Pipelines;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Streams;

/// <summary>Waiting for the peer's streams: in order, by many, and given up.</summary>
public class AcceptingTests
{
    [Fact]
    public async Task StreamsGoToThoseWhoWaitInTheOrderTheyCame()
    {
        await using Pair pair = await Pair.ConnectAsync();
        using var source = new CancellationTokenSource();
        Task<QuicStream> first = pair.Server.AcceptInboundStreamAsync().AsTask();
        Task<QuicStream> second = pair.Server.AcceptInboundStreamAsync(source.Token).AsTask();
        Task<QuicStream> third = pair.Server.AcceptInboundStreamAsync().AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        var opened = new List<QuicStream>();
        for (int i = 0; i < 3; i++)
        {
            opened.Add(await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional));
            await opened[i].WriteAsync(new byte[1]);
        }

        QuicStream fourth = await pair.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);
        Assert.Equal(
            [opened[0].Id, opened[1].Id, opened[2].Id],
            [(await first.WaitAsync(Pair.Patience)).Id, (await third.WaitAsync(Pair.Patience)).Id, fourth.Id]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Server.AcceptInboundStreamAsync(source.Token).AsTask());
    }

    /// <summary>Each wait is cancelled about when a stream comes: every stream goes to exactly one of those who were not cancelled.</summary>
    [Fact]
    public async Task S10_ACancelledWaitLosesNoStream()
    {
        const int count = 1000;
        await using Pair pair = await Pair.ConnectAsync();
        Task opening = OpenAsync(pair.Client, count);
        var accepted = new HashSet<long>();
        var random = new Random(10);
        while (accepted.Count < count)
        {
            using var source = new CancellationTokenSource();
            Task cancelling = Task.Run(() =>
            {
                Thread.SpinWait(random.Next(5000));
                source.Cancel();
            });
            try
            {
                await using QuicStream stream = await pair.Server.AcceptInboundStreamAsync(source.Token).AsTask().WaitAsync(Pair.Patience);
                Assert.True(accepted.Add(stream.Id));
            }
            catch (OperationCanceledException)
            {
            }

            await cancelling;
        }

        await opening.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task ThoseWhoWaitLearnOfTheEndAndOthersAfterThem()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream>[] waiting = [.. Enumerable.Range(0, 5).Select(_ => pair.Server.AcceptInboundStreamAsync().AsTask())];
        await pair.Client.CloseAsync(8);
        foreach (Task<QuicStream> wait in waiting)
        {
            QuicException exception = await Assert.ThrowsAsync<QuicException>(() => wait.WaitAsync(Pair.Patience));
            Assert.Equal((QuicError.ConnectionAborted, 8L), (exception.QuicError, exception.ApplicationErrorCode));
        }

        await Assert.ThrowsAsync<QuicException>(() => pair.Server.AcceptInboundStreamAsync().AsTask());
        Task<QuicStream> opening = pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional).AsTask();
        await Assert.ThrowsAsync<QuicException>(() => opening.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task DisposingOfTheConnectionTellsThoseWhoWait()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<QuicStream> waiting = pair.Server.AcceptInboundStreamAsync().AsTask();
        await pair.Server.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Pair.Patience));
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Server.AcceptInboundStreamAsync().AsTask(); });
    }

    /// <summary>RFC 9000 §2.1: what comes on a stream opens those with lower IDs too, of which nothing may ever come.</summary>
    [Theory]
    [InlineData(QuicStreamType.Unidirectional)]
    [InlineData(QuicStreamType.Bidirectional)]
    public async Task AnEmptyStreamIsHeldBackUntilItsFirstByteHasCome(QuicStreamType type)
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.HoldsEmptyStreamsBack = true);
        QuicStream empty = await pair.Client.OpenOutboundStreamAsync(type);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(type);
        await first.WriteAsync(new byte[1]);
        Assert.Equal(first.Id, (await AcceptAsync(pair.Server)).Id);
        Task<QuicStream> next = AcceptAsync(pair.Server);
        await empty.WriteAsync("late"u8.ToArray(), completeWrites: true);
        QuicStream accepted = await next;
        Assert.Equal(empty.Id, accepted.Id);
        using var reader = new StreamReader(accepted);
        Assert.Equal("late", await reader.ReadToEndAsync().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task WhatAStreamWasHeldBackForIsShownAtOnceByItsPipe()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.HoldsEmptyStreamsBack = true);
        QuicStream stream = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync("hello"u8.ToArray(), completeWrites: true);
        QuicStream accepted = await AcceptAsync(pair.Server);
        Assert.True(accepted.Input.TryRead(out ReadResult result));
        accepted.Input.AdvanceTo(result.Buffer.Start);

        // Its own methods read it as well.
        using var reader = new StreamReader(accepted);
        Assert.Equal("hello", await reader.ReadToEndAsync().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task WithoutTheOptionAnEmptyStreamIsAcceptedInItsTurn()
    {
        await using Pair pair = await Pair.ConnectAsync();
        QuicStream empty = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await first.WriteAsync(new byte[1]);
        Assert.Equal(empty.Id, (await AcceptAsync(pair.Server)).Id);
        Assert.Equal(first.Id, (await AcceptAsync(pair.Server)).Id);
    }

    [Fact]
    public async Task AStreamThatWasHeldBackIsAcceptedWithItsEndOrAnAbort()
    {
        await using Pair pair = await Pair.ConnectAsync(server: options => options.HoldsEmptyStreamsBack = true);
        QuicStream ended = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        ended.CompleteWrites();
        QuicStream accepted = await AcceptAsync(pair.Server);
        Assert.Equal((ended.Id, 0), (accepted.Id, await accepted.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience)));

        QuicStream reset = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        reset.Abort(QuicAbortDirection.Write, 7);
        accepted = await AcceptAsync(pair.Server);
        Task<int> reading = accepted.ReadAsync(new byte[1]).AsTask();
        Assert.Equal(7, (await Assert.ThrowsAsync<QuicException>(() => reading.WaitAsync(Pair.Patience))).ApplicationErrorCode);

        QuicStream stopped = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        stopped.Abort(QuicAbortDirection.Read, 8);
        accepted = await AcceptAsync(pair.Server);
        Assert.Equal(stopped.Id, accepted.Id);
        Assert.Equal(8, (await Assert.ThrowsAsync<QuicException>(() => accepted.WritesClosed.WaitAsync(Pair.Patience))).ApplicationErrorCode);
    }

    [Fact]
    public async Task AClientHoldsTheServersEmptyStreamsBackToo()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options => options.HoldsEmptyStreamsBack = true);
        _ = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        QuicStream first = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await first.WriteAsync(new byte[1]);
        Assert.Equal(first.Id, (await AcceptAsync(pair.Client)).Id);
    }

    /// <summary>Whether the client goes, or the server: nothing is left of a stream that was never accepted.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatIsHeldBackGoesWithItsConnection(bool isClosedByClient)
    {
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine, options => options.HoldsEmptyStreamsBack = true);
        QuicConnection client = await SoakEngine.ConnectAsync(engine, listener.LocalEndPoint);
        QuicConnection server = await listener.AcceptConnectionAsync().AsTask().WaitAsync(Pair.Patience);
        QuicStream[] opened = new QuicStream[3];
        for (int i = 0; i < opened.Length; i++)
        {
            opened[i] = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        }

        await opened[^1].WriteAsync(new byte[1]);
        QuicStream accepted = await AcceptAsync(server);
        Assert.Equal(opened[^1].Id, accepted.Id);
        Task<QuicStream> waiting = AcceptAsync(server);
        await (isClosedByClient ? client : server).DisposeAsync();
        Exception? end = await Record.ExceptionAsync(() => waiting);
        Assert.IsType(isClosedByClient ? typeof(QuicException) : typeof(ObjectDisposedException), end);
        await accepted.DisposeAsync();
        await client.DisposeAsync();
        await server.DisposeAsync();
        foreach (QuicStream stream in opened)
        {
            await stream.DisposeAsync();
        }

        await Ledger.WhenEmptyAsync(engine);
    }

    private static Task<QuicStream> AcceptAsync(QuicConnection connection) => connection.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience);

    private static async Task OpenAsync(QuicConnection connection, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            await stream.WriteAsync(new byte[1], completeWrites: true);
        }
    }
}
