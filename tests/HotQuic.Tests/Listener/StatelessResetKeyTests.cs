using System.Net;
using System.Net.Security;
using HotQuic.Core.Packets;
using HotQuic.Core.Parameters;
using HotQuic.Core.Protection;
using HotQuic.Tests.Engine;
using HotQuic.Tests.Soak;

namespace HotQuic.Tests.Listener;

/// <summary>
/// A server that is gone without a word, and another that listens where it did (RFC 9000 §10.3): whether the second knows the first one's key
/// decides how soon clients learn of it.
/// </summary>
[Collection("listener sockets")]
public sealed class StatelessResetKeyTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] OtherKey = [.. Enumerable.Range(1, 40).Select(i => (byte)i)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AServerOfTheSameKeyResetsTheConnectionsOfTheOneBeforeIt(bool isServer)
    {
        using QuicEngine clients = SoakEngine.Create();
        (QuicConnection client, IPEndPoint at) = await ConnectToLostServerAsync(clients, isServer);
        using QuicEngine servers = SoakEngine.Create();
        await using IAsyncDisposable second = await ListenAsync(servers, at, Key, isServer);
        QuicException exception = await EndOfAsync(client);
        Assert.Equal(QuicError.TransportError, exception.QuicError);
        Assert.Contains("reset", exception.Message, StringComparison.Ordinal);
        await client.DisposeAsync();
    }

    /// <summary>Its resets are sent, and are no more than noise to the client.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AServerOfAnotherKeyDoesNot(bool isServer)
    {
        using QuicEngine clients = SoakEngine.Create();
        (QuicConnection client, IPEndPoint at) = await ConnectToLostServerAsync(clients, isServer);
        using QuicEngine servers = SoakEngine.Create();
        await using IAsyncDisposable second = await ListenAsync(servers, at, OtherKey, isServer);
        Assert.Equal(QuicError.ConnectionIdle, (await EndOfAsync(client)).QuicError);
        long sent = second is QuicListener listener ? listener.GetStatistics().StatelessResetsSent : ((QuicServer)second).GetStatistics().StatelessResetsSent;
        Assert.InRange(sent, 1, long.MaxValue);
        await client.DisposeAsync();
    }

    /// <summary>The first on a port decides; where it has gone, the next is the first.</summary>
    [Fact]
    public async Task APortHasOneKeyAtATime()
    {
        using QuicEngine engine = SoakEngine.Create();
        var first = (QuicListener)await ListenAsync(engine, new IPEndPoint(IPAddress.Loopback, 0), Key, isServer: false);
        IPEndPoint at = first.LocalEndPoint;
        var beside = (QuicListener)await ListenAsync(engine, at, OtherKey, isServer: false, "beside");
        await AssertKeyAsync(engine, at, Key);
        await first.DisposeAsync();
        await AssertKeyAsync(engine, at, Key, "beside");
        await beside.DisposeAsync();
        await using var second = (QuicListener)await ListenAsync(engine, at, OtherKey, isServer: false);
        await AssertKeyAsync(engine, at, OtherKey);
    }

    [Fact]
    public async Task AKeyThatCouldBeGuessedIsAnArgumentError()
    {
        QuicListenerOptions options = Pair.ListenerOptions();
        options.StatelessResetKey = new byte[31];
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => QuicListener.ListenAsync(options).AsTask());
        Assert.Contains(nameof(options.StatelessResetKey), exception.Message, StringComparison.Ordinal);
        exception = Assert.Throws<ArgumentException>(() => new QuicServer(new ServerProbe(), new QuicServerOptions { StatelessResetKey = new byte[1] }));
        Assert.Contains(nameof(options.StatelessResetKey), exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The token that a client is given is that of the server's connection ID under the key.</summary>
    private static async Task AssertKeyAsync(QuicEngine engine, IPEndPoint at, byte[] key, string protocol = Pair.Protocol)
    {
        await using QuicConnection client = await SoakEngine.ConnectAsync(
            engine, at, options => options.ClientAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol(protocol)]);
        TransportParameters parameters = client.Driver.Core.Handshake.PeerParameters!;
        ConnectionId id = parameters.InitialSourceConnectionId!.Value;
        Assert.Equal(new StatelessResetKey(key).TokenOf(id.Span), parameters.StatelessResetToken);
    }

    private static async Task<(QuicConnection Client, IPEndPoint At)> ConnectToLostServerAsync(QuicEngine clients, bool isServer)
    {
        using QuicEngine servers = SoakEngine.Create();
        IAsyncDisposable first = await ListenAsync(servers, new IPEndPoint(IPAddress.Loopback, 0), Key, isServer);
        IPEndPoint at = first is QuicListener listener ? listener.LocalEndPoint : ((QuicServer)first).LocalEndPoints[0];
        QuicConnection client = await SoakEngine.ConnectAsync(clients, at, options => options.IdleTimeout = TimeSpan.FromSeconds(3));

        // The engine goes, and nothing of it says a word.
        return (client, at);
    }

    private static async Task<IAsyncDisposable> ListenAsync(QuicEngine engine, IPEndPoint at, byte[] key, bool isServer, string protocol = Pair.Protocol)
    {
        if (!isServer)
        {
            QuicListenerOptions options = Pair.ListenerOptions(
                change: connection => connection.ServerAuthenticationOptions.ApplicationProtocols = [new SslApplicationProtocol(protocol)], at: at);
            options.ApplicationProtocols = [new SslApplicationProtocol(protocol)];
            options.StatelessResetKey = key;
            return await QuicListener.ListenOnAsync(engine, options, CancellationToken.None);
        }

        var server = new QuicServer(engine, new ServerProbe(), new QuicServerOptions { StatelessResetKey = key });
        server.Start(new QuicServerBinding { Address = at.Address, Port = at.Port, ApplicationProtocols = [new SslApplicationProtocol(Pair.Protocol)] });
        return server;
    }

    /// <summary>The client says something, to which nobody answers but with a reset.</summary>
    private static async Task<QuicException> EndOfAsync(QuicConnection client)
    {
        QuicStream stream = await client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
        await stream.WriteAsync(new byte[100]);
        return await Assert.ThrowsAsync<QuicException>(() => stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Pair.Patience));
    }
}
