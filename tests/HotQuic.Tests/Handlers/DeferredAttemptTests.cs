using System.Collections.Concurrent;
using System.Net.Security;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Listener;

namespace HotQuic.Tests.Handlers;

/// <summary>What a server does with attempts: at once in the listener's call, or later from any thread (L18 to L21).</summary>
public sealed class DeferredAttemptTests
{
    /// <summary>L18, L19: the handshake waits until the attempt is accepted with a configuration.</summary>
    [Fact]
    public async Task L18_AnAttemptCanBeAcceptedLaterFromAnotherThread()
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();

        Assert.True(attempt.Accept(HandlerPair.ServerConfiguration(), server.Probe, state: "kept"));

        QuicConnectionHandle connection = await server.Probe.WhenConnected;
        await server.Client.WhenConnected;
        Assert.Equal(attempt, connection);
        await ConnectionProbe.RunAsync(connection, () => Assert.Equal("kept", connection.State));
    }

    /// <summary>L18: one that is over when it is accepted, in the call of another connection's handler, is told so after that call.</summary>
    [Fact]
    public async Task L18_AnAttemptThatIsOverWhenItIsAcceptedIsToldOutsideOfOtherCalls()
    {
        using QuicEngine engine = AddressFilterTests.OneShard();
        using var source = new CancellationTokenSource();
        using var attempts = new BlockingCollection<QuicConnectionHandle>();
        await using var server = new QuicServer(
            engine,
            new ServerProbe { Attempt = attempt => attempts.Add(attempt.Connection) },
            new QuicServerOptions { OverloadLimit = Timeout.InfiniteTimeSpan, OverloadDropLimit = Timeout.InfiniteTimeSpan });
        server.Start(ServerProbe.Loopback());
        var other = new ConnectionProbe();
        await using QuicConnection client = await ConnectAsync(attempt => Assert.True(attempt.Accept(HandlerPair.ServerConfiguration(), other)));
        QuicConnectionHandle connection = await other.WhenConnected;
        QuicConnectionHandle over = default;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ConnectAsync(attempt =>
        {
            over = attempt;
            source.Cancel();
        }));
        await ServerProbe.EventuallyAsync(() => server.GetStatistics().HandshakesFailed == 1);
        var late = new ConnectionProbe();
        bool isTakenOn = false;
        bool isToldInside = false;
        bool isInside = false;
        late.Closed = (_, _) => isToldInside = isInside;
        await ConnectionProbe.RunAsync(connection, () =>
        {
            isInside = true;
            isTakenOn = over.Accept(HandlerPair.ServerConfiguration(), late);
            isInside = false;
        });
        Assert.True(isTakenOn);
        await late.WhenClosed;
        Assert.False(isToldInside);

        async Task<QuicConnection> ConnectAsync(Action<QuicConnectionHandle> onAttempt)
        {
            Task<QuicConnection> connecting = QuicConnection.ConnectAsync(Pair.ClientOptions(server.LocalEndPoints[0]), source.Token).AsTask();
            onAttempt(await Task.Run(attempts.Take).WaitAsync(Pair.Patience));
            return await connecting.WaitAsync(Pair.Patience);
        }
    }

    /// <summary>L18: rejected is CONNECTION_REFUSED (RFC 9000 §20.1) at the client.</summary>
    [Fact]
    public async Task L18_ARejectedAttemptIsRefused()
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();

        Assert.True(attempt.Reject());

        QuicCloseReason reason = await server.Client.WhenClosed;
        Assert.Equal((QuicError.ConnectionRefused, 0x2L), (reason.Error, reason.TransportErrorCode));
        Assert.Throws<InvalidOperationException>(() => RejectUntilOver(attempt));
    }

    /// <summary>L19: in either order.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task L19_TheConfigurationCanComeByItself(bool isFirst)
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();

        if (isFirst)
        {
            Assert.True(attempt.SetConfiguration(HandlerPair.ServerConfiguration()));
            Assert.True(attempt.Accept(null, server.Probe));
        }
        else
        {
            Assert.True(attempt.Accept(null, server.Probe));
            Assert.True(attempt.SetConfiguration(HandlerPair.ServerConfiguration()));
        }

        await server.Probe.WhenConnected;
        await server.Client.WhenConnected;
    }

    /// <summary>L19: twice, or on a client, is the caller's mistake.</summary>
    [Fact]
    public async Task L19_AnAttemptIsConfiguredOnceAndAcceptedOnce()
    {
        QuicServerConfiguration configuration = HandlerPair.ServerConfiguration();
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();

        Assert.True(attempt.SetConfiguration(configuration));
        Assert.Throws<InvalidOperationException>(() => attempt.SetConfiguration(configuration));
        Assert.Throws<InvalidOperationException>(() => attempt.Reject());
        Assert.Throws<InvalidOperationException>(() => attempt.Accept(configuration, server.Probe));
        Assert.True(attempt.Accept(null, server.Probe));
        Assert.Throws<InvalidOperationException>(() => attempt.Accept(null, server.Probe));
        QuicConnectionHandle client = await server.Client.WhenConnected;
        Assert.Throws<InvalidOperationException>(() => client.SetConfiguration(configuration));
        Assert.Throws<InvalidOperationException>(() => client.Accept(configuration, server.Probe));
        Assert.Throws<InvalidOperationException>(() => client.Reject());
    }

    /// <summary>L19: a configuration without a certificate is none.</summary>
    [Fact]
    public void L19_AConfigurationNeedsACertificate()
    {
        Assert.Throws<ArgumentException>(() => HandlerPair.ServerConfiguration(
            options => options.ServerAuthenticationOptions = new SslServerAuthenticationOptions()));
    }

    /// <summary>L20: a configuration's own protocols decide; nothing in common is no_application_protocol (0x178) on both sides.</summary>
    [Theory]
    [InlineData(Pair.Protocol, true)]
    [InlineData("another", false)]
    public async Task L20_AConfigurationMayNarrowTheProtocols(string protocol, bool isCommon)
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();

        attempt.Accept(
            HandlerPair.ServerConfiguration(options => options.ServerAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol(protocol)]),
            server.Probe);

        if (isCommon)
        {
            QuicConnectionHandle connection = await server.Probe.WhenConnected;
            await ConnectionProbe.RunAsync(
                connection, () => Assert.Equal(protocol, connection.NegotiatedApplicationProtocol.ToString()));
            return;
        }

        Assert.Equal(0x178, (await server.Probe.WhenClosed).TransportErrorCode);
        Assert.Equal(0x178, (await server.Client.WhenClosed).TransportErrorCode);
    }

    /// <summary>L21: a close before the handshake is complete is a transport close with APPLICATION_ERROR (RFC 9000 §10.2.3).</summary>
    [Fact]
    public async Task L21_AConnectionClosedDuringTheHandshakeTellsTheClientThatThePeerGaveUp()
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();
        server.Probe.Message = (connection, _) => connection.Close(77);

        Assert.True(attempt.Accept(null, server.Probe));
        Assert.True(attempt.Post("close"));

        Assert.Equal(QuicError.OperationAborted, (await server.Probe.WhenClosed).Error);
        QuicCloseReason reason = await server.Client.WhenClosed;
        Assert.Equal((0x0cL, null), (reason.TransportErrorCode, reason.ApplicationErrorCode));
    }

    /// <summary>A client that gave up while nobody decided: whoever accepts too late is told so, or not called at all.</summary>
    [Fact]
    public async Task WhoAcceptsTooLateLearnsIt()
    {
        await using var server = Server.Listen();
        QuicConnectionHandle attempt = await server.AttemptAsync();
        server.Client.Message = (connection, _) => connection.Close(0);
        server.ClientConnection.Post("close");
        await server.Client.WhenClosed;

        if (attempt.Accept(HandlerPair.ServerConfiguration(), server.Probe))
        {
            await server.Probe.WhenClosed;
        }

        Assert.False(server.Probe.IsConnected);
    }

    [Fact]
    public async Task MembersNeedAnAcceptedConnection()
    {
        Exception? thrown = null;
        await using QuicServer listener = HandlerPair.Listen(attempt =>
        {
            thrown = Record.Exception(() => attempt.Close(0));
            attempt.Reject();
        });
        var client = new ConnectionProbe();
        QuicClient.Connect(HandlerPair.ClientConfiguration(), listener.LocalEndPoints[0], client);
        await client.WhenClosed;
        Assert.Contains("accepted", Assert.IsType<InvalidOperationException>(thrown).Message);
    }

    private static void RejectUntilOver(QuicConnectionHandle attempt)
    {
        if (!attempt.Reject())
        {
            // The attempt has drained meanwhile: that is as good.
            throw new InvalidOperationException();
        }
    }

    /// <summary>A listener that decides nothing, a client that connects to it, and the probe that accepts.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly TaskCompletionSource<QuicConnectionHandle> _attempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private QuicServer? _listener;

        public ConnectionProbe Probe { get; } = new();

        public ConnectionProbe Client { get; } = new();

        public QuicConnectionHandle ClientConnection { get; private set; }

        public static Server Listen()
        {
            var server = new Server();
            server._listener = HandlerPair.Listen(attempt => server._attempt.TrySetResult(attempt));
            return server;
        }

        public Task<QuicConnectionHandle> AttemptAsync()
        {
            ClientConnection = QuicClient.Connect(HandlerPair.ClientConfiguration(), _listener!.LocalEndPoints[0], Client);
            return _attempt.Task.WaitAsync(HandlerPair.Patience);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Message = (connection, _) => connection.Close(0);
            if (ClientConnection.Post("close"))
            {
                await Client.WhenClosed;
            }

            await _listener!.DisposeAsync();
        }
    }
}
