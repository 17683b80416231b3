using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using HotQuic.Interop.Tests;
using HotQuic.Kestrel.Tests.Http;

namespace HotQuic.Kestrel.Tests.Peers;

/// <summary>Bun's fetch, which is lsquic with BoringSSL, with a web application of ours.</summary>
public sealed class BunTests
{
    /// <summary>Fetches each URL over HTTP/3, all at once, and prints status, size, SHA-256 and the beginning of the text.</summary>
    private const string Script = """
        const [base, method, size, ...paths] = process.argv.slice(1);
        const body = method === "POST" ? Uint8Array.from({ length: Number(size) }, (_, i) => (31 * i + 7 + 13 * (i >> 8) + 5 * (i >> 16)) & 255) : undefined;
        const results = await Promise.all(paths.map(async path => {
          const answer = await fetch(base + path, { protocol: "http3", method, body, tls: { rejectUnauthorized: false } });
          const bytes = new Uint8Array(await answer.arrayBuffer());
          return { Status: answer.status, Size: bytes.length, Digest: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"), Text: new TextDecoder().decode(bytes.slice(0, 200)) };
        }));
        console.log("RESULT " + JSON.stringify(results));
        process.exit(0);
        """;

    private static readonly string Program = Path.Combine(TestEnvironment.PeersDirectory, "node_modules", "@oven", "bun-linux-x64", "bin", "bun");

    [SkippableFact]
    public async Task APageAndJson()
    {
        await using TestApplication application = await StartAsync();
        Result[] results = await FetchAsync(application, "GET", 0, "/", "/json");
        Assert.Equal(["<!doctype html><title>HotQuic</title>", """{"protocol":"HTTP/3","isHttps":true}"""], results.Select(result => result.Text));
        Assert.Empty(application.Log.Complaints);
    }

    [SkippableFact]
    public async Task TwentyMegabytes()
    {
        const int size = 20_000_000;
        await using TestApplication application = await StartAsync();
        Result result = Assert.Single(await FetchAsync(application, "GET", 0, $"/bytes/{size}"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(TestApplication.Pattern(size))), result.Digest);
    }

    [SkippableFact]
    public async Task AnUploadOfTenMegabytes()
    {
        const int size = 10_000_000;
        await using TestApplication application = await StartAsync();
        Result result = Assert.Single(await FetchAsync(application, "POST", size, "/upload"));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(TestApplication.Pattern(size))), result.Text);
    }

    [SkippableFact]
    public async Task TwoHundredSideBySide()
    {
        await using TestApplication application = await StartAsync();
        Result[] results = await FetchAsync(application, "GET", 0, [.. Enumerable.Range(1, 200).Select(size => $"/bytes/{size}")]);
        Assert.Equal(Enumerable.Range(1, 200), results.Select(result => result.Size));
    }

    private static Task<TestApplication> StartAsync()
    {
        TestEnvironment.Require(File.Exists(Program) ? null : $"{Program} is missing.");
        return TestApplication.StartAsync();
    }

    private static async Task<Result[]> FetchAsync(TestApplication application, string method, int size, params string[] paths)
    {
        string output = await PeerProgram.RunAsync(
            Program, ["-e", Script, $"https://{application.EndPoint}", method, size.ToString(CultureInfo.InvariantCulture), .. paths]);
        string line = output.Split('\n').LastOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal)) ?? throw new InvalidOperationException(output);
        return JsonSerializer.Deserialize<Result[]>(line["RESULT ".Length..])!;
    }

    private sealed record Result(int Status, int Size, string Digest, string Text);
}
