using System.Net.Sockets;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>Blocking calls, their timeouts, and the pairs of Begin and End.</summary>
public class BlockingTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    [Fact]
    public async Task BlockingCallsDoWhatAwaitedOnesDo()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await Task.Run(() =>
        {
            byte[] buffer = new byte[20];
            pair.Server.Write(Ten, 2, 3);
            pair.Server.Write(Ten.AsSpan(5, 3));
            pair.Server.WriteByte(8);
            pair.Client.ReadExactly(buffer, 1, 6);
            Assert.Equal([2, 3, 4, 5, 6, 7], buffer[1..7]);
            Assert.Equal(8, pair.Client.ReadByte());
            pair.Server.Write(Ten);
            Assert.Equal(10, pair.Client.ReadAtLeast(buffer.AsSpan(0, 10), 10));
            Assert.Equal(Ten, buffer[..10]);
            pair.Server.Write(Ten, 0, 0);
            pair.Server.Write([]);
            pair.Server.Write(Ten);
            pair.Server.CompleteWrites();
            using var rest = new MemoryStream();
            pair.Client.CopyTo(rest, bufferSize: 3);
            Assert.Equal(Ten, rest.ToArray());
            Assert.Equal((0, -1), (pair.Client.Read(buffer, 0, 20), pair.Client.ReadByte()));
        }).WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AReadThatTimesOutEndsTheReadingSide()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.ReadTimeout = 20;
        IOException exception = await Task.Run(() => Assert.Throws<IOException>(() => pair.Client.Read(new byte[1], 0, 1))).WaitAsync(Pair.Patience);
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(exception.InnerException).SocketErrorCode);
        QuicException later = await Assert.ThrowsAsync<QuicException>(() => pair.Client.ReadAsync(new byte[1]).AsTask());
        Assert.Equal(QuicError.OperationAborted, later.QuicError);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));

        // The other direction goes on.
        await pair.Client.WriteAsync(Ten, completeWrites: true);
        await pair.Server.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task AWriteThatTimesOutEndsTheWritingSide()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 1000);
        pair.Client.WriteTimeout = 20;
        IOException exception = await Task.Run(() => Assert.Throws<IOException>(() => pair.Client.Write(new byte[10_000_000]))).WaitAsync(Pair.Patience);
        Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(exception.InnerException).SocketErrorCode);
        QuicException later = await Assert.ThrowsAsync<QuicException>(async () => await pair.Client.WriteAsync(Ten));
        Assert.Equal(QuicError.OperationAborted, later.QuicError);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
    }

    [Fact]
    public async Task TimeoutsThatDoNotPassChangeNothing()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.ReadTimeout = 60_000;
        pair.Server.WriteTimeout = 60_000;
        await Task.Run(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                pair.Server.WriteByte((byte)i);
                Assert.Equal(i, pair.Client.ReadByte());
            }
        }).WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task BeginAndEndArePairs()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var called = new TaskCompletionSource<IAsyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        object state = new();
        byte[] buffer = new byte[10];
        IAsyncResult reading = pair.Client.BeginRead(buffer, 0, 10, called.SetResult, state);
        Assert.False(reading.IsCompleted);
        Assert.Same(state, reading.AsyncState);
        IAsyncResult writing = pair.Server.BeginWrite(Ten, 0, 10, null, null);
        pair.Server.EndWrite(writing);
        Assert.Same(reading, await called.Task.WaitAsync(Pair.Patience));
        Assert.Equal(10, pair.Client.EndRead(reading));
        Assert.Equal(Ten, buffer);
        Assert.True(reading.AsyncWaitHandle.WaitOne(0));
    }

    [Fact]
    public async Task EndWantsTheResultOfItsOwnBegin()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        IAsyncResult reading = pair.Client.BeginRead(new byte[10], 0, 10, null, null);
        IAsyncResult writing = pair.Client.BeginWrite(Ten, 0, 10, null, null);
        IAsyncResult foreign = Task.CompletedTask;
        Assert.Throws<ArgumentException>("asyncResult", () => pair.Client.EndRead(writing));
        Assert.Throws<ArgumentException>("asyncResult", () => pair.Client.EndWrite(reading));
        Assert.Throws<ArgumentException>("asyncResult", () => pair.Client.EndRead(foreign));
        pair.Client.EndWrite(writing);
        await pair.Server.WriteAsync(Ten);
        Assert.Equal(10, await Task.Run(() => pair.Client.EndRead(reading)).WaitAsync(Pair.Patience));
    }

    [Fact]
    public async Task EndThrowsWhatTheOperationMetWith()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        IAsyncResult reading = pair.Client.BeginRead(new byte[10], 0, 10, null, null);
        pair.Server.Abort(QuicAbortDirection.Write, 7);
        QuicException exception = await Task.Run(() => Assert.Throws<QuicException>(() => pair.Client.EndRead(reading))).WaitAsync(Pair.Patience);
        Assert.Equal((QuicError.StreamAborted, 7L), (exception.QuicError, exception.ApplicationErrorCode));
    }
}
