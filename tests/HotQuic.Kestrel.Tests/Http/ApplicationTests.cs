using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HotQuic.Kestrel.Tests.Http;

/// <summary>A web application over HTTP/3, with a client of our own.</summary>
public sealed class ApplicationTests
{
    private const int MaxUpload = 30_000_000;

    [Fact]
    public async Task APageAndJsonComeOverHttp3()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient client = await application.ConnectAsync();
        Http3Answer page = await client.GetAsync("/");
        Assert.Equal((200, "<!doctype html><title>HotQuic</title>"), (page.Status, page.Text));
        Http3Answer json = await client.GetAsync("/json");
        Assert.Equal((200, """{"protocol":"HTTP/3","isHttps":true}"""), (json.Status, json.Text));
        Assert.Equal(404, (await client.GetAsync("/none")).Status);
        Assert.Empty(application.Log.Complaints);
    }

    [Fact]
    public async Task TwentyMegabytesArriveAsTheyWereSent()
    {
        const int size = 20_000_000;
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient client = await application.ConnectAsync();
        Http3Answer answer = await client.GetAsync($"/bytes/{size}");
        Assert.Equal(SHA256.HashData(TestApplication.Pattern(size)), SHA256.HashData(answer.Body));
    }

    [Fact]
    public async Task AnUploadOfTenMegabytesArrivesAsItWasSent()
    {
        byte[] body = TestApplication.Pattern(10_000_000);
        await using TestApplication application = await TestApplication.StartAsync(
            new TestApplicationSettings { Kestrel = kestrel => kestrel.Limits.MaxRequestBodySize = MaxUpload });
        await using Http3TestClient client = await application.ConnectAsync();
        Http3Answer answer = await client.SendAsync("POST", "/upload", body);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), answer.Text);
    }

    [Fact]
    public async Task TwoHundredRequestsAreAnsweredSideBySide()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        await using Http3TestClient client = await application.ConnectAsync();
        Http3Answer[] answers = await Task.WhenAll(Enumerable.Range(1, 200).Select(size => client.GetAsync($"/bytes/{size}")));
        Assert.Equal(Enumerable.Range(1, 200), answers.Select(answer => answer.Body.Length));
    }

    /// <summary>Kestrel tells of HTTP/3 over TCP, on the port number that it shares with UDP.</summary>
    [Fact]
    public async Task TcpOnTheSamePortOffersHttp3()
    {
        await using TestApplication application = await TestApplication.StartAsync();
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } };
        using var tcp = new HttpClient(handler);
        using HttpResponseMessage response = await tcp.GetAsync($"https://{application.EndPoint}/json").OrFail();
        Assert.Contains("HTTP/1.1", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal($"h3=\":{application.EndPoint.Port}\"", Assert.Single(response.Headers.GetValues("Alt-Svc")));
        await using Http3TestClient client = await application.ConnectAsync();
        Assert.Equal(200, (await client.GetAsync("/json")).Status);
    }

    /// <summary>
    /// Kestrel leaves HTTP/3 out where the system chooses the port and TCP is asked for too, since the two need not get the same one: it says
    /// so in its log, and does not ask the transport.
    /// </summary>
    [Fact]
    public async Task WithAnEphemeralPortKestrelServesTcpAlone()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Port = 0 });
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } };
        using var tcp = new HttpClient(handler);
        Assert.Contains("HTTP/1.1", await tcp.GetStringAsync($"https://{application.EndPoint}/json").OrFail(), StringComparison.Ordinal);
        Assert.Contains(application.Log.Entries, entry => entry.Category.Contains("Kestrel", StringComparison.Ordinal) && entry.Message.Contains("HTTP/3", StringComparison.Ordinal));
        Assert.DoesNotContain(application.Log.Entries, entry => entry.Event.Name == "Listening");
    }

    [Fact]
    public async Task AnEphemeralPortServesHttp3Alone()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Port = 0, Protocols = HttpProtocols.Http3 });
        await using Http3TestClient client = await application.ConnectAsync();
        Assert.Equal(200, (await client.GetAsync("/json")).Status);
    }

    [Fact]
    public async Task ARequestInFlightEndsInPeaceWhenTheServerStops()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapGet("/slow", async () =>
            {
                arrived.SetResult();
                await go.Task;
                return Results.Bytes(TestApplication.Pattern(1_000_000));
            }),
        });
        Task stopping;
        await using (Http3TestClient client = await application.ConnectAsync())
        {
            Task<Http3Answer> answering = client.GetAsync("/slow");
            await arrived.Task.OrFail();
            stopping = application.StopAsync();
            await client.GoAway.Task.OrFail();
            go.SetResult();
            Http3Answer answer = await answering;
            Assert.Equal(TestApplication.Pattern(1_000_000), answer.Body);
        }

        await stopping.OrFail();

        // Whoever comes later finds nobody.
        await Assert.ThrowsAnyAsync<Exception>(() => application.ConnectAsync());
    }

    [Fact]
    public async Task RequestsAreAnsweredInline()
    {
        byte[] body = TestApplication.Pattern(1_000_000);
        await using TestApplication application = await TestApplication.StartAsync(
            new TestApplicationSettings { Transport = options => options.UnsafePreferInlineScheduling = true });
        await using Http3TestClient client = await application.ConnectAsync();
        Http3Answer[] answers = await Task.WhenAll(Enumerable.Range(1, 50).Select(i =>
            i % 2 == 0 ? client.GetAsync("/bytes/1000000") : client.SendAsync("POST", "/upload", body)));
        string digest = Convert.ToHexStringLower(SHA256.HashData(body));
        Assert.All(answers, (answer, i) => Assert.True((i + 1) % 2 == 0 ? answer.Body.AsSpan().SequenceEqual(body) : answer.Text == digest));
    }

    [Fact]
    public async Task AnApplicationSeesTheConnectionsStatistics()
    {
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapGet("/rtt", (HttpContext context) =>
                context.Features.Get<IQuicConnectionStatisticsFeature>()!.GetStatistics().SmoothedRtt > TimeSpan.Zero ? "measured" : "unknown"),
        });
        await using Http3TestClient client = await application.ConnectAsync();
        Assert.Equal("measured", (await client.GetAsync("/rtt")).Text);
    }

    [Fact]
    public async Task TheServersEventsReachTheClientAsTheyHappen()
    {
        var go = new SemaphoreSlim(0);
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Map = routes => routes.MapGet("/events", async (HttpContext context) =>
            {
                for (int i = 0; i < 3; i++)
                {
                    await context.Response.WriteAsync($"data: {i}\n\n");
                    await context.Response.Body.FlushAsync();
                    await go.WaitAsync(context.RequestAborted);
                }
            }),
        });
        await using Http3TestClient client = await application.ConnectAsync();
        await using QuicStream stream = await client.OpenAsync();
        await stream.WriteAsync(Http3TestClient.RequestHeaders("GET", "/events"), completeWrites: true).OrFail();
        Assert.Equal(0x01, (await Http3TestClient.ReadFrameAsync(stream))!.Type);
        for (int i = 0; i < 3; i++)
        {
            Http3Frame frame = (await Http3TestClient.ReadFrameAsync(stream))!;
            Assert.Equal($"data: {i}\n\n", Encoding.ASCII.GetString(frame.Payload));
            go.Release();
        }

        Assert.Null(await Http3TestClient.ReadFrameAsync(stream));
    }
}
