using System.Net;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Listener;

/// <summary>Stopping a server, starting it again, and disposing of it (L23 to L25), in callbacks too.</summary>
[Collection("listener sockets")]
public sealed class StoppingTests
{
    [Fact]
    public async Task L23_StoppingBeforeAStartAndTwiceDoesNothing()
    {
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe);
        server.Stop();
        await server.StopAsync();
        server.Start(ServerProbe.Loopback());
        await Task.WhenAll(server.StopAsync(), server.StopAsync());
        server.Stop();
        Assert.Equal(["stopped"], probe.Events);
        Assert.Empty(server.LocalEndPoints);
    }

    [Fact]
    public async Task L23_StopIsTheLastEventAfterTheCallbacksThatWereRunning()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var probe = new ServerProbe();
        probe.Attempt = attempt =>
        {
            entered.Set();
            release.Wait(Pair.Patience);
            probe.Events.Enqueue("callback over");
            attempt.Accept(probe.Configuration, new ConnectionProbe());
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Task<QuicConnection> connect = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        Assert.True(entered.Wait(Pair.Patience));
        Task stopped = server.StopAsync();

        // Unregistered at once: it takes no new place in the table, though the callback goes on.
        Assert.False(server.IsStarted);
        Assert.False(stopped.IsCompleted);
        release.Set();
        await stopped.WaitAsync(Pair.Patience);
        Assert.Equal(["connection", "callback over", "stopped"], probe.Events);
        await using QuicConnection connection = await connect;
    }

    [Fact]
    public async Task L23_L24_StopIsLegalInEveryCallbackAndRestartInItsCompletion()
    {
        var probe = new ServerProbe();
        int stops = 0;
        QuicServer? server = null;
        probe.Initial = _ =>
        {
            if (stops == 0)
            {
                server!.Stop();
            }

            return QuicAddressCheck.Default;
        };
        probe.Attempt = attempt =>
        {
            server!.Stop();
            attempt.Accept(probe.Configuration, new ConnectionProbe());
        };
        var second = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        var third = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        probe.Stopped = stopped =>
        {
            if (++stops == 1)
            {
                stopped.Start(ServerProbe.Loopback());
                second.SetResult(stopped.LocalEndPoints[0]);
            }
            else
            {
                // Close implies stop, and is legal inside the completion: it must not wait for itself.
                Assert.True(stopped.DisposeAsync().AsTask().IsCompleted);
                third.SetResult();
            }
        };
        server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        using (var client = new RawClient())
        {
            // Its first datagram stops the server, and nothing comes of the attempt.
            client.Send(server.LocalEndPoints[0], client.FirstFlight(server.LocalEndPoints[0], Pair.Protocol));
        }

        IPEndPoint again = await second.Task.WaitAsync(Pair.Patience);
        await using QuicConnection connection = await ServerProbe.ConnectAsync(again);
        await third.Task.WaitAsync(Pair.Patience);
        Assert.Throws<ObjectDisposedException>(() => server.Start(ServerProbe.Loopback()));
        Assert.Equal(["stopped", "connection", "stopped"], probe.Events);
    }

    [Fact]
    public async Task L24_DisposingImpliesStoppingAndWaits()
    {
        var probe = new ServerProbe();
        var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        int port = server.LocalEndPoints[0].Port;
        await server.DisposeAsync();
        Assert.Equal(["stopped"], probe.Events);

        // The port is free by then.
        await using var other = new QuicServer(new ServerProbe());
        other.Start(ServerProbe.Loopback(port));
    }

    [Fact]
    public async Task L24_DisposingWaitsForTheLastCallbackThoughItRunsAlready()
    {
        var isStopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goOn = new ManualResetEventSlim();
        var probe = new ServerProbe
        {
            Stopped = _ =>
            {
                isStopping.SetResult();
                goOn.Wait(Pair.Patience);
            },
        };
        var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        server.Stop();
        await isStopping.Task.WaitAsync(Pair.Patience);

        Task disposed = server.DisposeAsync().AsTask();

        Assert.False(disposed.IsCompleted);
        goOn.Set();
        await disposed.WaitAsync(Pair.Patience);
    }

    [Fact]
    public async Task L24_APortMayBeListenedOnAgainWhileItIsLeft()
    {
        using QuicEngine engine = AddressFilterTests.OneShard(options => options with { Shards = 2 });
        var probe = new ServerProbe();
        await using var server = new QuicServer(engine, probe, null);
        server.Start(ServerProbe.Loopback());
        int port = server.LocalEndPoints[0].Port;
        for (int round = 0; round < 200; round++)
        {
            // Not awaited: the other start meets the port in whatever state it is in.
            Task stopped = server.StopAsync();
            await using var other = new QuicServer(engine, probe, null);
            other.Start(ServerProbe.Loopback(port));
            if (round % 50 == 0)
            {
                await using QuicConnection client = await ServerProbe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            }

            await other.StopAsync();
            await stopped;
            server.Start(ServerProbe.Loopback(port));
        }
    }

    [Fact]
    public async Task L25_AcceptedConnectionsSurviveTheirServer()
    {
        var connection = new ConnectionProbe();
        var probe = new ServerProbe();
        probe.Attempt = attempt => attempt.Accept(probe.Configuration, connection);
        var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        QuicConnectionHandle handle = await connection.WhenConnected;
        await server.DisposeAsync();
        handle.Post("still there");
        Assert.Equal("still there", await connection.NextMessageAsync());
        await client.CloseAsync(9);
        Assert.Equal(9, (await connection.WhenClosed).ApplicationErrorCode);
    }

    [Fact]
    public async Task L25_AClientHelloThatIsCompleteAfterTheStopGetsNoApplicationProtocol()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        var others = new ServerProbe();
        await using var server = new QuicServer(engine, probe, null);
        await using var other = new QuicServer(engine, others, null);
        server.Start(ServerProbe.Loopback());
        IPEndPoint at = server.LocalEndPoints[0];
        other.Start(ServerProbe.Loopback(at.Port, "other"));
        using var client = new RawClient();
        byte[][] flight = client.FirstFlight(at, [.. Enumerable.Range(0, 150).Select(i => $"protocol-{i:d4}"), Pair.Protocol]);
        client.Send(at, flight[0]);
        await ServerProbe.EventuallyAsync(() => engine.Handshakes.Count == 1);
        await server.StopAsync();
        client.Send(at, [.. flight.Skip(1)]);
        while (client.Connection.Termination is null)
        {
            await client.ReceiveIntoConnectionAsync();
        }

        Assert.Equal(0x178UL, client.Connection.Termination.Value.Code);
        Assert.Equal((0, 0), (probe.Attempts, others.Attempts));
        Assert.Equal(1, other.GetStatistics().NoApplicationProtocol);
    }
}
