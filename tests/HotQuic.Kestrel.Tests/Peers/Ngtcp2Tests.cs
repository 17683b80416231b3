using System.Security.Cryptography;
using HotQuic.Interop.Tests;
using HotQuic.Kestrel.Tests.Http;

namespace HotQuic.Kestrel.Tests.Peers;

/// <summary>
/// ngtcp2's client with a web application of ours. It ends with 0 whatever happened, so what it downloaded is looked at.
/// </summary>
public sealed class Ngtcp2Tests : IDisposable
{
    private const string Client = "/usr/bin/gtlsclient";

    private readonly DirectoryInfo _downloads = Directory.CreateTempSubdirectory("hotquic-kestrel-");

    [SkippableFact]
    public async Task APageAndJson()
    {
        await using TestApplication application = await StartAsync();
        await RunAsync(application, [], "json");
        Assert.Equal("""{"protocol":"HTTP/3","isHttps":true}""", await File.ReadAllTextAsync(FileOf("json")));
        Assert.Empty(application.Log.Complaints);
    }

    [SkippableFact]
    public async Task TwentyMegabytes()
    {
        const int size = 20_000_000;
        await using TestApplication application = await StartAsync();
        await RunAsync(application, [], $"bytes/{size}");
        Assert.Equal(SHA256.HashData(TestApplication.Pattern(size)), SHA256.HashData(await File.ReadAllBytesAsync(FileOf($"{size}"))));
    }

    [SkippableFact]
    public async Task AnUploadOfTenMegabytes()
    {
        byte[] body = TestApplication.Pattern(10_000_000);
        string file = FileOf("body");
        await File.WriteAllBytesAsync(file, body);
        await using TestApplication application = await StartAsync();
        await RunAsync(application, ["-m", "POST", "-d", file], "upload");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), await File.ReadAllTextAsync(FileOf("upload")));
    }

    [SkippableFact]
    public async Task TwoHundredSideBySide()
    {
        await using TestApplication application = await StartAsync();
        await RunAsync(application, [], [.. Enumerable.Range(1, 200).Select(size => $"bytes/{size}")]);
        Assert.Equal(Enumerable.Range(1, 200), _downloads.GetFiles().Select(file => (int)file.Length).Order());
    }

    /// <summary>K12: the client goes to another port while it waits, and the application's answer names it.</summary>
    [SkippableFact]
    public async Task K12_TheClientMoves()
    {
        await using TestApplication application = await StartAsync();
        await RunAsync(application, ["--change-local-addr=20ms", "--delay-stream=300ms"], "address");
        await RunAsync(application, ["--change-local-addr=20ms", "--delay-stream=300ms", "--nat-rebinding"], "json");
        Assert.StartsWith("127.0.0.1:", await File.ReadAllTextAsync(FileOf("address")), StringComparison.Ordinal);
        Assert.Contains("HTTP/3", await File.ReadAllTextAsync(FileOf("json")), StringComparison.Ordinal);
    }

    public void Dispose() => _downloads.Delete(recursive: true);

    private static Task<TestApplication> StartAsync()
    {
        TestEnvironment.Require(File.Exists(Client) ? null : $"{Client} is missing.");
        return TestApplication.StartAsync();
    }

    private string FileOf(string name) => Path.Combine(_downloads.FullName, name);

    private Task<string> RunAsync(TestApplication application, string[] options, params string[] paths) => PeerProgram.RunAsync(
        Client,
        [
            "-q", "--exit-on-all-streams-close", "--timeout=20s", "--sni=localhost", $"--download={_downloads.FullName}", .. options,
            "127.0.0.1", $"{application.EndPoint.Port}", .. paths.Select(path => $"https://localhost:{application.EndPoint.Port}/{path}"),
        ]);
}
