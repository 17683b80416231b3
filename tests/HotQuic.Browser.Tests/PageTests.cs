using System.Security.Cryptography;
using HotQuic.Kestrel;
using HotQuic.Kestrel.Tests;
using HotQuic.Kestrel.Tests.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace HotQuic.Browser.Tests;

/// <summary>What pages do: resources, uploads, downloads, many requests at once, and what users do, who come back and change their minds.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class PageTests
{
    [SkippableFact]
    public async Task FiftyResources()
    {
        await using TestApplication application = await StartAsync(Resources.Map);
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}{Resources.Page}"));
        Assert.Equal(Enumerable.Repeat("h3", 50), await browser.ResourceProtocolsAsync());
        Assert.Equal(Resources.WhatThePageSees, await browser.EvaluateAsync<string>(Resources.LookAtThePage));
        Assert.Empty(application.Log.Complaints);
    }

    [SkippableFact]
    public async Task AnUploadOfTenMegabytes()
    {
        const int size = 10_000_000;
        const string script = """
            async size => {
              const body = new Uint8Array(size);
              for (let i = 0; i < size; i++)
                body[i] = 31 * i + 7 + 13 * (i >> 8) + 5 * (i >> 16);
              return (await fetch("/upload", { method: "POST", body })).text();
            }
            """;
        await using TestApplication application = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(TestApplication.Pattern(size))), await browser.EvaluateAsync<string>(script, size));
        Assert.Equal(["h3"], await browser.ResourceProtocolsAsync());
    }

    [SkippableFact]
    public async Task ADownloadOfFiftyMegabytes()
    {
        const int size = 50_000_000;
        const string script = """
            async size => {
              const bytes = await (await fetch(`/bytes/${size}`)).arrayBuffer();
              return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
            }
            """;
        await using TestApplication application = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(TestApplication.Pattern(size))), await browser.EvaluateAsync<string>(script, size));
        Assert.Equal(["h3"], await browser.ResourceProtocolsAsync());
    }

    /// <summary>None of the requests is answered before the last of them is there.</summary>
    [SkippableFact]
    public async Task AHundredRequestsInFlight()
    {
        const int count = 100;
        const string script = """
            async count => {
              const answers = await Promise.all(Array.from({ length: count }, (_, i) => fetch(`/meeting/${i}`)));
              return Promise.all(answers.map(answer => answer.text()));
            }
            """;
        int missing = count;
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await StartAsync(routes => routes.MapGet("/meeting/{name}", async (string name, HttpContext context) =>
        {
            if (Interlocked.Decrement(ref missing) == 0)
            {
                complete.SetResult();
            }

            await complete.Task.WaitAsync(context.RequestAborted);
            return name;
        }));
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), await browser.EvaluateAsync<string[]>(script, count));
        Assert.Equal(Enumerable.Repeat("h3", count), await browser.ResourceProtocolsAsync());
        Assert.Equal(1, application.Connections);
    }

    /// <summary>The application learns at once that the page does not want the answer anymore.</summary>
    [SkippableFact]
    public async Task ARequestThatIsGivenUp()
    {
        const string script = """
            async () => {
              const abort = new AbortController();
              const answer = await fetch("/endless", { signal: abort.signal });
              const reader = answer.body.getReader();
              await reader.read();
              abort.abort();
              return reader.read().catch(error => error.name);
            }
            """;
        var abandoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestApplication application = await StartAsync(routes => routes.MapGet("/endless", async (HttpContext context) =>
        {
            await using CancellationTokenRegistration registration = context.RequestAborted.Register(abandoned.SetResult);
            await context.Response.WriteAsync("and", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
            await abandoned.Task;
        }));
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        await browser.VisitAsync($"https://{application.EndPoint}/");
        Assert.Equal("AbortError", await browser.EvaluateAsync<string>(script));
        await abandoned.Task.OrFail();
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}/"));
        Assert.Equal(1, application.Connections);
    }

    [SkippableFact]
    public async Task ASecondVisitUsesTheConnectionOfTheFirst()
    {
        await using TestApplication application = await StartAsync();
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}/"));
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}/json"));
        Assert.Equal(1, application.Connections);
    }

    /// <summary>The connection of the first visit has ended, as idle ones do (RFC 9000 §10.1), and the next visit has one of its own.</summary>
    [SkippableFact]
    public async Task ASecondVisitAfterALongTime()
    {
        await using TestApplication application = await StartAsync(transport: options => options.IdleTimeout = TimeSpan.FromSeconds(1));
        await using Chromium browser = await Chromium.StartAsync(application.EndPoint.Port);
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}/"));
        await TestApplication.EventuallyAsync(0, () => application.Connections);
        Assert.Equal("h3", await browser.VisitAsync($"https://{application.EndPoint}/json"));
        Assert.Equal(1, application.Connections);
    }

    private static Task<TestApplication> StartAsync(Action<WebApplication>? map = null, Action<HotQuicTransportOptions>? transport = null)
    {
        Chromium.Require();
        return TestApplication.StartAsync(new TestApplicationSettings { Map = map, Transport = transport });
    }
}
