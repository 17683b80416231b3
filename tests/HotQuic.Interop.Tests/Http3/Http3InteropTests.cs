using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HotQuic.Http3;
using HotQuic.Interop.Tests.Peers;
using Xunit.Abstractions;

namespace HotQuic.Interop.Tests.Http3;

/// <summary>HotQuic.Http3 with the HTTP/3 servers of others.</summary>
[Collection(PeersCollection.Name)]
public sealed class Http3InteropTests(ITestOutputHelper output)
{
    private const int Small = 100;
    private const int Large = 20_000_000;

    [SkippableTheory]
    [InlineData("ngtcp2")]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task SmallAndLargeDownloads(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        foreach (int size in (int[])[Small, Large])
        {
            await using Http3Response response = await connection.SendAsync(Get(server, Http3Peer.ByName(peer).PathOf(size)), token);
            Assert.Equal(200, response.Status);
            Assert.Equal(Pattern.Digest(size), await DigestAsync(response, token));
        }

        output.WriteLine(connection.Transport.GetStatistics().ToString());
        await connection.CloseAsync(token);
    });

    [SkippableTheory]
    [InlineData("ngtcp2")]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task TwoHundredRequestsAtATime(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        Http3Request request = Get(server, Http3Peer.ByName(peer).PathOf(Small));
        string[] digests = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            await using Http3Response response = await connection.SendAsync(request, token);
            return await DigestAsync(response, token);
        }));
        Assert.All(digests, digest => Assert.Equal(Pattern.Digest(Small), digest));
    });

    [SkippableTheory]
    [InlineData("ngtcp2")]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task AThousandRequestsOneAfterAnother(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        Http3Request request = Get(server, Http3Peer.ByName(peer).PathOf(Small));
        for (int i = 0; i < 1000; i++)
        {
            await using Http3Response response = await connection.SendAsync(request, token);
            Assert.Equal(200, response.Status);
            Assert.Equal(Small, await response.DrainAsync(token));
        }

        Assert.Equal(1000, connection.Transport.GetStatistics().BidirectionalStreamsOpened);
    });

    [SkippableTheory]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task AnEchoOfTenMegabytes(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        byte[] body = Pattern.Create(10_000_000);
        await using Http3Response response = await connection.SendAsync(new Http3Request("POST", UriOf(server, "/echo")), body, token);
        Assert.Equal(200, response.Status);
        Assert.Equal(Pattern.Digest(body.Length), await DigestAsync(response, token));
    });

    [SkippableTheory]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task AnEchoToHttpClient(string peer) => RunAsync(peer, async (server, token) =>
    {
        using HttpClient client = Client();
        using HttpRequestMessage request = new(HttpMethod.Post, UriOf(server, "/echo"))
        {
            Version = HttpVersion.Version30,
            Content = new StreamContent(new MemoryStream(Pattern.Create(10_000_000))),
        };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using Stream content = await response.Content.ReadAsStreamAsync(token);
        Assert.Equal(Pattern.Digest(10_000_000), Convert.ToHexStringLower(await SHA256.HashDataAsync(content, token)));
    });

    [SkippableFact]
    public Task AnUploadHashedByTheServer() => RunAsync("bun", async (server, token) =>
    {
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.PostAsync(UriOf(server, "/digest"), new ByteArrayContent(Pattern.Create(10_000_000)), token);
        Assert.Equal(Pattern.Digest(10_000_000), await response.Content.ReadAsStringAsync(token));
    });

    [SkippableTheory]
    [InlineData("ngtcp2")]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task AResponseGivenUpHalfWayDisturbsNoOther(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        byte[] buffer = new byte[100_000];
        for (int i = 0; i < 5; i++)
        {
            Http3Response response = await connection.SendAsync(Get(server, Http3Peer.ByName(peer).PathOf(Large)), token);
            Assert.True(await response.ReadAsync(buffer, token) > 0);
            response.Dispose();
        }

        await using Http3Response whole = await connection.SendAsync(Get(server, Http3Peer.ByName(peer).PathOf(Small)), token);
        Assert.Equal(Pattern.Digest(Small), await DigestAsync(whole, token));
    });

    [SkippableTheory]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task ARequestGivenUpHalfWayDisturbsNoOther(string peer) => RunAsync(peer, async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        using CancellationTokenSource half = CancellationTokenSource.CreateLinkedTokenSource(token);
        ValueTask<Http3Response> sending = connection.SendAsync(
            new Http3Request("POST", UriOf(server, "/echo")),
            async (body, stop) =>
            {
                await body.WriteAsync(Pattern.Create(1_000_000), stop);
                await half.CancelAsync();
                await Task.Delay(Timeout.Infinite, stop);
            },
            half.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            // A server may begin its answer before the body's end.
            await using Http3Response response = await sending;
            await response.DrainAsync(half.Token);
        });
        await using Http3Response whole = await connection.SendAsync(Get(server, Http3Peer.ByName(peer).PathOf(Small)), token);
        Assert.Equal(Pattern.Digest(Small), await DigestAsync(whole, token));
    });

    /// <summary>The server finishes what is under way, says GOAWAY, and leaves.</summary>
    [SkippableFact]
    public Task AServerThatGoesAway() => RunAsync("bun", async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token);
        await using (Http3Response response = await connection.SendAsync(Get(server, "/stop"), token))
        {
            Assert.Equal(200, response.Status);
            await response.DrainAsync(token);
        }

        await connection.Closed.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Http3Exception refusal = await Assert.ThrowsAsync<Http3Exception>(async () => await connection.SendAsync(Get(server, "/bytes/1"), token));
        Assert.True(refusal.IsRetrySafe);
    });

    /// <summary>The command line fetches files over HTTP/3, whole or not at all.</summary>
    [SkippableTheory]
    [InlineData("ngtcp2")]
    [InlineData("bun")]
    [InlineData("caddy")]
    public Task HotquicGet(string peer) => RunAsync(peer, async (server, token) =>
    {
        string downloads = TestFiles.CreateSubfolder("downloads");
        string url = $"https://localhost:{server.Port}";
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "HotQuic.Tools.dll"), "get", "--http3", "--ca", Path.Combine(TestFiles.CertificatesDirectory, "ca.pem"),
            "--output", downloads, url + Http3Peer.ByName(peer).PathOf(Large), url + Http3Peer.ByName(peer).PathOf(Small), url + "/missing",
        ];
        await using PeerProcess get = PeerProcess.Start(new PeerCommand("dotnet", arguments));
        await get.WaitForExitAsync(token);
        output.WriteLine(get.Output);
        Assert.Contains("2 of 3 files", get.Output, StringComparison.Ordinal);
        Assert.Contains("/missing: the server answers 404", get.Output, StringComparison.Ordinal);
        string[] digests = [.. Directory.GetFiles(downloads).Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))))];
        Assert.Equal(new[] { Pattern.Digest(Small), Pattern.Digest(Large) }.Order(), digests.Order());
    });

    /// <summary>An interim response with fields of its own, then the final one (RFC 9114 §4.1).</summary>
    [SkippableFact]
    public Task EarlyHints() => RunAsync("caddy", async (server, token) =>
    {
        List<string> hints = [];
        await using Http3Connection connection = await ConnectAsync(server, token);
        Http3Request request = new("GET", UriOf(server, "/early"))
        {
            InterimCallback = (status, fields) => hints.Add($"{status} {(fields.TryGetValue("link"u8, out ReadOnlySpan<byte> link) ? Encoding.ASCII.GetString(link) : "nothing")}"),
        };
        await using Http3Response response = await connection.SendAsync(request, token);
        Assert.Equal(200, response.Status);
        Assert.Equal("after the hint".Length, await response.DrainAsync(token));
        Assert.Equal(["103 </style.css>; rel=preload"], hints);
        using HttpClient client = Client();
        Assert.Equal("after the hint", await client.GetStringAsync(UriOf(server, "/early"), token));
    });

    /// <summary>A server that is killed is missed after the idle timeout, and nothing is lost by sending again elsewhere.</summary>
    [SkippableFact]
    public Task AServerThatIsShutDown() => RunAsync("caddy", async (server, token) =>
    {
        await using Http3Connection connection = await ConnectAsync(server, token, idleTimeout: TimeSpan.FromSeconds(2));
        await using (Http3Response response = await connection.SendAsync(Get(server, Http3Peer.Caddy.PathOf(Small)), token))
        {
            await response.DrainAsync(token);
        }

        await server.DisposeAsync();
        await connection.Closed.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Http3Exception refusal = await Assert.ThrowsAsync<Http3Exception>(async () => await connection.SendAsync(Get(server, "/"), token));
        Assert.True(refusal.IsRetrySafe);
    });

    private static SslClientAuthenticationOptions Trust
    {
        get
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(TestFiles.Authority);
            return new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy };
        }
    }

    private static ValueTask<Http3Connection> ConnectAsync(PeerServer server, CancellationToken token, TimeSpan idleTimeout = default) =>
        Http3Connection.ConnectAsync(
            new Http3ConnectionOptions
            {
                RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, server.Port),
                ClientAuthenticationOptions = Trust,
                IdleTimeout = idleTimeout,
            },
            token);

    private static HttpClient Client() => new(new Http3Handler { SslOptions = Trust })
    {
        DefaultRequestVersion = HttpVersion.Version30,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Uri UriOf(PeerServer server, string path) => new($"https://127.0.0.1:{server.Port}{path}");

    private static Http3Request Get(PeerServer server, string path) => new("GET", new Uri($"https://localhost:{server.Port}{path}"));

    private static async Task<string> DigestAsync(Http3Response response, CancellationToken token)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        while (await response.ReadAsync(buffer, token) is > 0 and int count)
        {
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task RunAsync(string peer, Func<PeerServer, CancellationToken, Task> test)
    {
        Http3Peer stack = Http3Peer.ByName(peer);
        TestEnvironment.Require(stack.Missing);
        using CancellationTokenSource timeout = new(TestEnvironment.TestTimeout);
        await using PeerServer server = await stack.StartAsync([Small, Large], timeout.Token);
        try
        {
            await test(server, timeout.Token);
        }
        catch
        {
            output.WriteLine(server.Output);
            throw;
        }
    }
}
