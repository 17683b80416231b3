using System.Net;
using System.Security.Cryptography;
using HotQuic.Kestrel.Tests.Http;
using Microsoft.Playwright;

namespace HotQuic.Browser.Tests;

/// <summary>A server goes and comes back on the same port, while the browser with its connection, its tickets and its tokens stays.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class RestartTests
{
    private static readonly byte[] ResetKey = RandomNumberGenerator.GetBytes(32);

    [SkippableFact]
    public async Task AServerThatWasStopped()
    {
        Chromium.Require();
        int port = FreePort.Find();
        await using Chromium browser = await Chromium.StartAsync(port);
        for (int run = 0; run < 3; run++)
        {
            await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Port = port });
            Assert.Equal("h3", await browser.VisitAsync($"https://127.0.0.1:{port}/"));
            Assert.Equal(1, application.Connections);
        }
    }

    /// <summary>The server says nothing: from the system's refusal the browser learns that it is gone, and later tries anew.</summary>
    [SkippableFact]
    public async Task AServerThatWasKilled()
    {
        Chromium.Require();
        int port = FreePort.Find();
        string url = $"https://127.0.0.1:{port}/style.css";
        await using Chromium browser = await Chromium.StartAsync(port);
        await using (await WebAppProcess.StartAsync(port))
        {
            Assert.Equal("h3", await browser.VisitAsync(url));
        }

        await Assert.ThrowsAsync<PlaywrightException>(() => browser.VisitAsync(url));
        await using WebAppProcess restarted = await WebAppProcess.StartAsync(port);
        Assert.Equal("h3", await browser.VisitAsync(url));
        const string script = "fetch('/request').then(answer => answer.json()).then(request => request.protocol)";
        Assert.Equal("HTTP/3", await browser.EvaluateAsync<string>(script));
    }

    /// <summary>
    /// Killed and started again before the browser noticed, with the same key: what the browser then sends on its connection is answered with a
    /// stateless reset that it knows (RFC 9000 §10.3), and it connects anew at once, rather than when it has lost patience.
    /// </summary>
    [SkippableFact]
    public async Task AServerThatWasKilledAndIsBackWithItsKey()
    {
        Chromium.Require();
        int port = FreePort.Find();
        string url = $"https://127.0.0.1:{port}/style.css";
        await using Chromium browser = await Chromium.StartAsync(port);
        await using (await WebAppProcess.StartAsync(port, ResetKey))
        {
            Assert.Equal("h3", await browser.VisitAsync(url));
        }

        await using WebAppProcess restarted = await WebAppProcess.StartAsync(port, ResetKey);
        Assert.Equal("h3", await browser.VisitAsync(url));
    }

    /// <summary>The same for a client of ours, which tells what it saw.</summary>
    [Fact]
    public async Task AClientLearnsByAResetThatTheServerWasKilled()
    {
        int port = FreePort.Find();
        Http3TestClient client;
        await using (await WebAppProcess.StartAsync(port, ResetKey))
        {
            client = await Http3TestClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            Assert.Equal(200, (await client.GetAsync("/style.css")).Status);
        }

        await using WebAppProcess restarted = await WebAppProcess.StartAsync(port, ResetKey);
        QuicException exception = await Assert.ThrowsAsync<QuicException>(() => client.GetAsync("/style.css"));
        Assert.Contains("reset", exception.Message, StringComparison.Ordinal);
        await client.DisposeAsync();
    }
}
