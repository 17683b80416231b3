using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>What <see cref="Stream"/> documents of its members: what a stream can, what it refuses, and by which exception.</summary>
public class ContractTests
{
    /// <summary>Offsets and counts that do not lie within ten bytes.</summary>
    public static TheoryData<int, int> WrongRanges => new() { { -1, 1 }, { 11, 0 }, { 0, -1 }, { 0, 11 }, { 5, 6 }, { int.MaxValue, 1 }, { 1, int.MaxValue } };

    [Fact]
    public async Task AStreamCanWhatItsTypeAndSideSay()
    {
        await using StreamPair both = await StreamPair.OpenAsync();
        await using StreamPair one = await StreamPair.OpenAsync(QuicStreamType.Unidirectional);
        Assert.Equal((true, true), (both.Client.CanRead, both.Client.CanWrite));
        Assert.Equal((true, true), (both.Server.CanRead, both.Server.CanWrite));
        Assert.Equal((false, true), (one.Client.CanRead, one.Client.CanWrite));
        Assert.Equal((true, false), (one.Server.CanRead, one.Server.CanWrite));
        foreach (QuicStream stream in new[] { both.Client, both.Server, one.Client, one.Server })
        {
            Assert.False(stream.CanSeek);
            Assert.True(stream.CanTimeout);
            Assert.Equal((Timeout.Infinite, Timeout.Infinite), (stream.ReadTimeout, stream.WriteTimeout));
        }
    }

    [Fact]
    public async Task PositionsAndLengthsAreNotSupported()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Assert.Throws<NotSupportedException>(() => pair.Client.Length);
        Assert.Throws<NotSupportedException>(() => pair.Client.Position);
        Assert.Throws<NotSupportedException>(() => pair.Client.Position = 0);
        Assert.Throws<NotSupportedException>(() => pair.Client.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => pair.Client.SetLength(1));
    }

    [Theory]
    [MemberData(nameof(WrongRanges))]
    public async Task RangesOutsideTheBufferAreRefused(int offset, int count)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        QuicStream stream = pair.Client;
        byte[] ten = new byte[10];
        Assert.ThrowsAny<ArgumentException>(() => stream.Read(ten, offset, count));
        Assert.ThrowsAny<ArgumentException>(() => stream.Write(ten, offset, count));
        Assert.ThrowsAny<ArgumentException>(() => { _ = stream.ReadAsync(ten, offset, count); });
        Assert.ThrowsAny<ArgumentException>(() => { _ = stream.WriteAsync(ten, offset, count); });
        Assert.ThrowsAny<ArgumentException>(() => { _ = stream.BeginRead(ten, offset, count, null, null); });
        Assert.ThrowsAny<ArgumentException>(() => { _ = stream.BeginWrite(ten, offset, count, null, null); });
        Assert.ThrowsAny<ArgumentException>(() => stream.ReadExactly(ten, offset, count));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await stream.ReadExactlyAsync(ten, offset, count));
    }

    [Fact]
    public async Task NullsAreRefusedByName()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        QuicStream stream = pair.Client;
        Assert.Throws<ArgumentNullException>("buffer", () => stream.Read(null!, 0, 0));
        Assert.Throws<ArgumentNullException>("buffer", () => stream.Write(null!, 0, 0));
        Assert.Throws<ArgumentNullException>("buffer", () => { _ = stream.ReadAsync(null!, 0, 0); });
        Assert.Throws<ArgumentNullException>("buffer", () => { _ = stream.WriteAsync(null!, 0, 0); });
        Assert.Throws<ArgumentNullException>("buffer", () => { _ = stream.BeginRead(null!, 0, 0, null, null); });
        Assert.Throws<ArgumentNullException>("buffer", () => { _ = stream.BeginWrite(null!, 0, 0, null, null); });
        Assert.Throws<ArgumentNullException>("asyncResult", () => stream.EndRead(null!));
        Assert.Throws<ArgumentNullException>("asyncResult", () => stream.EndWrite(null!));
        Assert.Throws<ArgumentNullException>("destination", () => stream.CopyTo(null!));
        Assert.Throws<ArgumentNullException>("destination", () => { _ = stream.CopyToAsync(null!); });
    }

    [Fact]
    public async Task CopyingChecksItsDestinationAndItsBufferSize()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await using StreamPair one = await StreamPair.OpenAsync(QuicStreamType.Unidirectional);
        using var readOnly = new MemoryStream([1], writable: false);
        var disposed = new MemoryStream();
        await disposed.DisposeAsync();
        foreach (int size in new[] { 0, -1 })
        {
            Assert.Throws<ArgumentOutOfRangeException>("bufferSize", () => pair.Client.CopyTo(Stream.Null, size));
            Assert.Throws<ArgumentOutOfRangeException>("bufferSize", () => { _ = pair.Client.CopyToAsync(Stream.Null, size); });
        }

        Assert.Throws<NotSupportedException>(() => pair.Client.CopyTo(readOnly));
        Assert.Throws<NotSupportedException>(() => { _ = pair.Client.CopyToAsync(readOnly); });
        Assert.Throws<ObjectDisposedException>(() => pair.Client.CopyTo(disposed));
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Client.CopyToAsync(disposed); });
        Assert.Throws<NotSupportedException>(() => { _ = one.Client.CopyToAsync(Stream.Null); });
        Assert.Throws<NotSupportedException>(() => { _ = pair.Client.CopyToAsync(one.Server); });
    }

    [Fact]
    public async Task ReadingAtLeastChecksTheLeast()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("minimumBytes", async () => await pair.Client.ReadAtLeastAsync(new byte[5], -1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("minimumBytes", async () => await pair.Client.ReadAtLeastAsync(new byte[5], 6));
        Assert.Throws<ArgumentOutOfRangeException>("minimumBytes", () => pair.Client.ReadAtLeast(new byte[5], 6));
    }

    [Fact]
    public async Task TimeoutsArePositiveOrInfinite()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        foreach (int wrong in new[] { 0, -2, int.MinValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.ReadTimeout = wrong);
            Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.WriteTimeout = wrong);
        }

        pair.Client.ReadTimeout = 1;
        pair.Client.WriteTimeout = int.MaxValue;
        Assert.Equal((1, int.MaxValue), (pair.Client.ReadTimeout, pair.Client.WriteTimeout));
        pair.Client.ReadTimeout = Timeout.Infinite;
        Assert.Equal(Timeout.Infinite, pair.Client.ReadTimeout);
    }

    /// <summary>As in System.Net.Quic: the direction that a stream lacks is a wrong call in every form.</summary>
    [Fact]
    public async Task TheMissingDirectionIsAWrongCall()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(QuicStreamType.Unidirectional);
        byte[] one = new byte[1];
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Client.ReadAsync(one).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Client.ReadAsync(one, 0, 1); });
        Assert.Throws<InvalidOperationException>(() => pair.Client.Read(one, 0, 1));
        Assert.Throws<InvalidOperationException>(() => pair.Client.Read(one.AsSpan()));
        Assert.Throws<InvalidOperationException>(() => pair.Client.ReadByte());
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Client.BeginRead(one, 0, 1, null, null); });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.WriteAsync(one).AsTask(); });
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.WriteAsync(one, 0, 1); });
        Assert.Throws<InvalidOperationException>(() => pair.Server.Write(one, 0, 1));
        Assert.Throws<InvalidOperationException>(() => pair.Server.Write(one.AsSpan()));
        Assert.Throws<InvalidOperationException>(() => pair.Server.WriteByte(1));
        Assert.Throws<InvalidOperationException>(() => { _ = pair.Server.BeginWrite(one, 0, 1, null, null); });
    }

    [Fact]
    public async Task ADisposedStreamSaysSoInEveryMember()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        QuicStream stream = pair.Client;
        stream.Dispose();
        byte[] one = new byte[1];
        Func<object>[] reads =
        [
            () => stream.ReadAsync(one).AsTask(),
            () => stream.ReadAsync(Memory<byte>.Empty).AsTask(),
            () => stream.ReadAsync(one, 0, 1),
            () => stream.Read(one, 0, 1),
            () => stream.Read(one.AsSpan()),
            () => stream.ReadByte(),
            () => stream.BeginRead(one, 0, 1, null, null),
            () => stream.CopyToAsync(Stream.Null),
        ];
        Action[] others =
        [
            () => stream.CopyTo(Stream.Null),
            () => _ = stream.WriteAsync(one).AsTask(),
            () => _ = stream.WriteAsync(one, completeWrites: true).AsTask(),
            () => _ = stream.WriteAsync(one, 0, 1),
            () => stream.Write(one, 0, 1),
            () => stream.Write(one.AsSpan()),
            () => stream.WriteByte(1),
            () => _ = stream.BeginWrite(one, 0, 1, null, null),
            stream.CompleteWrites,
        ];
        foreach (Func<object> read in reads)
        {
            Assert.Throws<ObjectDisposedException>(read);
        }

        foreach (Action call in others)
        {
            Assert.Throws<ObjectDisposedException>(call);
        }

        // As in System.Net.Quic: whoever aborts to be safe need not know who has disposed of the stream.
        stream.Abort(QuicAbortDirection.Both, 1);
        Assert.False(stream.CanRead || stream.CanWrite || stream.CanSeek);
        Assert.Equal((0, QuicStreamType.Bidirectional), (stream.Id, stream.Type));

        // There is nothing to flush: a writer on top may be disposed of after the stream.
        stream.Flush();
        await stream.FlushAsync();
    }

    [Fact]
    public async Task FlushingDoesNothingAndItsTokenCancelsNothingElse()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Client.Flush();
        await pair.Client.FlushAsync();
        var token = new CancellationToken(canceled: true);
        TaskCanceledException exception = await Assert.ThrowsAsync<TaskCanceledException>(() => pair.Client.FlushAsync(token));
        Assert.Equal(token, exception.CancellationToken);
        await pair.Client.WriteAsync(new byte[1]);
        Assert.Equal(1, await pair.Server.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(-1)]
    public async Task AnAbortNamesADirectionThatThereIs(int direction)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Client.Abort((QuicAbortDirection)direction, 1));
    }
}
