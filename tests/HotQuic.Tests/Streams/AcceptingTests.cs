using HotQuic.Tests.Engine;

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

    private static async Task OpenAsync(QuicConnection connection, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Unidirectional);
            await stream.WriteAsync(new byte[1], completeWrites: true);
        }
    }
}
