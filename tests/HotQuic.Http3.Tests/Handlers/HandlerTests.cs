using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using HotQuic.Http3.Tests.Requests;
using HotQuic.Http3.Tests.Servers;

namespace HotQuic.Http3.Tests.Handlers;

/// <summary>HttpClient on <see cref="Http3Handler"/>.</summary>
public sealed class HandlerTests
{
    [Fact]
    public async Task RequestAndResponseHeadersGoWhereTheyBelong()
    {
        ServedRequest? seen = null;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            seen = await connection.AcceptAsync();
            await seen.ReadBodyAsync();
            await seen.AnswerAsync(
                Wire.Headers((":status", "200"), ("content-type", "text/plain"), ("x-a", "1"), ("x-a", "2"), ("content-length", "3")),
                Wire.Data("yes"),
                Wire.Headers(("x-trailer", "t")));
        });
        using HttpClient client = Client(server);
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server.Uri, "/p?q"))
        {
            Version = HttpVersion.Version30,
            Content = new StringContent("hello"),
        };
        request.Headers.Host = "example.org";
        request.Headers.ConnectionClose = true;
        request.Headers.TransferEncodingChunked = true;
        request.Headers.TryAddWithoutValidation("Cookie", ["a=1", "b=2"]);
        request.Headers.TryAddWithoutValidation("X-Many", ["1", "2"]);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(HttpVersion.Version30, response.Version);
        Assert.Equal("yes", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(3, response.Content.Headers.ContentLength);
        Assert.Equal(["1", "2"], response.Headers.GetValues("x-a"));
        Assert.Equal(["t"], response.TrailingHeaders.GetValues("x-trailer"));
        Assert.Equal("hello", Encoding.ASCII.GetString(seen!.Body));
        Assert.Equal(
            [
                (":method", "POST"), (":scheme", "https"), (":authority", "example.org"), (":path", "/p?q"), ("cookie", "a=1; b=2"),
                ("x-many", "1, 2"), ("te", "trailers"), ("content-type", "text/plain; charset=utf-8"), ("content-length", "5"),
            ],
            seen.Fields);
    }

    [Theory]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrLower, false)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionExact, false)]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher, true)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionOrLower, true)]
    [InlineData("3.0", HttpVersionPolicy.RequestVersionExact, true)]
    public async Task OnlyWhatMayBeHttp3IsSent(string version, HttpVersionPolicy policy, bool isSent)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(RequestTests.EchoAsync);
        using HttpClient client = Client(server);
        using HttpRequestMessage request = new(HttpMethod.Get, server.Uri) { Version = new Version(version), VersionPolicy = policy };
        if (isSent)
        {
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        else
        {
            HttpRequestException refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request));
            Assert.Equal(HttpRequestError.VersionNegotiationError, refusal.HttpRequestError);
        }
    }

    [Fact]
    public async Task RequestsShareOneConnection()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(RequestTests.EchoAsync, maxRequests: 5);
        using HttpClient client = Client(server);
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (index, token) =>
        {
            using HttpResponseMessage response = await client.PostAsync(server.Uri, new StringContent($"{index}"), token);
            Assert.Equal($"{index}", await response.Content.ReadAsStringAsync(token));
        });
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task MoreConnectionsAreMadeWhereTheServerAllowsNoMoreRequestsOnOne()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest first = await connection.AcceptAsync();
            ServedRequest second = await connection.AcceptAsync();
            await first.WriteAsync(Wire.Ok);
            await second.WriteAsync(Wire.Ok);
        }, maxRequests: 2);
        using HttpClient client = Client(server, new Http3Handler { MaxConnectionsPerServer = 3 });
        HttpResponseMessage[] responses = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead)));
        Assert.All(responses, response => response.Dispose());
        Assert.Equal(3, server.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatTheServerDidNotProcessIsSentAgainOnAnotherConnection(bool isGoAway)
    {
        int connections = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.ReadBodyAsync();
            if (Interlocked.Increment(ref connections) > 1)
            {
                await request.AnswerAsync(Wire.Ok, Wire.Data(Encoding.ASCII.GetString(request.Body)));
            }
            else if (isGoAway)
            {
                await connection.Control.WriteAsync(Wire.GoAway((ulong)request.Stream.Id));
            }
            else
            {
                request.Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestRejected);
            }
        });
        using HttpClient client = Client(server);
        using HttpResponseMessage response = await client.PostAsync(server.Uri, new StringContent("again"));
        Assert.Equal("again", await response.Content.ReadAsStringAsync());
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task WhatTheServerMayHaveProcessedIsNotSentAgain()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            request.Stream.Abort(QuicAbortDirection.Both, (long)Http3ErrorCode.RequestCancelled);
        });
        using HttpClient client = Client(server);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri));
        Assert.Equal(HttpRequestError.HttpProtocolError, failure.HttpRequestError);
        Assert.Equal((long)Http3ErrorCode.RequestCancelled, Assert.IsType<HttpProtocolException>(failure.InnerException).ErrorCode);
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(417)]
    public async Task ContentWaitsForTheServersWordWhereItIsExpected(int word)
    {
        TaskCompletionSource<long?> abort = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            Assert.Equal("100-continue", request["expect"]);
            await request.WriteAsync(Wire.Headers((":status", $"{word}")));
            if (word == 100)
            {
                await request.ReadBodyAsync();
                await request.AnswerAsync(Wire.Ok, Wire.Data(Encoding.ASCII.GetString(request.Body)));
            }
            else
            {
                request.Stream.CompleteWrites();
                abort.SetResult((await Assert.ThrowsAsync<QuicException>(request.ReadBodyAsync)).ApplicationErrorCode);
            }
        });
        using HttpClient client = Client(server, new Http3Handler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan });
        using HttpRequestMessage request = new(HttpMethod.Put, server.Uri)
        {
            Version = HttpVersion.Version30,
            Content = new StringContent("content"),
            Headers = { ExpectContinue = true },
        };
        using HttpResponseMessage response = await client.SendAsync(request);
        Assert.Equal(word == 100 ? 200 : 417, (int)response.StatusCode);
        Assert.Equal(word == 100 ? "content" : string.Empty, await response.Content.ReadAsStringAsync());
        if (word != 100)
        {
            Assert.Equal((long)Http3ErrorCode.RequestCancelled, await abort.Task);
        }
    }

    [Fact]
    public async Task ContentStreamsBothWays()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(RequestTests.EchoAsync);
        using HttpClient client = Client(server);
        byte[] body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        using HttpRequestMessage request = new(HttpMethod.Post, server.Uri) { Version = HttpVersion.Version30, Content = new StreamContent(new MemoryStream(body)) };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using Stream content = await response.Content.ReadAsStreamAsync();
        using MemoryStream echo = new();
        await content.CopyToAsync(echo);
        Assert.Equal(body, echo.ToArray());
    }

    [Fact]
    public async Task AnIdleConnectionIsClosedAndAnotherMadeWhenNeeded()
    {
        TaskCompletionSource closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok);
            await connection.WhenClosedAsync();
            closed.TrySetResult();
        });
        using HttpClient client = Client(server, new Http3Handler { PooledConnectionIdleTimeout = TimeSpan.FromMilliseconds(200) });
        (await client.GetAsync(server.Uri)).Dispose();
        await closed.Task;
        (await client.GetAsync(server.Uri)).Dispose();
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task AMalformedResponseIsAnInvalidOne()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).WriteAsync(Wire.Headers(("server", "x")));
        });
        using HttpClient client = Client(server);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri));
        Assert.Equal(HttpRequestError.InvalidResponse, failure.HttpRequestError);
    }

    [Fact]
    public async Task FieldsBeyondTheLimitAreALimitOfThisSide()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Headers((":status", "200"), ("a", new string('x', 3000))));
        });
        Http3Handler handler = new() { ConnectionOptions = server.ClientOptions with { MaxFieldSectionSize = 2000 } };
        using HttpClient client = Client(server, handler);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri));
        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, failure.HttpRequestError);
    }

    /// <summary>A connection takes no new requests once it is old enough; one that is under way ends on it.</summary>
    [Fact]
    public async Task AConnectionThatIsOldIsGivenNoMoreRequestsAndFinishesThoseItHas()
    {
        TaskCompletionSource finish = new();
        int connections = 0;
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            if (Interlocked.Increment(ref connections) == 1)
            {
                await connection.StartAsync();
                ServedRequest request = await connection.AcceptAsync();
                await request.WriteAsync(Wire.Ok);
                Task young = AnswerYoungAsync(connection);
                await finish.Task;
                await request.AnswerAsync(Wire.Data("old"));
                await young;
            }
            else
            {
                await connection.StartAsync();
                await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("new"));
            }
        });
        using HttpClient client = Client(server, new Http3Handler { PooledConnectionLifetime = TimeSpan.FromMilliseconds(300) });
        using HttpResponseMessage old = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead);
        string answer;
        do
        {
            answer = await client.GetStringAsync(server.Uri);
        }
        while (answer == "young");

        Assert.Equal("new", answer);
        finish.SetResult();
        Assert.Equal("old", await old.Content.ReadAsStringAsync());
        Assert.Equal(2, connections);

        static async Task AnswerYoungAsync(ServedConnection connection)
        {
            try
            {
                while (true)
                {
                    await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("young"));
                }
            }
            catch (QuicException)
            {
                // The client closed it, when nothing was under way any more.
            }
        }
    }

    /// <summary>With a lifetime of nothing, each request has its own connection, which closes in peace.</summary>
    [Fact]
    public async Task WithALifetimeOfNothingEveryRequestHasItsConnection()
    {
        int closed = 0;
        await using (ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await (await connection.AcceptAsync()).AnswerAsync(Wire.Ok, Wire.Data("x"));
            Assert.Equal(Http3ErrorCode.NoError, await connection.WhenClosedAsync());
            Interlocked.Increment(ref closed);
        }))
        {
            using HttpClient client = Client(server, new Http3Handler { PooledConnectionLifetime = TimeSpan.Zero });
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal("x", await client.GetStringAsync(server.Uri));
            }

            Assert.Equal(5, server.Connections);
        }

        Assert.Equal(5, closed);
    }

    /// <summary>RFC 9114 §3.3, §5.2: disposal lets a response that is being read come to its end, and then says GOAWAY.</summary>
    [Fact]
    public async Task Hcon07_DisposalLetsResponsesBeReadAndThenSaysGoAway()
    {
        TaskCompletionSource disposed = new();
        TaskCompletionSource<Http3ErrorCode> closed = new();
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await request.WriteAsync(Wire.Ok, Wire.Data("begun "));
            await disposed.Task;
            await request.AnswerAsync(Wire.Data("and ended"));
            await connection.ReadControlAsync();
            closed.SetResult(await connection.WhenClosedAsync());
        });
        HttpClient client = Client(server);
        using HttpResponseMessage response = await client.GetAsync(server.Uri, HttpCompletionOption.ResponseHeadersRead);
        client.Dispose();
        disposed.SetResult();
        Assert.Equal("begun and ended", await response.Content.ReadAsStringAsync());
        Assert.Equal(Http3ErrorCode.NoError, await closed.Task);
    }

    /// <summary>RFC 9114 §5.4: without GOAWAY, a request may have been processed.</summary>
    [Fact]
    public async Task Hcon13_WhatWasSentIsNotSentAgainWhereTheConnectionJustEnds()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            await connection.StartAsync();
            await connection.AcceptAsync();
            await connection.Transport.CloseAsync((long)Http3ErrorCode.NoError);
        });
        using HttpClient client = Client(server);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri));
        Assert.Equal(1, server.Connections);
    }

    /// <summary>RFC 9114 §3.3: a connection is for the authority whose name its certificate was held against.</summary>
    [Fact]
    public async Task Hcon06_EachAuthorityHasItsOwnConnection()
    {
        ConcurrentBag<string> names = [];
        await using ScriptedServer server = await ScriptedServer.StartAsync(async connection =>
        {
            names.Add(connection.Transport.TargetHostName);
            await RequestTests.EchoAsync(connection);
        });
        Http3Handler handler = new() { SslOptions = new() { RemoteCertificateValidationCallback = ScriptedServer.Trust.RemoteCertificateValidationCallback } };
        using HttpClient client = Client(server, handler, isTrusted: null);
        foreach (string host in (string[])["one.test", "other.test", "one.test"])
        {
            (await client.GetAsync(new Uri($"https://{host}:{server.Port}/"))).Dispose();
        }

        Assert.Equal(["one.test", "other.test"], names.Order());
    }

    /// <summary>RFC 9114 §3.1: the certificate has to prove the host of the URI, wherever the connection goes.</summary>
    [Fact]
    public async Task Hcon01_ACertificateForAnotherNameIsRefused()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(RequestTests.EchoAsync);
        Http3Handler handler = new() { SslOptions = ScriptedServer.TrustByName };
        using HttpClient client = Client(server, handler, isTrusted: null);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://other.test:{server.Port}/")));
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        using HttpResponseMessage response = await client.GetAsync(server.Uri);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>RFC 9114 §3.1: whoever could use another version learns that there is no connection.</summary>
    [Fact]
    public async Task Hcon02_AServerThatDoesNotSpeakQuicIsAConnectionError()
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)silent.LocalEndPoint!).Port;
        Http3ConnectionOptions options = new() { RemoteEndPoint = silent.LocalEndPoint!, HandshakeTimeout = TimeSpan.FromMilliseconds(300) };
        using HttpClient client = new(new Http3Handler { ConnectionOptions = options }) { DefaultRequestVersion = HttpVersion.Version30 };
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://127.0.0.1:{port}/")));
        Assert.Equal(HttpRequestError.ConnectionError, failure.HttpRequestError);
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetAsync(new Uri($"http://127.0.0.1:{port}/")));
    }

    /// <summary>Where to connect is asked for each connection, so that a server may have moved.</summary>
    [Fact]
    public async Task TheNextConnectionMayGoElsewhere()
    {
        await using ScriptedServer old = await ScriptedServer.StartAsync(AnswerOnceAsync("old"));
        await using ScriptedServer other = await ScriptedServer.StartAsync(AnswerOnceAsync("other"));
        ScriptedServer current = old;
        Http3Handler handler = new() { SslOptions = ScriptedServer.Trust, EndPointCallback = _ => new IPEndPoint(IPAddress.Loopback, current.Port) };
        using HttpClient client = new(handler) { DefaultRequestVersion = HttpVersion.Version30 };
        Assert.Equal("old", await client.GetStringAsync(new Uri("https://localhost/")));
        current = other;
        Assert.Equal("other", await client.GetStringAsync(new Uri("https://localhost/")));

        static Func<ServedConnection, Task> AnswerOnceAsync(string text) => async connection =>
        {
            await connection.StartAsync();
            ServedRequest request = await connection.AcceptAsync();
            await connection.Control.WriteAsync(Wire.GoAway((ulong)request.Stream.Id + 4));
            await request.AnswerAsync(Wire.Ok, Wire.Data(text));
        };
    }

    [Fact]
    public async Task AServerThatIsNotTrustedIsASecureConnectionError()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(connection => connection.StartAsync());
        using HttpClient client = Client(server, new Http3Handler(), isTrusted: false);
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri));
        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
    }

    private static HttpClient Client(ScriptedServer server, Http3Handler? handler = null, bool? isTrusted = true)
    {
        handler ??= new Http3Handler();
        handler.SslOptions = isTrusted switch
        {
            true => ScriptedServer.Trust,
            false => null,
            null => handler.SslOptions,
        };
        handler.EndPointCallback = _ => new IPEndPoint(IPAddress.Loopback, server.Port);
        return new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version30,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }
}
