using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Interop.Tests;
using HotQuic.Kestrel.Tests;
using Microsoft.Playwright;

namespace HotQuic.Browser.Tests;

/// <summary>
/// A Chromium of its own, with a new profile, and one page in it. Start it, go somewhere, evaluate scripts there, and dispose of it, which
/// ends the browser and deletes its profile. It trusts the key of <see cref="TestCertificates.Localhost"/>, and reaches 127.0.0.1 alone.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    /// <summary>For <see cref="StartAsync"/>: a port where no server is, for a browser that has to learn of HTTP/3 from the server.</summary>
    public const int AnotherPort = 1;

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly IPage _page;

    private Chromium(IPlaywright playwright, IBrowser browser, IPage page)
    {
        _playwright = playwright;
        _browser = browser;
        _page = page;
    }

    /// <summary>What is left of the time that a test may take in all.</summary>
    private TimeSpan Patience => TimeSpan.FromTicks(Math.Max(0, (TestTime.Patience - Stopwatch.GetElapsedTime(_start)).Ticks));

    /// <summary>Skips the test where there is no Chromium, and fails it in CI.</summary>
    public static void Require() => TestEnvironment.Require(File.Exists(Program) ? null : $"{Program} is missing.");

    /// <summary>Starts the browser, which talks HTTP/3 to that port from its first request on.</summary>
    /// <param name="port">The port on 127.0.0.1.</param>
    public static async Task<Chromium> StartAsync(int port)
    {
        IPlaywright playwright = await Playwright.CreateAsync().OrFail();
        try
        {
            IBrowser browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = Arguments(port) }).OrFail();
            return new Chromium(playwright, browser, await browser.NewPageAsync().OrFail());
        }
        catch
        {
            // The driver's end is the browser's.
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>Goes to an address, waits until all of the page is loaded, and gives the protocol that it came by.</summary>
    public async Task<string> VisitAsync(string url)
    {
        await _page.GotoAsync(url).WaitAsync(Patience);
        return await EvaluateAsync<string>("performance.getEntriesByType('navigation')[0].nextHopProtocol");
    }

    /// <summary>Runs a script in the page and waits for what its promise gives.</summary>
    public Task<T> EvaluateAsync<T>(string script, object? argument = null) => _page.EvaluateAsync<T>(script, argument).WaitAsync(Patience);

    /// <summary>
    /// The protocol of each resource that the page has asked for. Neither the page itself nor its icon, which the browser asks for when it
    /// likes, is among them.
    /// </summary>
    public Task<string[]> ResourceProtocolsAsync() => EvaluateAsync<string[]>(
        "performance.getEntriesByType('resource').filter(entry => !entry.name.endsWith('/favicon.ico')).map(entry => entry.nextHopProtocol)");

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _browser.CloseAsync().OrFail();
        }
        finally
        {
            _playwright.Dispose();
        }
    }

    /// <summary>
    /// Without the sandbox, since root has none. Chromium refuses HTTP/3 with a certificate of no public authority, whoever trusts it, except
    /// from hosts that --origin-to-force-quic-on names, whatever the port there.
    /// </summary>
    private static string[] Arguments(int port) =>
    [
        "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        $"--origin-to-force-quic-on=127.0.0.1:{port}", $"--ignore-certificate-errors-spki-list={KeyDigest(TestCertificates.Localhost)}",
    ];

    /// <summary>What Chromium knows a key by: the SHA-256 of its SubjectPublicKeyInfo.</summary>
    private static string KeyDigest(X509Certificate2 certificate) =>
        Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
