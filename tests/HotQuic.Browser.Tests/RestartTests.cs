using HotQuic.Kestrel.Tests.Http;
using Microsoft.Playwright;

namespace HotQuic.Browser.Tests;

/// <summary>A server goes and comes back on the same port, while the browser with its connection, its tickets and its tokens stays.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class RestartTests
{
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
}
