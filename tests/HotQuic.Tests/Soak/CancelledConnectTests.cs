using System.Diagnostics;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Soak;

/// <summary>A connect may be cancelled at any moment: neither side keeps anything of it, nor the listener a place.</summary>
[Collection(AloneCollection.Name)]
public class CancelledConnectTests
{
    private const int Backlog = 32;

    /// <summary>Spread over the time that a handshake takes, and somewhat more.</summary>
    private static readonly TimeSpan Span = TimeSpan.FromMilliseconds(4);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task S10_AConnectThatIsCancelledAtAnyMomentLeavesNothing(bool isSlow)
    {
        using var faults = new UnobservedFaults();
        using QuicEngine servers = SoakEngine.Create();
        using QuicEngine clients = SoakEngine.Create();
        QuicListenerOptions options = Pair.ListenerOptions();
        options.ListenBacklog = Backlog;
        options.RetryMode = QuicRetryMode.Never;
        if (isSlow)
        {
            options.ConnectionOptionsCallback = async (_, _, token) =>
            {
                await Task.Delay(1, token);
                return Pair.ServerOptions();
            };
        }

        await using QuicListener listener = await QuicListener.ListenOnAsync(servers, options, CancellationToken.None);
        Task accepting = AcceptAllAsync(listener);
        int attempts = 400 * SoakEngine.Scale;
        int connected = 0;
        for (int i = 0; i < attempts; i++)
        {
            using var source = new CancellationTokenSource();
            Task<QuicConnection> connecting = QuicConnection.ConnectOnAsync(clients, Pair.ClientOptions(listener.LocalEndPoint), source.Token).AsTask();
            Spin(Span * i / attempts);
            await source.CancelAsync();
            try
            {
                await (await connecting.WaitAsync(Pair.Patience)).DisposeAsync();
                connected++;
            }
            catch (OperationCanceledException exception)
            {
                Assert.Equal(source.Token, exception.CancellationToken);
            }
        }

        await Ledger.WhenEmptyAsync(clients);
        await Ledger.WhenEmptyAsync(servers);
        Assert.Equal((0, 0L), (servers.Handshakes.Count, (long)listener.GetStatistics().HandshakesInProgress));
        Assert.InRange(connected, 0, attempts - 1);

        // Every place is free: as many as there are come in at once.
        QuicConnection[] all = await Task.WhenAll(Enumerable.Range(0, Backlog).Select(_ => SoakEngine.ConnectAsync(clients, listener.LocalEndPoint)));
        foreach (QuicConnection each in all)
        {
            await each.DisposeAsync();
        }

        await listener.DisposeAsync();
        await accepting.WaitAsync(Pair.Patience);
        faults.AssertNone();
    }

    private static void Spin(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(10);
        }
    }

    private static async Task AcceptAllAsync(QuicListener listener)
    {
        while (true)
        {
            try
            {
                await (await listener.AcceptConnectionAsync()).DisposeAsync();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception) when (exception is QuicException or System.Security.Authentication.AuthenticationException)
            {
                // The handshake that was given up.
            }
        }
    }
}
