using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Streams;

/// <summary>
/// What a request through <see cref="QuicStream"/> allocates in the library once pools are warm: the handle, of at most 128 bytes, on each
/// side. The loops here are one async method each, so that they allocate nothing of their own; the platform's sockets would, an address for
/// each datagram.
/// </summary>
[Collection(AloneCollection.Name)]
public class RequestAllocationTests
{
    private const int BudgetPerSide = 128;
    private const int RequestsPerRound = 1000;
    private const int Rounds = 7;
    private const int MessageLength = 64;

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task ARequestAllocatesAtMostAHandleOnEachSide(int workers)
    {
        await using Pair pair = await Pair.ConnectAsync(Pair.SystemIo);
        using var stop = new CancellationTokenSource();
        Task[] serving = [.. Enumerable.Range(0, workers).Select(_ => ServeAsync(pair.Server))];
        long[] perRequest = new long[Rounds];
        for (int round = -2; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => AskAsync(pair.Client, RequestsPerRound / workers))).WaitAsync(Pair.Patience);
            if (round >= 0)
            {
                perRequest[round] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (RequestsPerRound / workers * workers);
            }
        }

        Array.Sort(perRequest);
        await pair.Client.CloseAsync(0);
        await Task.WhenAll(serving).WaitAsync(Pair.Patience);
        Assert.True(
            perRequest[Rounds / 2] <= 2 * BudgetPerSide,
            $"Expected at most {2 * BudgetPerSide} bytes for both sides of a request, got {string.Join(", ", perRequest)}.");
    }

    private static async Task AskAsync(QuicConnection connection, int count)
    {
        byte[] buffer = new byte[MessageLength];
        for (int i = 0; i < count; i++)
        {
            await using QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
            await stream.WriteAsync(buffer, completeWrites: true);
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
    }

    private static async Task ServeAsync(QuicConnection connection)
    {
        byte[] buffer = new byte[MessageLength];
        try
        {
            while (true)
            {
                await using QuicStream stream = await connection.AcceptInboundStreamAsync();
                while (await stream.ReadAsync(buffer) > 0)
                {
                }

                await stream.WriteAsync(buffer, completeWrites: true);
            }
        }
        catch (QuicException exception) when (exception.QuicError == QuicError.ConnectionAborted)
        {
        }
    }
}
