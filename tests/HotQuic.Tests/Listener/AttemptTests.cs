using System.Net;
using System.Reflection;
using System.Text;
using HotQuic.Options;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;
using HotQuic.Udp;

namespace HotQuic.Tests.Listener;

/// <summary>What a server's handler is shown of an attempt, and what it may do with it (L15, L17 to L21).</summary>
[Collection("listener sockets")]
public sealed class AttemptTests
{
    [Fact]
    public async Task L17_TheHandlerIsShownWhatTheClientWants()
    {
        string[] seen = [];
        byte[] hello = [];
        IPEndPoint? local = null;
        IPEndPoint? remote = null;
        var probe = new ServerProbe();
        probe.Attempt = attempt =>
        {
            seen =
            [
                attempt.Version.ToString(System.Globalization.CultureInfo.InvariantCulture), Encoding.ASCII.GetString(attempt.ServerName),
                Encoding.ASCII.GetString(attempt.OfferedProtocols), Encoding.ASCII.GetString(attempt.NegotiatedProtocol),
            ];
            hello = attempt.ClientHello.ToArray();
            (local, remote) = (attempt.LocalEndPoint, attempt.RemoteEndPoint);
            Assert.True(attempt.Accept(probe.Configuration, new ConnectionProbe()));
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.BindingOn(null, 0, "second", "first"));
        var to = new IPEndPoint(IPAddress.Loopback, server.LocalEndPoints[0].Port);
        await using QuicConnection client = await ServerProbe.ConnectAsync(to, "first", "second");
        Assert.Equal(["1", "localhost", "\u0005first\u0006second", "second"], seen);
        Assert.Equal((to, client.LocalEndPoint.Port), (local, remote!.Port));
        Assert.Equal(1, hello[0]);
        Assert.Equal(hello.Length - 4, (hello[1] << 16) | (hello[2] << 8) | hello[3]);
        Assert.Equal("second", client.NegotiatedApplicationProtocol.ToString());
    }

    /// <summary>What the views are of is nobody else's memory for as long as the call takes, whatever is decided in it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task L17_WhatTheHandlerIsShownStaysAfterItHasDecided(bool isAccepted)
    {
        byte[][] before = [];
        byte[][] after = [];
        var probe = new ServerProbe();
        probe.Attempt = attempt =>
        {
            before = [attempt.ClientHello.ToArray(), attempt.ServerName.ToArray(), attempt.OfferedProtocols.ToArray(), attempt.NegotiatedProtocol.ToArray()];
            _ = isAccepted ? attempt.Accept(probe.Configuration, new ConnectionProbe()) : attempt.Reject();
            byte[][] taken = [.. Enumerable.Range(0, 64).Select(i => System.Buffers.ArrayPool<byte>.Shared.Rent(512 << (i % 4)))];
            foreach (byte[] each in taken)
            {
                each.AsSpan().Fill(0xff);
                System.Buffers.ArrayPool<byte>.Shared.Return(each);
            }

            after = [attempt.ClientHello.ToArray(), attempt.ServerName.ToArray(), attempt.OfferedProtocols.ToArray(), attempt.NegotiatedProtocol.ToArray()];
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Task<QuicConnection> connect = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        await ServerProbe.EventuallyAsync(() => probe.Attempts == 1);
        Assert.Equal("localhost", Encoding.ASCII.GetString(before[1]));
        Assert.Equal(before, after);
        if (isAccepted)
        {
            await (await connect).DisposeAsync();
        }
        else
        {
            await Assert.ThrowsAsync<QuicException>(() => connect);
        }
    }

    [Fact]
    public async Task L17_CallbacksMayBeginBeforeStartHasReturned()
    {
        // Its own lock, which it takes once more when the port is open, stands for whatever may hold the starting thread up.
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        await using var server = new QuicServer(engine, probe, null);
        var gate = (Lock)typeof(QuicServer).GetField("_gate", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(server)!;
        var bound = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var isHeldUp = new ManualResetEventSlim();
        Func<UdpSocketOptions, int, UdpSocket[]> bind = engine.Ports.Bind;
        engine.Ports.Bind = (options, shards) =>
        {
            UdpSocket[] sockets = bind(options, shards);
            bound.SetResult(sockets[0].LocalEndPoint.Port);
            isHeldUp.Wait(Pair.Patience);
            return sockets;
        };
        Task starting = Task.Run(() => server.Start(ServerProbe.Loopback()));
        int port = await bound.Task.WaitAsync(Pair.Patience);
        await Task.Run(() =>
        {
            lock (gate)
            {
                isHeldUp.Set();
                ServerProbe.BlockUntil(ConnectAndDisposeAsync(new IPEndPoint(IPAddress.Loopback, port)));
                Assert.Equal((1, false), (probe.Attempts, starting.IsCompleted));
            }
        });
        await starting.WaitAsync(Pair.Patience);
        Assert.True(server.IsStarted);

        static async Task ConnectAndDisposeAsync(IPEndPoint to)
        {
            await using QuicConnection client = await ServerProbe.ConnectAsync(to);
        }
    }

    [Fact]
    public async Task L17_AServerMayBeStoppedInItsFirstCallback()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        var probe = new ServerProbe();
        QuicServer? server = null;
        probe.Attempt = attempt =>
        {
            server!.Stop();
            attempt.Accept(probe.Configuration, new ConnectionProbe());
        };
        server = new QuicServer(engine, probe, null);
        server.Start(ServerProbe.Loopback());
        await using QuicConnection client = await ServerProbe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.LocalEndPoints[0].Port));
        await probe.WhenStopped;
        Assert.Equal(["connection", "stopped"], probe.Events);
    }

    [Fact]
    public async Task L18_ARejectedAttemptIsRefusedAndCounted()
    {
        var probe = new ServerProbe { Attempt = attempt => Assert.True(attempt.Reject()) };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Assert.Equal(2, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(server.LocalEndPoints[0])));
        await ServerProbe.EventuallyAsync(() => server.GetStatistics() is { ConnectionsRejected: 1, HandshakesFailed: 1, HandshakesInProgress: 0 });
    }

    [Fact]
    public async Task L18_AnAttemptMayBeRejectedOrAcceptedLaterOnAnyThread()
    {
        var attempts = System.Threading.Channels.Channel.CreateUnbounded<QuicConnectionHandle>();
        var probe = new ServerProbe { Attempt = attempt => attempts.Writer.TryWrite(attempt.Connection) };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Task<QuicConnection> rejected = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        Assert.True((await attempts.Reader.ReadAsync()).Reject());
        Assert.Equal(2, await ServerProbe.FailureCodeAsync(() => rejected));
        Task<QuicConnection> accepted = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        QuicConnectionHandle attempt = await attempts.Reader.ReadAsync();
        var connection = new ConnectionProbe();
        Assert.True(attempt.Accept(probe.Configuration, connection, "state"));
        await using QuicConnection client = await accepted;
        await connection.WhenConnected;
        Assert.Throws<InvalidOperationException>(() => attempt.Accept(probe.Configuration, connection));
    }

    [Fact]
    public async Task L18_AHandlerThatThrowsRejectsTheAttempt()
    {
        var probe = new ServerProbe { Attempt = _ => throw new NotSupportedException("not today") };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Assert.Equal(2, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(server.LocalEndPoints[0])));
        probe.Attempt = null;
        await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
    }

    [Fact]
    public async Task L19_TheConfigurationMayComeLater()
    {
        var attempts = new TaskCompletionSource<QuicConnectionHandle>(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = new ConnectionProbe();
        var probe = new ServerProbe
        {
            Attempt = attempt =>
            {
                attempt.Accept(null, connection);
                attempts.SetResult(attempt.Connection);
            },
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Task<QuicConnection> connect = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        QuicConnectionHandle attempt = await attempts.Task.WaitAsync(Pair.Patience);
        Assert.False(connect.IsCompleted);
        Assert.True(attempt.SetConfiguration(probe.Configuration));
        await using QuicConnection client = await connect;
        await connection.WhenConnected;
        Assert.Throws<InvalidOperationException>(() => attempt.SetConfiguration(probe.Configuration));
        Assert.Equal((1, 0), (server.GetStatistics().ConnectionsAccepted, server.GetStatistics().HandshakesInProgress));
    }

    [Fact]
    public void L19_WithoutACredentialThereIsNoConfiguration()
    {
        ArgumentException exception = Assert.ThrowsAny<ArgumentException>(
            () => HandlerPair.ServerConfiguration(options => options.ServerAuthenticationOptions.ServerCertificate = null));
        Assert.Contains("ServerCertificate", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task L20_AConfigurationMayNarrowTheProtocolsInItsOwnOrder()
    {
        var probe = new ServerProbe { Configuration = ServerProbe.ConfigurationFor("c", "b") };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback(0, "a", "b", "c"));
        await using QuicConnection client = await ServerProbe.ConnectAsync(server.LocalEndPoints[0], "a", "b", "c");
        Assert.Equal("c", client.NegotiatedApplicationProtocol.ToString());
        var connection = new ConnectionProbe();
        probe.Attempt = attempt => attempt.Accept(probe.Configuration, connection);
        Assert.Equal(0x178, await ServerProbe.FailureCodeAsync(() => ServerProbe.ConnectAsync(server.LocalEndPoints[0], "a")));
        Assert.Equal(0x178, (await connection.WhenClosed).TransportErrorCode);
    }

    [Fact]
    public async Task L21_AConnectionThatIsClosedDuringTheHandshakeIsGivenUpWithAnEmptyReason()
    {
        var attempts = new TaskCompletionSource<QuicConnectionHandle>(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = new ConnectionProbe();
        var probe = new ServerProbe
        {
            Attempt = attempt =>
            {
                attempt.Accept(null, connection);
                attempts.SetResult(attempt.Connection);
            },
        };
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        Task<QuicConnection> connect = ServerProbe.ConnectAsync(server.LocalEndPoints[0]);
        QuicConnectionHandle attempt = await attempts.Task.WaitAsync(Pair.Patience);
        await ConnectionProbe.RunAsync(attempt, () => attempt.Close(77));

        // RFC 9000 §10.2.3: the application's code does not leave before the handshake is complete.
        Assert.Equal(0x0c, await ServerProbe.FailureCodeAsync(() => connect));
        Assert.Equal(QuicError.OperationAborted, (await connection.WhenClosed).Error);
    }

    [Fact]
    public async Task L15_AClientHelloWithoutServerNameIsFine()
    {
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());

        // An address is no name that SNI could carry.
        await using QuicConnection client = await ServerProbe.ConnectWithAsync(
            server.LocalEndPoints[0], options => options.ClientAuthenticationOptions.TargetHost = "127.0.0.1");
        Assert.Equal(1, probe.Attempts);
    }

    [Theory]
    [InlineData(QuicIoMode.Auto)]
    [InlineData(QuicIoMode.Sockets)]
    [InlineData(IoModes.Datagrams)]
    public async Task L15_AClientHelloOverSeveralPacketsOutOfOrderIsWaitedFor(QuicIoMode io)
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        int length = 0;
        var probe = new ServerProbe();
        probe.Attempt = attempt =>
        {
            length = attempt.ClientHello.Length;
            attempt.Accept(probe.Configuration, new ConnectionProbe());
        };
        await using var server = new QuicServer(engine, probe, new QuicServerOptions { IoMode = io });
        server.Start(ServerProbe.Loopback());
        using var client = new RawClient();
        string[] many = [.. Enumerable.Range(0, 200).Select(i => $"protocol-{i:d4}"), Pair.Protocol];
        byte[][] flight = client.FirstFlight(server.LocalEndPoints[0], many);
        Assert.True(flight.Length >= 3);
        client.Send(server.LocalEndPoints[0], [.. flight.Skip(1).Reverse()]);
        await ServerProbe.EventuallyAsync(() => engine.Handshakes.Count == 1);
        Assert.Equal(0, probe.Attempts);
        client.Send(server.LocalEndPoints[0], flight[0]);
        await ServerProbe.EventuallyAsync(() => probe.Attempts == 1);
        Assert.True(length > 2400);
    }

    [Fact]
    public async Task L15_AClientHelloWithoutProtocolsIsEndedByAnAlertAndNoCallbackRuns()
    {
        var probe = new ServerProbe();
        await using var server = new QuicServer(probe);
        server.Start(ServerProbe.Loopback());
        using var client = new RawClient();
        client.Send(server.LocalEndPoints[0], client.FirstInitialWithoutProtocols(server.LocalEndPoints[0]));
        while (client.Connection.Termination is null)
        {
            await client.ReceiveIntoConnectionAsync();
        }

        // RFC 9001 §8.1: missing_extension or no_application_protocol.
        Assert.Contains(client.Connection.Termination.Value.Code, (ulong[])[0x16d, 0x178]);
        Assert.Equal(0, probe.Attempts);
    }
}
