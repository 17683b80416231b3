using System.Net;
using System.Net.Sockets;
using HotQuic.Http3.Handlers;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>The connections behind an HttpClient when servers refuse, go away, or are many.</summary>
public sealed class PoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A server that goes away on each connection as soon as it is there is not asked again without end.</summary>
    [Fact]
    public async Task AServerThatGoesAwayAtOnceIsNotAskedWithoutEnd()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async connection => await connection.StartAsync(Wire.Settings, Wire.GoAway(0)));
        using HttpClient client = Client(server);
        for (int i = 0; i < 20; i++)
        {
            int before = server.Connections;
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri).WaitAsync(Patience));
            Assert.InRange(server.Connections - before, 0, 4);
        }
    }

    /// <summary>
    /// RFC 9114 §5.1: a server may have so short an idle timeout that its connections are never fresh. One that was just made is used, and no
    /// other made in its place without end, though it may be over before the request is there.
    /// </summary>
    [Fact]
    public async Task Hcon08_AConnectionThatWasJustMadeIsUsedHoweverShortItsIdleTimeoutIs()
    {
        int handshakes = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(
            async connection =>
            {
                await connection.StartAsync();
                while (true)
                {
                    await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("yes"));
                }
            },
            configure: (options, before) =>
            {
                handshakes = before;
                options.IdleTimeout = before == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(1);
            });
        using HttpClient warm = Client(server);
        Assert.Equal("yes", await warm.GetStringAsync(server.Uri).WaitAsync(Patience));
        using HttpClient client = Client(server);

        Exception? failure = await Record.ExceptionAsync(() => client.GetStringAsync(server.Uri).WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.True(failure is null or HttpRequestException, $"{handshakes} {failure}");
        Assert.InRange(handshakes, 1, 2);
    }

    /// <summary>Whoever asks many servers does not keep something of each for ever.</summary>
    [Fact]
    public async Task ServersThatNobodyAsksAnyMoreAreForgotten()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            while (true)
            {
                await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("yes"));
            }
        });
        Http3Handler handler = new() { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint };
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version30 };
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("yes", await client.GetStringAsync(new Uri($"https://server{i}.test/")).WaitAsync(Patience));
        }

        Assert.Equal(10, handler.Authorities);
        handler.Sweep(Environment.TickCount64 + ConnectionPool.Memory - 60_000);
        Assert.Equal(10, handler.Authorities);
        handler.Sweep(Environment.TickCount64 + ConnectionPool.Memory);
        Assert.Equal(0, handler.Authorities);

        Assert.Equal("yes", await client.GetStringAsync(new Uri("https://server0.test/")).WaitAsync(Patience));
        Assert.Equal(1, handler.Authorities);
    }

    /// <summary>That no further connection can be made does not fail a request for which there is one, once the server allows it.</summary>
    [Fact]
    public async Task ARequestWaitsForItsTurnWhereNoFurtherConnectionCanBeMade()
    {
        await using ScriptedServer server = await OneAtATimeAsync();
        using AliveThenDead ends = new(server);
        Http3Handler handler = new()
        {
            SslOptions = ScriptedServer.Trust,
            MaxConnectionsPerServer = 2,
            EndPointCallback = _ => ends.Next(),
            ConnectionOptions = server.ClientOptions with { HandshakeTimeout = TimeSpan.FromMilliseconds(200) },
        };
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version30 };
        HttpResponseMessage first = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead);
        Task<string> second = client.GetStringAsync(server.Uri);
        await ends.IsAskedAgain.Task.WaitAsync(Patience);
        await Task.WhenAny(second, Task.Delay(1000));
        Assert.False(second.IsFaulted, $"{second.Exception}");
        first.Dispose();
        Assert.Equal("two", await second.WaitAsync(Patience));
    }

    /// <summary>A further connection may take for ever, and a place on the one that there is be free meanwhile.</summary>
    [Fact]
    public async Task ARequestDoesNotWaitForAFurtherConnectionLongerThanForItsTurn()
    {
        await using ScriptedServer server = await OneAtATimeAsync();
        using AliveThenDead ends = new(server);
        Http3Handler handler = new()
        {
            SslOptions = ScriptedServer.Trust,
            MaxConnectionsPerServer = 2,
            EndPointCallback = _ => ends.Next(),
            ConnectionOptions = server.ClientOptions with
            {
                HandshakeTimeout = Timeout.InfiniteTimeSpan,
                IdleTimeout = Timeout.InfiniteTimeSpan,
                KeepAliveInterval = TimeSpan.FromSeconds(5),
            },
        };
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version30 };
        HttpResponseMessage first = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead);
        Task<string> second = client.GetStringAsync(server.Uri);
        await ends.IsAskedAgain.Task.WaitAsync(Patience);

        first.Dispose();

        Assert.Equal("two", await second.WaitAsync(Patience));
    }

    /// <summary>One request at a time on a connection, and the second may be sent once the client has let go of the first.</summary>
    private static Task<ScriptedServer> OneAtATimeAsync() => ScriptedServer.StartAsync(
        async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).WriteAsync(Wire.Ok, Wire.Data("one"));
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("two"));
        },
        maxRequests: 1);

    private static HttpClient Client(ScriptedServer server) =>
        new(new Http3Handler { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => server.ClientOptions.RemoteEndPoint })
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    /// <summary>Where connections go: the first to the server, further ones to a port that never answers.</summary>
    private sealed class AliveThenDead : IDisposable
    {
        private readonly Socket _dead = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly EndPoint _alive;
        private int _asked;

        public AliveThenDead(ScriptedServer server)
        {
            _alive = server.ClientOptions.RemoteEndPoint;
            _dead.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        public TaskCompletionSource IsAskedAgain { get; } = new();

        public EndPoint Next()
        {
            if (Interlocked.Increment(ref _asked) == 1)
            {
                return _alive;
            }

            IsAskedAgain.TrySetResult();
            return _dead.LocalEndPoint!;
        }

        public void Dispose() => _dead.Dispose();
    }
}
