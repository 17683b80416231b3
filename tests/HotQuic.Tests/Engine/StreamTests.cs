namespace HotQuic.Tests.Engine;

public class StreamTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task IdsAndTypesAreThoseOfTheProtocol()
    {
        await using Pair pair = await Pair.ConnectAsync();
        await using QuicStream first = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await using QuicStream second = await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        await using QuicStream third = await pair.Server.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
        Assert.Equal((0, 2, 3), (first.Id, second.Id, third.Id));
        Assert.Equal((QuicStreamType.Bidirectional, QuicStreamType.Unidirectional), (first.Type, second.Type));
        Assert.True(first.CanRead && first.CanWrite && second.CanWrite);
        Assert.False(second.CanRead);
        Assert.True(second.ReadsClosed.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second.ReadAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task AUnidirectionalStreamGoesOneWay()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync(QuicStreamType.Unidirectional);
        Assert.False(server.CanWrite);
        Assert.True(server.WritesClosed.IsCompletedSuccessfully);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await server.WriteAsync(Ten));
        await client.WriteAsync(Ten, completeWrites: true);
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(Ten, received.ToArray());
        await client.WritesClosed.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task OneReadAndOneWriteAtATime()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> reading = client.ReadAsync(new byte[1]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.ReadAsync(new byte[1]).AsTask());
        await server.WriteAsync(Ten);
        Assert.Equal(1, await reading.WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task AReadOfNothingWaitsUntilThereIsSomething()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> waiting = client.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);
        await server.WriteAsync(Ten);
        Assert.Equal(0, await waiting.WaitAsync(Pair.Patience));
        Assert.Equal(10, await client.ReadAsync(new byte[20]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task S15_CancellingAWriteAbortsTheWritingSide()
    {
        await using Pair pair = await Pair.ConnectAsync(client: options => options.Transport.SendBufferSize = 1000);
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var source = new CancellationTokenSource();
        Task writing = client.WriteAsync(new byte[10_000_000], source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        QuicException later = await Assert.ThrowsAsync<QuicException>(async () => await client.WriteAsync(Ten));
        Assert.Equal(QuicError.OperationAborted, later.QuicError);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
    }

    [Fact]
    public async Task S15_ACancellationAfterTheWriteHasCompletedAbortsNothing()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var source = new CancellationTokenSource();
        await client.WriteAsync(Ten, source.Token);
        await source.CancelAsync();
        await client.WriteAsync(Ten, completeWrites: true);
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(20, received.Length);
    }

    [Fact]
    public async Task CancellingAReadAbortsTheReadingSide()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        using var source = new CancellationTokenSource();
        Task<int> reading = client.ReadAsync(new byte[1], source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
    }

    [Fact]
    public async Task ATokenThatIsCancelledAlreadyCancelsTheOperation()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        var token = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.WriteAsync(Ten, token).AsTask().WaitAsync(Pair.Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ReadAsync(new byte[1], token).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task S16_ReadsClosedIsCompletedWhenTheEndIsRead()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(Ten, completeWrites: true);
        byte[] buffer = new byte[100];
        while (await server.ReadAsync(buffer).AsTask().WaitAsync(Pair.Patience) > 0)
        {
        }

        Assert.True(server.ReadsClosed.IsCompletedSuccessfully);
        await client.WritesClosed.WaitAsync(Pair.Patience);
        Assert.Equal(0, await server.ReadAsync(buffer));
    }

    [Fact]
    public async Task S16_WhatCameBeforeTheConnectionClosedCanBeRead()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(Ten);
        Assert.Equal(0, await server.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Pair.Patience));
        await pair.Client.CloseAsync(5);
        await Assert.ThrowsAsync<QuicException>(() => server.ReadsClosed.WaitAsync(Pair.Patience));
        Assert.Equal(10, await server.ReadAsync(new byte[20]).AsTask().WaitAsync(Pair.Patience));
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => server.ReadAsync(new byte[20]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(5, exception.ApplicationErrorCode);
    }

    [Fact]
    public async Task S17_DisposingAbortsReadingAndDeliversWhatWasWritten()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await client.WriteAsync(new byte[300_000]);
        Task disposal = client.DisposeAsync().AsTask();
        using var received = new MemoryStream();
        await server.CopyToAsync(received).WaitAsync(Pair.Patience);
        Assert.Equal(300_000, received.Length);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (exception.QuicError, exception.ApplicationErrorCode));
        await disposal.WaitAsync(Pair.Patience);
        await client.WritesClosed.WaitAsync(Pair.Patience);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.ReadAsync(new byte[1]).AsTask());
        Assert.Throws<ObjectDisposedException>(client.CompleteWrites);
        Assert.False(client.CanRead || client.CanWrite);
    }

    [Fact]
    public async Task AbortingWritesReachesThePeersReader()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task<int> reading = server.ReadAsync(new byte[1]).AsTask();
        client.Abort(QuicAbortDirection.Write, 0x77);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => reading.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x77L), (peer.QuicError, peer.ApplicationErrorCode));
        QuicException own = await Assert.ThrowsAsync<QuicException>(() => client.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.OperationAborted, own.QuicError);

        // The other direction goes on.
        await server.WriteAsync(Ten, completeWrites: true);
        Assert.Equal(10, await client.ReadAsync(new byte[20]).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task AbortingReadsReachesThePeersWriter()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        Task writing = server.WriteAsync(new byte[50_000_000]).AsTask();
        client.Abort(QuicAbortDirection.Read, 0x78);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => writing.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x78L), (peer.QuicError, peer.ApplicationErrorCode));
        QuicException own = await Assert.ThrowsAsync<QuicException>(() => client.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(QuicError.OperationAborted, own.QuicError);
    }

    [Fact]
    public async Task WritingAfterTheEndIsAWrongCall()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, _) = await pair.OpenAsync();
        client.CompleteWrites();
        client.CompleteWrites();
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.WriteAsync(Ten).AsTask().WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task BlockingCallsWorkAndTimeOut()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await Task.Run(() =>
        {
            client.Write(Ten, 0, Ten.Length);
            client.WriteByte(10);
            client.Flush();
            byte[] buffer = new byte[11];
            server.ReadExactly(buffer);
            Assert.Equal(10, buffer[10]);
            client.ReadTimeout = 50;
            Assert.Throws<IOException>(() => client.Read(buffer, 0, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => client.ReadTimeout = 0);
            Assert.Throws<ArgumentOutOfRangeException>(() => client.WriteTimeout = -2);
        }).WaitAsync(Pair.Patience);
        Assert.False(client.CanSeek);
        Assert.Throws<NotSupportedException>(() => client.Length);
        Assert.Throws<NotSupportedException>(() => client.Seek(0, SeekOrigin.Begin));
    }

    [Fact]
    public async Task AResultTakenTwiceDoesNotTouchTheNextOperation()
    {
        await using Pair pair = await Pair.ConnectAsync();
        (QuicStream client, QuicStream server) = await pair.OpenAsync();
        await server.WriteAsync(Ten);
        ValueTask<int> read = client.ReadAsync(new byte[1]);
        Assert.Equal(1, await read);
        Task<int> next = client.ReadAsync(new byte[20]).AsTask();
#pragma warning disable CA2012 // The misuse is the point.
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await read);
#pragma warning restore CA2012
        Assert.Equal(9, await next.WaitAsync(Pair.Patience));
    }
}
