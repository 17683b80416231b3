using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>How streams are read, written, aborted, pooled (K8, K9, K10, K13).</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task K8_TheLastDataAndTheEndComeTogether()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("all there is", isComplete: true);
        ReadResult result = await server.Transport.Input.ReadAsync().OrFail();
        Assert.True(result.IsCompleted);
        Assert.Equal("all there is", Encoding.ASCII.GetString(result.Buffer));
        server.Transport.Input.AdvanceTo(result.Buffer.End);
        await client.DisposeAsync().OrFail();
    }

    /// <summary>What is called off has read nothing; what comes then is there for the next.</summary>
    [Fact]
    public async Task AReadThatIsCalledOffLosesNothing()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        PipeReader input = server.Transport.Input;
        await ReadAllAsync(input, "hello");
        Task<ReadResult> reading = input.ReadAsync().AsTask();
        input.CancelPendingRead();
        ReadResult result = await reading.OrFail();
        Assert.True(result.IsCanceled);
        Assert.True(result.Buffer.IsEmpty);
        input.AdvanceTo(result.Buffer.End);
        await client.WriteAsync("world"u8.ToArray(), completeWrites: true).OrFail();
        Assert.Equal("world", await input.ReadToEndAsync());
        await client.DisposeAsync().OrFail();
    }

    [Fact]
    public async Task AFlushThatIsCalledOffGoesOnWithTheNext()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.MaxWriteBufferSize = 1);
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        PipeWriter output = server.Transport.Output;
        Task<FlushResult> flushing = output.WriteAsync(new byte[1 << 20]).AsTask();
        output.CancelPendingFlush();
        FlushResult result = await flushing.OrFail();
        Assert.True(result.IsCanceled);
        Assert.False(result.IsCompleted);
        output.Complete();
        Assert.Equal(1 << 20, (await client.ReadToEndAsync()).Length);
        await client.DisposeAsync().OrFail();
    }

    /// <summary>The option decides where Kestrel goes on when data has come: on the shard that received it, or on the thread pool.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UnsafePreferInlineSchedulingReadsOnTheThreadThatReceived(bool isInline)
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.UnsafePreferInlineScheduling = isInline);
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        await ReadAllAsync(server.Transport.Input, "hello");
        Task<bool> goingOn = GoesOnOnThePoolAsync(server.Transport.Input);
        await client.WriteAsync("world"u8.ToArray(), completeWrites: true).OrFail();
        Assert.Equal(!isInline, await goingOn.OrFail());
        await client.DisposeAsync().OrFail();
    }

    private static async Task<bool> GoesOnOnThePoolAsync(PipeReader input)
    {
        ReadResult result = await input.ReadAsync().ConfigureAwait(false);
        bool isOnPool = Thread.CurrentThread.IsThreadPoolThread;
        input.AdvanceTo(result.Buffer.End);
        return isOnPool;
    }

    [Fact]
    public async Task K9_TheClientsAbortIsNoticedAfterSendingWasCompleted()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        var told = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Features.Get<IStreamClosedFeature>()!.OnClosed(state => told.SetResult(state), "state");
        Task closed = WhenCancelled(server.ConnectionClosed);
        await server.Transport.Output.WriteAsync("world"u8.ToArray()).OrFail();
        await server.Transport.Output.CompleteAsync();
        Assert.Equal("world", await client.ReadToEndAsync());

        client.Abort(QuicAbortDirection.Write, 55);
        Assert.Equal("state", await told.Task.OrFail());
        await closed.OrFail();
        Assert.Equal(55, server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
        await server.DisposeAsync().OrFail();
    }

    [Fact]
    public async Task K9_AStreamThatIsClosedAlreadyTellsAtOnce()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        client.Abort(QuicAbortDirection.Both, 56);
        await WhenCancelled(server.ConnectionClosed).OrFail();
        bool isTold = false;
        server.Features.Get<IStreamClosedFeature>()!.OnClosed(_ => isTold = true, null);
        Assert.True(isTold);
    }

    [Fact]
    public async Task K9_AReadFailsAsAResetWithTheClientsCode()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        await ReadAllAsync(server.Transport.Input, "hello");
        Task<ReadResult> reading = server.Transport.Input.ReadAsync().AsTask();
        client.Abort(QuicAbortDirection.Write, 57);
        await Assert.ThrowsAsync<ConnectionResetException>(() => reading.OrFail());
        Assert.Equal(57, server.Features.Get<IProtocolErrorCodeFeature>()!.Error);
    }

    /// <summary>K9: for a pipe, a reader that is gone is no error of who flushes.</summary>
    [Fact]
    public async Task K9_AFlushIsCompletedWhereTheClientReadsNoMoreOrTheConnectionEnds()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.MaxWriteBufferSize = 1000);
        (QuicStream stopped, ConnectionContext first) = await pair.OpenAsync();
        (_, ConnectionContext second) = await pair.OpenAsync();
        stopped.Abort(QuicAbortDirection.Read, 58);
        await FlushUntilCompletedAsync(first.Transport.Output);
        await pair.Client.CloseAsync(1).OrFail();
        await FlushUntilCompletedAsync(second.Transport.Output);
    }

    [Fact]
    public async Task K9_AnAbortHereGivesItsReasonToTheReaderAndItsCodeToTheClient()
    {
        await using TransportPair pair = await TransportPair.StartAsync(options => options.DefaultStreamErrorCode = 0x222);
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        await ReadAllAsync(server.Transport.Input, "hello");
        Task<ReadResult> reading = server.Transport.Input.ReadAsync().AsTask();
        var reason = new ConnectionAbortedException("for the test");
        server.Abort(reason);
        Assert.Same(reason, await Assert.ThrowsAsync<ConnectionAbortedException>(() => reading.OrFail()));
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => client.ReadAsync(new byte[1]).OrFail());
        Assert.Equal((QuicError.StreamAborted, 0x222), (exception.QuicError, exception.ApplicationErrorCode));
        await WhenCancelled(server.ConnectionClosed).OrFail();
    }

    /// <summary>K9: a request that is given up at once is one request less, and not the end of all that the client asks for.</summary>
    [Fact]
    public async Task K9_AStreamThatWasGivenUpBeforeItWasAcceptedEndsNoOther()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            QuicStream given = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).OrFail();
            await given.WriteAsync(new byte[] { 1 }).OrFail();
            given.Abort(QuicAbortDirection.Both, 0x10c);
        }

        QuicStream client = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional).OrFail();
        await client.WriteAsync("last"u8.ToArray()).OrFail();

        // With the last one, what came before it is there too.
        IQuicConnectionStatisticsFeature server = pair.Server.Features.Get<IQuicConnectionStatisticsFeature>()!;
        await Http.TestApplication.EventuallyAsync(51, () => server.GetStatistics().BidirectionalStreamsReceived);
        ConnectionContext last;
        do
        {
            last = (await pair.Server.AcceptAsync().OrFail())!;
        }
        while (last.Features.Get<IStreamIdFeature>()!.StreamId != client.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task K9_EachSideIsAbortedOnItsOwn(bool isReading)
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync();
        IStreamAbortFeature feature = server.Features.Get<IStreamAbortFeature>()!;
        Task side;
        if (isReading)
        {
            feature.AbortRead(61, new ConnectionAbortedException());
            side = client.WritesClosed;
        }
        else
        {
            feature.AbortWrite(61, new ConnectionAbortedException());
            side = client.ReadsClosed;
        }

        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => side.OrFail());
        Assert.Equal(61, exception.ApplicationErrorCode);
        Assert.False((isReading ? client.ReadsClosed : client.WritesClosed).IsCompleted);
    }

    [Fact]
    public async Task K10_AStreamThatEndedInGoodOrderIsUsedAgainWithItsState()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        ConnectionContext first = await pair.ExchangeAsync();
        first.Features.Get<IPersistentStateFeature>()!.State["key"] = "value";
        (QuicStream client, ConnectionContext second) = await pair.OpenAsync();
        Assert.Same(first, second);
        Assert.Equal("value", second.Features.Get<IPersistentStateFeature>()!.State["key"]);
        Assert.Equal(client.Id, second.Features.Get<IStreamIdFeature>()!.StreamId);
        Assert.Equal(-1, second.Features.Get<IProtocolErrorCodeFeature>()!.Error);
    }

    [Fact]
    public async Task K10_NothingButThePersistentStateGoesOnToTheNextStream()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext first) = await pair.OpenAsync(isComplete: true);
        string id = first.ConnectionId;
        first.Items["item"] = 1;
        first.Features.Set(new StringBuilder("a feature"));
        first.Features.Set<IStreamIdFeature>(null);
        bool isTold = false;
        first.Features.Get<IStreamClosedFeature>()!.OnClosed(_ => isTold = true, null);
        CancellationToken token = first.ConnectionClosed;
        await EndAsync(client, first);

        (QuicStream next, ConnectionContext second) = await pair.OpenAsync();
        Assert.Same(first, second);
        Assert.NotEqual(id, second.ConnectionId);
        Assert.Empty(second.Items);
        Assert.Null(second.Features.Get<StringBuilder>());
        Assert.NotNull(second.Features.Get<IStreamIdFeature>());
        next.Abort(QuicAbortDirection.Both, 1);
        await WhenCancelled(second.ConnectionClosed).OrFail();
        Assert.False(isTold);
        Assert.Equal(second.ConnectionClosed, token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task K10_AStreamThatWasAbortedIsNotUsedAgain(bool byClient)
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext first) = await pair.OpenAsync();
        if (byClient)
        {
            client.Abort(QuicAbortDirection.Both, 9);
            await WhenCancelled(first.ConnectionClosed).OrFail();
        }
        else
        {
            first.Abort();
        }

        await TransportPair.EndAsync(first);
        (_, ConnectionContext second) = await pair.OpenAsync();
        Assert.NotSame(first, second);
    }

    /// <summary>K10: between the end of the disposal and its own last word, Kestrel strikes the stream off by the ID that the context has.</summary>
    [Fact]
    public async Task K10_AContextServesAnotherStreamOnlyOnceKestrelIsDoneWithIt()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        (QuicStream client, ConnectionContext first) = await pair.OpenAsync(isComplete: true);
        long id = client.Id;
        await first.Transport.Input.ReadToEndAsync();
        await first.Transport.Output.CompleteAsync();
        await first.Transport.Input.CompleteAsync();
        await first.DisposeAsync().OrFail();
        (_, ConnectionContext second) = await pair.OpenAsync();
        Assert.NotSame(first, second);
        Assert.Equal(id, first.Features.Get<IStreamIdFeature>()!.StreamId);
        ((IDisposable)first).Dispose();
        Assert.Same(first, await pair.ExchangeAsync());
    }

    /// <summary>K10: what the client sends to a stream that is over reaches no other.</summary>
    [Fact]
    public async Task K10_AContextThatWasDisposedOfIsNotAbortedForTheNextStream()
    {
        await using TransportPair pair = await TransportPair.StartAsync();
        ConnectionContext first = await pair.ExchangeAsync();
        first.Abort();
        await first.DisposeAsync().OrFail();
        Assert.Same(first, await pair.ExchangeAsync());
    }

    /// <summary>K13: no copy is made and no loop runs between what the shard received and what Kestrel reads.</summary>
    [Fact]
    public async Task K13_ThePipeIsBoundedByTheStreamsOwnWindows()
    {
        const int window = 64 << 10;
        await using TransportPair pair = await TransportPair.StartAsync(options => options.MaxReadBufferSize = window);
        (QuicStream client, ConnectionContext server) = await pair.OpenAsync("x");
        Task writing = client.WriteAsync(new byte[4 << 20]).AsTask();
        long received = 0;
        while (received < window)
        {
            ReadResult result = await server.Transport.Input.ReadAsync().OrFail();
            received = result.Buffer.Length;

            // Looked at, and left: the window does not open, and nothing reads ahead of Kestrel.
            server.Transport.Input.AdvanceTo(result.Buffer.Start, received < window ? result.Buffer.End : result.Buffer.Start);
        }

        Assert.InRange(received, window, window + (window / 2));
        Assert.False(writing.IsCompleted);
        Assert.Contains("TransportPipeReader", server.Transport.Input.GetType().Name, StringComparison.Ordinal);
        client.Abort(QuicAbortDirection.Both, 1);
        await Assert.ThrowsAsync<QuicException>(() => writing.OrFail());
    }

    private static async Task EndAsync(QuicStream client, ConnectionContext server)
    {
        await server.Transport.Input.ReadToEndAsync();
        await server.Transport.Output.CompleteAsync();
        await server.Transport.Input.CompleteAsync();
        await client.ReadToEndAsync();
        await TransportPair.EndAsync(server);
        await client.DisposeAsync().OrFail();
    }

    private static async Task ReadAllAsync(PipeReader reader, string text)
    {
        ReadResult result = await reader.ReadAtLeastAsync(text.Length).OrFail();
        Assert.Equal(text, Encoding.ASCII.GetString(result.Buffer));
        reader.AdvanceTo(result.Buffer.End);
    }

    private static async Task FlushUntilCompletedAsync(PipeWriter writer)
    {
        FlushResult result;
        do
        {
            result = await writer.WriteAsync(new byte[100]).OrFail();
        }
        while (!result.IsCompleted);
    }

    private static Task WhenCancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => source.TrySetResult());
        return source.Task;
    }
}
