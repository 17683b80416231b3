using System.Net;
using System.Net.Security;
using HotQuic.Tests.Engine;

namespace HotQuic.Tests.Handlers;

/// <summary>Handlers on both sides of a connection over loopback: a server that accepts with the server's probe, and a client.</summary>
internal sealed class HandlerPair : IAsyncDisposable
{
    private readonly QuicServer _listener;

    private HandlerPair(QuicServer listener, ConnectionProbe client, ConnectionProbe server)
    {
        _listener = listener;
        Client = client;
        Server = server;
    }

    /// <summary>Long enough that only a hang reaches it.</summary>
    public static TimeSpan Patience => Pair.Patience;

    public ConnectionProbe Client { get; }

    public ConnectionProbe Server { get; }

    public QuicConnectionHandle ClientConnection { get; private set; }

    public QuicConnectionHandle ServerConnection { get; private set; }

    public static QuicServerConfiguration ServerConfiguration(Action<QuicServerConnectionOptions>? change = null) =>
        QuicServerConfiguration.Create(Pair.ServerOptions(change));

    public static QuicClientConfiguration ClientConfiguration(Action<QuicClientConnectionOptions>? change = null) =>
        QuicClientConfiguration.Create(Pair.ClientOptions(new IPEndPoint(IPAddress.Loopback, 1), change: change));

    /// <summary>A server on a port of the system's choice that hands every attempt over, on its shard.</summary>
    public static QuicServer Listen(Action<QuicConnectionHandle> onAttempt)
    {
        // A busy machine is no reason to refuse here.
        var options = new QuicServerOptions { OverloadLimit = Timeout.InfiniteTimeSpan, OverloadDropLimit = Timeout.InfiniteTimeSpan };
        var server = new QuicServer(new Attempts(onAttempt), options);
        server.Start(new QuicServerBinding { Address = IPAddress.Loopback, ApplicationProtocols = [new SslApplicationProtocol(Pair.Protocol)] });
        return server;
    }

    /// <summary>Connects; what the probes are to do is set before by the scripts.</summary>
    public static async Task<HandlerPair> ConnectAsync(
        Action<ConnectionProbe>? server = null,
        Action<ConnectionProbe>? client = null,
        Action<QuicServerConnectionOptions>? serverOptions = null,
        Action<QuicClientConnectionOptions>? clientOptions = null)
    {
        HandlerPair pair = Start(server, client, serverOptions, clientOptions);
        pair.ClientConnection = await pair.Client.WhenConnected;
        pair.ServerConnection = await pair.Server.WhenConnected;
        return pair;
    }

    /// <summary>The same without waiting for the handshake.</summary>
    public static HandlerPair Start(
        Action<ConnectionProbe>? server = null,
        Action<ConnectionProbe>? client = null,
        Action<QuicServerConnectionOptions>? serverOptions = null,
        Action<QuicClientConnectionOptions>? clientOptions = null)
    {
        var atServer = new ConnectionProbe();
        var atClient = new ConnectionProbe();
        server?.Invoke(atServer);
        client?.Invoke(atClient);
        QuicServerConfiguration configuration = ServerConfiguration(serverOptions);
        QuicServer listener = Listen(attempt => attempt.Accept(configuration, atServer));
        var pair = new HandlerPair(listener, atClient, atServer);
        pair.ClientConnection = QuicClient.Connect(ClientConfiguration(clientOptions), listener.LocalEndPoints[0], atClient);
        return pair;
    }

    /// <summary>A stream of the client; to be used on its shard.</summary>
    public async Task<QuicStreamHandle> OpenAsync(QuicStreamHandler handler, QuicStreamType type = QuicStreamType.Bidirectional)
    {
        QuicStreamHandle stream = default;
        await OnClientAsync(() => Assert.True(ClientConnection.TryOpenStream(type, handler, state: null, out stream)));
        return stream;
    }

    public Task OnClientAsync(Action action) => ConnectionProbe.RunAsync(ClientConnection, action);

    public Task OnServerAsync(Action action) => ConnectionProbe.RunAsync(ServerConnection, action);

    public async ValueTask DisposeAsync()
    {
        foreach ((ConnectionProbe probe, QuicConnectionHandle connection) in new[] { (Client, ClientConnection), (Server, ServerConnection) })
        {
            probe.Message = (handle, message) =>
            {
                if (message is Closing)
                {
                    handle.Close(0);
                }
            };
            if (connection.Post(new Closing()))
            {
                await probe.WhenClosed;
            }
        }

        await _listener.DisposeAsync();
    }

    private sealed class Closing;

    private sealed class Attempts(Action<QuicConnectionHandle> onAttempt) : QuicServerHandler
    {
        public override void OnConnection(QuicConnectionAttempt attempt) => onAttempt(attempt.Connection);
    }
}
