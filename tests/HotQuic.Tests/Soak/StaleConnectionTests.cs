using System.Net;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Soak;

/// <summary>
/// L32: threads that use connections while these are disposed of, and go on after that, when the state behind them serves others: each call
/// ends as on a connection of their own that is over, and none gets what is another's.
/// </summary>
[Collection(AloneCollection.Name)]
public class StaleConnectionTests
{
    private const int Workers = 6;
    private const int UsesAfterwards = 20;

    private static readonly int ConnectionsPerWorker = 250 * SoakEngine.Scale;

    [Fact]
    public async Task L32_CallsThatRaceWithDisposalReachNobodyElse()
    {
        using var faults = new UnobservedFaults();
        using QuicEngine engine = SoakEngine.Create();
        await using QuicListener listener = await SoakEngine.ListenAsync(engine, options => options.Transport.MaxDatagramFrameSize = 1000);
        Task serving = ServeAsync(listener);

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => AskAsync(engine, listener.LocalEndPoint, worker)))
            .WaitAsync(Pair.Patience * 4 * SoakEngine.Scale);

        await listener.DisposeAsync();
        await serving.WaitAsync(Pair.Patience);
        await Ledger.WhenEmptyAsync(engine);
        faults.AssertNone();
    }

    private static async Task AskAsync(QuicEngine engine, IPEndPoint to, int worker)
    {
        byte[] sent = new byte[200];
        byte[] received = new byte[200];
        var random = new Random(worker);
        for (int i = 0; i < ConnectionsPerWorker; i++)
        {
            QuicConnection connection = await SoakEngine.ConnectAsync(engine, to, options => options.Transport.MaxDatagramFrameSize = 1000);
            await using (QuicStream stream = await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional))
            {
                random.NextBytes(sent);
                await stream.WriteAsync(sent, completeWrites: true);
                await stream.ReadExactlyAsync(received).AsTask().WaitAsync(Pair.Patience);
                Assert.Equal(sent, received);
            }

            // Nothing comes to a client here: whatever a call got would be another's.
            Task[] racing = [AcceptAsync(connection), ReceiveAsync(connection), Task.Run(() => Read(connection))];
            await connection.DisposeAsync();
            await Task.WhenAll(racing).WaitAsync(Pair.Patience);
        }
    }

    private static async Task ServeAsync(QuicListener listener)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await listener.AcceptConnectionAsync()));
            }
        }
        catch (ObjectDisposedException)
        {
        }

        await Task.WhenAll(serving);
    }

    /// <summary>The peer opens one stream. Who accepts once more does so to the end of the connection, and afterwards.</summary>
    private static async Task ServeAsync(QuicConnection connection)
    {
        byte[] buffer = new byte[201];
        await using (QuicStream stream = await connection.AcceptInboundStreamAsync())
        {
            int length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
            await stream.WriteAsync(buffer.AsMemory(0, length), completeWrites: true);
        }

        Task[] racing = [AcceptAsync(connection), ReceiveAsync(connection)];
        await Task.WhenAny(racing);
        await connection.DisposeAsync();
        await Task.WhenAll(racing).WaitAsync(Pair.Patience);
    }

    private static async Task AcceptAsync(QuicConnection connection)
    {
        for (int over = 0; over < UsesAfterwards; over++)
        {
            Exception? exception = await Record.ExceptionAsync(async () => await connection.AcceptInboundStreamAsync());
            Assert.True(exception is ObjectDisposedException or QuicException or InvalidOperationException, $"Not over: {exception}");
            await Task.Yield();
        }
    }

    private static async Task ReceiveAsync(QuicConnection connection)
    {
        for (int over = 0; over < UsesAfterwards; over++)
        {
            Exception? exception = await Record.ExceptionAsync(async () => await connection.ReceiveDatagramAsync(new byte[1000]));
            Assert.True(exception is ObjectDisposedException or QuicException, $"Not over: {exception}");
            await Task.Yield();
        }
    }

    private static void Read(QuicConnection connection)
    {
        string remote = connection.RemoteEndPoint.ToString();
        long sent = 0;
        while (true)
        {
            Assert.Equal(remote, connection.RemoteEndPoint.ToString());
            try
            {
                // Counters only rise: those of a connection that began after it would be less.
                long now = connection.GetStatistics().BytesSent;
                Assert.True(now >= sent, $"{now} after {sent}");
                sent = now;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }
}
