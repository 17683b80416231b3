using HotQuic.Streams;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>Tokens that are cancelled before, during and after an operation.</summary>
public class CancellationTests
{
    private static readonly byte[] Ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    /// <summary>S15, as in System.Net.Quic also where the token was cancelled before: what is missing then must not look like the end.</summary>
    [Fact]
    public async Task S15_ATokenCancelledBeforeAbortsTheWritingSide()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var token = new CancellationToken(canceled: true);
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Client.WriteAsync(Ten, token).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(token, exception.CancellationToken);
        QuicException later = await Assert.ThrowsAsync<QuicException>(async () => await pair.Client.WriteAsync(Ten));
        Assert.Equal(QuicError.OperationAborted, later.QuicError);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.CopyToAsync(Stream.Null).WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));

        // The other direction goes on.
        await pair.Server.WriteAsync(Ten, completeWrites: true);
        await pair.Client.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task ATokenCancelledBeforeAbortsTheReadingSide()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var token = new CancellationToken(canceled: true);
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Client.ReadAsync(new byte[1], token).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(token, exception.CancellationToken);
        QuicException later = await Assert.ThrowsAsync<QuicException>(() => pair.Client.ReadAsync(new byte[1]).AsTask());
        Assert.Equal(QuicError.OperationAborted, later.QuicError);

        // A direction that has ended is not aborted again; the token still comes first.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.Client.ReadAsync(new byte[1], token).AsTask());
        await pair.Client.WriteAsync(Ten, completeWrites: true);
        await pair.Server.ReadExactlyAsync(new byte[10]).AsTask().WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task ATokenCancelledBeforeIsToldAtTheEndToo()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        pair.Server.CompleteWrites();
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pair.Client.ReadAsync(new byte[1], new CancellationToken(canceled: true)).AsTask().WaitAsync(Pair.Patience));
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1]));
        Assert.True(pair.Client.ReadsClosed.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AReadUnderWayIsCancelled(int length)
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        using var source = new CancellationTokenSource();
        Task<int> reading = pair.Client.ReadAsync(new byte[length], source.Token).AsTask();
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Pair.Patience));
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.True(reading.IsCanceled);
        QuicException peer = await Assert.ThrowsAsync<QuicException>(() => pair.Server.WritesClosed.WaitAsync(Pair.Patience));
        Assert.Equal((QuicError.StreamAborted, 0x41L), (peer.QuicError, peer.ApplicationErrorCode));
    }

    [Fact]
    public async Task CopyingIsCancelled()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        using var source = new CancellationTokenSource();
        Task copying = pair.Client.CopyToAsync(Stream.Null, source.Token);
        await pair.Server.WriteAsync(Ten);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying.WaitAsync(Pair.Patience));
    }

    /// <summary>S15: what the callback of an earlier operation's token says late, during the next operation, cancels nothing.</summary>
    [Fact]
    public async Task S15_ALateCallbackDoesNotCancelTheNextOperation()
    {
        await using StreamPair pair = await StreamPair.OpenAsync(client: options => options.Transport.SendBufferSize = 20_000);
        uint generation = pair.Client.Driver.Generation;
        using var source = new CancellationTokenSource();
        await pair.Client.WriteAsync(Ten, source.Token);
        await pair.Server.WriteAsync(Ten);
        await pair.Client.ReadExactlyAsync(new byte[10], source.Token).AsTask().WaitAsync(Pair.Patience);
        await source.CancelAsync();
        Task writing = pair.Client.WriteAsync(new byte[200_000]).AsTask();
        Task<int> reading = pair.Client.ReadAsync(new byte[10]).AsTask();
        pair.Client.Driver.Post(StreamMessageKind.CancelWrite, generation);
        pair.Client.Driver.Post(StreamMessageKind.CancelRead, generation);
        await pair.Server.ReadExactlyAsync(new byte[200_010]).AsTask().WaitAsync(Pair.Patience);
        await writing.WaitAsync(Pair.Patience);
        await pair.Server.WriteAsync(Ten);
        Assert.Equal(10, await reading.WaitAsync(Pair.Patience));
    }

    /// <summary>
    /// Each round's token is cancelled about when the byte comes that its read waits for. The read after one that was not cancelled waits,
    /// and is cancelled by nobody: a callback that comes late is void.
    /// </summary>
    [Fact]
    public async Task OnlyAReadThatIsCancelledAborts()
    {
        await using StreamPair pair = await StreamPair.OpenAsync();
        var race = new EvenRace(16);
        (QuicStream reader, QuicStream writer) = (pair.Client, pair.Server);
        byte[] one = new byte[1];
        (int completed, int cancelled) = (0, 0);
        for (int round = 0; round < 1000; round++)
        {
            using var source = new CancellationTokenSource();
            Task<int> reading = reader.ReadAsync(one, source.Token).AsTask();
            Task cancelling = race.CancelSoon(source);
            race.HoldOperation();
            ValueTask writing = writer.WriteAsync(one);
            try
            {
                Assert.Equal(1, await reading.WaitAsync(Pair.Patience));
                completed++;
                race.OnCompleted();
                Task<int> next = reader.ReadAsync(one).AsTask();
                await cancelling;
                await writing;
                await writer.WriteAsync(one);
                Assert.Equal(1, await next.WaitAsync(Pair.Patience));
            }
            catch (OperationCanceledException)
            {
                cancelled++;
                race.OnCancelled();
                await cancelling;
                await Record.ExceptionAsync(() => writing.AsTask());
                reader.Dispose();
                writer.Dispose();
                (reader, writer) = await pair.Connections.OpenAsync();
            }
        }

        Assert.True(completed > 100 && cancelled > 100, $"The race was too uneven to show anything: {completed} completed, {cancelled} cancelled.");
    }

    /// <summary>
    /// Each round's token is cancelled about when its write completes. A write that was not cancelled has aborted nothing: the write after
    /// it, of which nobody cancels the token, succeeds, and every byte written to a stream that was not aborted arrives.
    /// </summary>
    [Fact]
    public async Task S15_OnlyAWriteThatIsCancelledAborts()
    {
        await using Pair pair = await Pair.ConnectAsync();
        Task<Dictionary<long, long>> counting = CountAsync(pair.Server);
        var written = new Dictionary<long, long>();
        var race = new EvenRace(15);
        QuicStream? stream = null;
        int cancelled = 0;
        int completed = 0;
        for (int round = 0; round < 1000; round++)
        {
            stream ??= await pair.Client.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            if (await TryWriteAsync(stream, race))
            {
                completed++;
                race.OnCompleted();
                await stream.WriteAsync(Ten).AsTask().WaitAsync(Pair.Patience);
                written[stream.Id] = written.GetValueOrDefault(stream.Id) + 20;
            }
            else
            {
                cancelled++;
                race.OnCancelled();
                written.Remove(stream.Id);
                await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
                stream = null;
            }
        }

        if (stream is not null)
        {
            await stream.DisposeAsync().AsTask().WaitAsync(Pair.Patience);
        }

        await pair.Client.CloseAsync(0);
        Assert.Equal(written, await counting.WaitAsync(Pair.Patience));
        Assert.True(completed > 100 && cancelled > 100, $"The race was too uneven to show anything: {completed} completed, {cancelled} cancelled.");
    }

    private static async Task<bool> TryWriteAsync(QuicStream stream, EvenRace race)
    {
        using var source = new CancellationTokenSource();
        Task cancelling = race.CancelSoon(source);
        try
        {
            race.HoldOperation();
            await stream.WriteAsync(Ten, source.Token).AsTask().WaitAsync(Pair.Patience);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        finally
        {
            await cancelling;
        }
    }

    /// <summary>The bytes of every stream that came to its end.</summary>
    private static async Task<Dictionary<long, long>> CountAsync(QuicConnection connection)
    {
        var counts = new Dictionary<long, long>();
        byte[] buffer = new byte[10_000];
        while (true)
        {
            try
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                long count = 0;
                int read;
                while ((read = await stream.ReadAsync(buffer)) > 0)
                {
                    count += read;
                }

                counts.Add(stream.Id, count);
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.StreamAborted)
            {
            }
            catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
            {
                return counts;
            }
        }
    }

    /// <summary>Keeps the race between an operation and its cancellation even on any machine: whoever came first is held back the next time.</summary>
    private sealed class EvenRace(int seed)
    {
        private const int Step = 1000;

        private readonly Random _random = new(seed);
        private int _lead;

        public Task CancelSoon(CancellationTokenSource source)
        {
            int spins = Math.Max(0, -_lead);
            return Task.Run(() =>
            {
                Thread.SpinWait(spins);
                source.Cancel();
            });
        }

        public void HoldOperation() => Thread.SpinWait(Math.Max(0, _lead));

        public void OnCompleted() => _lead += _random.Next(Step);

        public void OnCancelled() => _lead -= _random.Next(Step);
    }
}
