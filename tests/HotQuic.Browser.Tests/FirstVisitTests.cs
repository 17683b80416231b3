using HotQuic.Kestrel.Tests.Http;

namespace HotQuic.Browser.Tests;

/// <summary>What users meet: nobody has told the browser of HTTP/3, and it learns of it from the answers that come over TCP.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class FirstVisitTests
{
    private static readonly TimeSpan TimeBetweenVisits = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The browser opens a connection when it has read Alt-Svc (RFC 7838), and goes on with HTTP/2 until that connection is there: how many
    /// visits that takes is for the machine to say.
    /// </summary>
    [SkippableFact]
    public async Task TheFirstIsHttp2AndLaterOnesAreHttp3()
    {
        Chromium.Require();
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings { Map = Resources.Map });
        await using Chromium browser = await Chromium.StartAsync(Chromium.AnotherPort);
        string url = $"https://{application.EndPoint}";
        Assert.Equal("h2", await browser.VisitAsync($"{url}/"));
        while (await browser.VisitAsync($"{url}/json") != "h3")
        {
            await Task.Delay(TimeBetweenVisits);
        }

        Assert.Equal("h3", await browser.VisitAsync($"{url}{Resources.Page}"));
        Assert.Equal(Enumerable.Repeat("h3", 50), await browser.ResourceProtocolsAsync());
        Assert.Equal(1, application.Connections);
    }

    /// <summary>An endpoint without HTTP/3 does not offer it, and the browser does not try.</summary>
    [SkippableFact]
    public async Task WithoutHttp3TheBrowserStaysWithHttp2()
    {
        Chromium.Require();
        await using TestApplication application = await TestApplication.StartAsync(new TestApplicationSettings
        {
            Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1AndHttp2,
        });
        await using Chromium browser = await Chromium.StartAsync(Chromium.AnotherPort);
        for (int visit = 0; visit < 3; visit++)
        {
            Assert.Equal("h2", await browser.VisitAsync($"https://{application.EndPoint}/"));
        }
    }
}
