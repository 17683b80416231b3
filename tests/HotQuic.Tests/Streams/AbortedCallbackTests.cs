using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary><see cref="QuicStream.AbortedCallback"/>: told once, of the peer's abort and of the connection's end, and of nothing else.</summary>
public class AbortedCallbackTests
{
    [Theory]
    [InlineData(QuicAbortDirection.Write)]
    [InlineData(QuicAbortDirection.Read)]
    [InlineData(QuicAbortDirection.Both)]
    public async Task ThePeersAbortIsToldOnceWithItsCode(QuicAbortDirection direction)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var told = new Told(pair.Server);
        pair.Client.Abort(direction, 77);
        QuicException exception = Assert.IsType<QuicException>(await told.First);
        Assert.Equal((QuicError.StreamAborted, 77L), (exception.QuicError, exception.ApplicationErrorCode));
        await pair.Connections.OpenAsync();
        Assert.Equal(1, told.Count);
    }

    [Fact]
    public async Task WhatHappenedBeforeIsToldToo()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.Abort(QuicAbortDirection.Write, 78);
        await Assert.ThrowsAsync<QuicException>(() => pair.Server.ReadsClosed.WaitAsync(Pair.Patience));
        Assert.Equal(78L, Assert.IsType<QuicException>(await new Told(pair.Server).First).ApplicationErrorCode);
    }

    /// <summary>Whichever comes first, the callback or the abort.</summary>
    [Fact]
    public async Task WhatHappensMeanwhileIsToldOnce()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        for (int i = 0; i < 200; i++)
        {
            (QuicStream client, QuicStream server) = await pair.Connections.OpenAsync();
            client.Abort(QuicAbortDirection.Both, i);
            var told = new Told(server);
            Assert.Equal(i, Assert.IsType<QuicException>(await told.First).ApplicationErrorCode);
            await server.DisposeAsync();
            await client.DisposeAsync();
            Assert.Equal(1, told.Count);
        }
    }

    [Fact]
    public async Task TheEndOfTheConnectionIsTold()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var told = new Told(pair.Server);
        await pair.Connections.Client.CloseAsync(79);
        QuicException exception = Assert.IsType<QuicException>(await told.First);
        Assert.Equal((QuicError.ConnectionAborted, 79L), (exception.QuicError, exception.ApplicationErrorCode));
    }

    /// <summary>Neither an end in good order nor what this side does itself.</summary>
    [Fact]
    public async Task NothingElseIsTold()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var told = new Told(pair.Server);
        pair.Server.Abort(QuicAbortDirection.Read, 1);
        await Assert.ThrowsAsync<QuicException>(() => pair.Client.WritesClosed.WaitAsync(Pair.Patience));
        pair.Server.CompleteWrites();
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        await pair.Server.DisposeAsync();
        await pair.Connections.Client.CloseAsync(2);
        await Assert.ThrowsAsync<QuicException>(() => pair.Connections.Server.AcceptInboundStreamAsync().AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(0, told.Count);
    }

    [Fact]
    public async Task ItIsSetOnceAndNotAfterDisposal()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Assert.Null(pair.Server.AbortedCallback);
        Assert.Throws<ArgumentNullException>(() => pair.Server.AbortedCallback = null);
        pair.Server.AbortedCallback = static (_, _) => { };
        Assert.Throws<InvalidOperationException>(() => pair.Server.AbortedCallback = static (_, _) => { });
        pair.Client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Client.AbortedCallback = static (_, _) => { });
    }

    /// <summary>Counts what one stream's callback is told.</summary>
    private sealed class Told
    {
        private readonly TaskCompletionSource<Exception> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Told(QuicStream stream)
        {
            stream.AbortedCallback = (told, exception) =>
            {
                Assert.Same(stream, told);
                Interlocked.Increment(ref _count);
                _first.TrySetResult(exception);
            };
        }

        public Task<Exception> First => _first.Task.WaitAsync(Pair.Patience);

        public int Count => Volatile.Read(ref _count);
    }
}
