using System.Net;
using System.Net.Security;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Handlers;

namespace HotQuic.Tests.Soak;

/// <summary>An engine of the test's own, so that its ledgers count nothing else.</summary>
internal static class SoakEngine
{
    /// <summary>How much more is done where time does not matter.</summary>
    public static int Scale { get; } = Environment.GetEnvironmentVariable("HOTQUIC_LONG") == "1" ? 10 : 1;

    /// <summary>With two shards, unless HOTQUIC_TEST_SHARDS asks for another number.</summary>
    public static QuicEngine Create() => new(
        AppContext.GetData("HotQuic.Shards") is null ? new QuicEngineOptions { Shards = 2 } : QuicEngineOptions.FromAppContext());

    public static QuicServerBinding Loopback => new()
    {
        Address = IPAddress.Loopback,
        ApplicationProtocols = [new SslApplicationProtocol(Pair.Protocol)],
    };

    public static async Task<QuicListener> ListenAsync(QuicEngine engine, Action<QuicServerConnectionOptions>? change = null)
    {
        QuicListenerOptions options = Pair.ListenerOptions(change: change);
        options.ListenBacklog = 4096;
        return await QuicListener.ListenOnAsync(engine, options, CancellationToken.None);
    }

    public static QuicServer Serve(QuicEngine engine, QuicConnectionHandler handler, Action<QuicServerConnectionOptions>? change = null)
    {
        // However late a busy machine is, nobody is refused for that.
        var options = new QuicServerOptions { OverloadLimit = Pair.Patience, OverloadDropLimit = Pair.Patience };
        var server = new QuicServer(engine, new Accepting(handler, HandlerPair.ServerConfiguration(change)), options);
        server.Start(Loopback);
        return server;
    }

    public static async Task<QuicConnection> ConnectAsync(
        QuicEngine engine, IPEndPoint to, Action<QuicClientConnectionOptions>? change = null) =>
        await QuicConnection.ConnectOnAsync(engine, Pair.ClientOptions(to, change: change), CancellationToken.None)
            .AsTask().WaitAsync(Pair.Patience);

    /// <summary>Accepts everybody.</summary>
    private sealed class Accepting(QuicConnectionHandler handler, QuicServerConfiguration configuration) : QuicServerHandler
    {
        public override void OnConnection(QuicConnectionAttempt attempt) => attempt.Accept(configuration, handler);
    }
}
