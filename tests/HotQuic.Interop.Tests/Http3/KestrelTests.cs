using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Http3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace HotQuic.Interop.Tests.Http3;

/// <summary>HotQuic.Http3 with Kestrel's HTTP/3, on HotQuic's transport, as it goes away.</summary>
[Collection(PeersCollection.Name)]
public sealed class KestrelTests
{
    private const int Lanes = 6;
    private const int RequestsOnEach = 100;

    /// <summary>
    /// A server stops while requests come without a pause: those below the ID of its GOAWAY are answered, whatever follows is sent to its
    /// successor, and nothing fails (RFC 9114 §5.2).
    /// </summary>
    [Fact]
    public async Task Hcon10_AServerThatIsReplacedFailsNoRequest()
    {
        using CancellationTokenSource timeout = new(TestEnvironment.TestTimeout);
        TaskCompletionSource slowArrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource slowMayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication old = await StartAsync("old", async context =>
        {
            slowArrived.TrySetResult();
            await slowMayEnd.Task;
            await context.Response.WriteAsync("slow");
        });
        await using WebApplication successor = await StartAsync("new", _ => Task.CompletedTask);
        IPEndPoint current = EndPointOf(old);
        using HttpClient client = new(new Http3Handler { SslOptions = Trust, EndPointCallback = _ => current }) { DefaultRequestVersion = HttpVersion.Version30 };
        Task<string> slow = client.GetStringAsync(new Uri("https://localhost/slow"), timeout.Token);
        await slowArrived.Task;

        using SemaphoreSlim byOld = new(0);
        int newAnswers = 0;
        Task[] lanes = [.. Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
        {
            while (Volatile.Read(ref newAnswers) < RequestsOnEach)
            {
                using HttpResponseMessage response = await client.PostAsync(new Uri("https://localhost/echo"), new ByteArrayContent(new byte[lane * 1000]), timeout.Token);
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal(lane * 1000, (await response.Content.ReadAsByteArrayAsync(timeout.Token)).Length);
                if (response.Headers.GetValues("x-server").Single() == "old")
                {
                    byOld.Release();
                }
                else
                {
                    Interlocked.Increment(ref newAnswers);
                }
            }
        }))];
        for (int i = 0; i < RequestsOnEach; i++)
        {
            await byOld.WaitAsync(timeout.Token);
        }

        current = EndPointOf(successor);
        Task stopping = old.StopAsync(timeout.Token);
        await Task.WhenAll(lanes);
        Assert.False(stopping.IsCompleted); // it waits for what it has accepted
        slowMayEnd.SetResult();
        Assert.Equal("slow", await slow);
        await stopping;
    }

    /// <summary>Kestrel never says 100 over HTTP/3: the content goes all the same, after its time (RFC 9110 §10.1.1).</summary>
    [Fact]
    public async Task ContentIsSentThoughNobodySaysContinue()
    {
        await using WebApplication server = await StartAsync("only", _ => Task.CompletedTask);
        using HttpClient client = new(new Http3Handler
        {
            SslOptions = Trust,
            EndPointCallback = _ => EndPointOf(server),
            Expect100ContinueTimeout = TimeSpan.FromMilliseconds(50),
        });
        using HttpRequestMessage message = new(HttpMethod.Post, new Uri("https://localhost/echo"))
        {
            Version = HttpVersion.Version30,
            Content = new ByteArrayContent(new byte[5000]),
            Headers = { ExpectContinue = true },
        };
        using HttpResponseMessage echo = await client.SendAsync(message);
        Assert.Equal(5000, (await echo.Content.ReadAsByteArrayAsync()).Length);
    }

    /// <summary>Kestrel refuses what it has not begun when it reads GOAWAY, so that comes after the last response (RFC 9114 §5.2).</summary>
    [Fact]
    public async Task Hcon07_KestrelFinishesWhatIsUnderWayWhenTheClientCloses()
    {
        TaskCompletionSource mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using WebApplication server = await StartAsync("only", async context =>
        {
            await mayEnd.Task;
            await context.Response.WriteAsync("slow");
        });
        await using Http3Connection connection = await Http3Connection.ConnectAsync(
            new Http3ConnectionOptions { RemoteEndPoint = EndPointOf(server), ClientAuthenticationOptions = Trust });
        Task<Http3Response>[] sending =
            [.. Enumerable.Range(0, 50).Select(_ => connection.SendAsync(new Http3Request("GET", new Uri("https://localhost/slow"))).AsTask())];
        Task closing = connection.CloseAsync().AsTask(); // before the server has begun with them
        mayEnd.SetResult();
        foreach (Task<Http3Response> one in sending)
        {
            await using Http3Response response = await one;
            Assert.Equal(200, response.Status);
            Assert.Equal(4, await response.DrainAsync());
        }

        await closing;
        await connection.Closed;
    }

    private static SslClientAuthenticationOptions Trust
    {
        get
        {
            X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.Add(TestFiles.Authority);
            return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }
    }

    private static IPEndPoint EndPointOf(WebApplication server) => new(IPAddress.Loopback, new Uri(server.Urls.Single()).Port);

    /// <summary>A server that says its name, echoes at /echo, and answers /slow as it is told.</summary>
    private static async Task<WebApplication> StartAsync(string name, RequestDelegate slow)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseHotQuic();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http3;
            listen.UseHttps(TestFiles.Server);
        }));
        WebApplication server = builder.Build();
        server.Use((context, next) =>
        {
            context.Response.Headers["x-server"] = name;
            return next(context);
        });
        server.Map("/echo", async (HttpContext context) => await context.Request.Body.CopyToAsync(context.Response.Body));
        server.Map("/slow", slow);
        await server.StartAsync();
        return server;
    }
}
