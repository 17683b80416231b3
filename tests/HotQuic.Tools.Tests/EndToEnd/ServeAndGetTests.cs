using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Tools.Certificates;

namespace HotQuic.Tools.Tests.EndToEnd;

[Collection(nameof(EndToEnd))]
public sealed class ServeAndGetTests : IDisposable
{
    private readonly ServedFiles _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task FilesComeWholeAndInParallelFromAServerWithAGivenCertificate()
    {
        byte[] large = RandomNumberGenerator.GetBytes(3_000_000);
        File.WriteAllBytes(_temporary.In("served/large"), large);
        _temporary.Write("served/small", "small");
        _temporary.Write("served/empty", string.Empty);
        using ServerIdentity identity = ServerIdentity.From(chain: null, key: null);
        string chain = _temporary.Write("chain.pem", identity.Certificate.ExportCertificatePem());
        string key = _temporary.Write("key.pem", identity.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        using ToolProcess serve = _temporary.Serve("--cert", chain, "--key", key, "--retry", "--keylog", _temporary.In("server.keys"));
        string server = await ServedFiles.UrlOf(serve);

        Invocation get = await Invocation.RunAsync(
            "get", server + "large", server + "small", server + "empty", "--output", _temporary.In("got"), "--ca", chain,
            "--cipher", "chacha20", "--keylog", _temporary.In("client.keys"));

        Assert.True(get.ExitCode == ExitCode.Success, get.Error);
        Assert.Equal(large, File.ReadAllBytes(_temporary.In("got/large")));
        Assert.Equal("small", File.ReadAllText(_temporary.In("got/small")));
        Assert.Equal(3, Directory.GetFileSystemEntries(_temporary.In("got")).Length);
        Assert.Equal(File.ReadAllLines(_temporary.In("client.keys")).Order(), File.ReadAllLines(_temporary.In("server.keys")).Order());
    }

    [Fact]
    public async Task FilesComeOverHttp3FromTheDirectoryAlone()
    {
        byte[] large = RandomNumberGenerator.GetBytes(3_000_000);
        File.WriteAllBytes(_temporary.In("served/large"), large);
        _temporary.Write("secret", "secret");
        File.CreateSymbolicLink(_temporary.In("served/link"), "../secret");
        using ToolProcess serve = _temporary.Serve("--http3", "--retry");
        string server = await ServedFiles.UrlOf(serve);

        Invocation get = await Invocation.RunAsync(
            "get", "--http3", server + "large", server + "link", "--output", _temporary.In("got"), "--insecure");

        Assert.Equal(ExitCode.Failure, get.ExitCode);
        Assert.Contains($"{server}link: the server answers 404", get.Error, StringComparison.Ordinal);
        Assert.Equal(large, File.ReadAllBytes(_temporary.In("got/large")));
        Assert.Single(Directory.GetFileSystemEntries(_temporary.In("got")));
    }

    [Fact]
    public async Task WhoForgetsTheOptionForHttp3IsRemindedOfIt()
    {
        using ToolProcess serve = _temporary.Serve("--http3");

        Invocation get = await Invocation.RunAsync("get", await ServedFiles.UrlOf(serve) + "file", "--output", _temporary.In("got"), "--insecure");

        Assert.Equal(ExitCode.Failure, get.ExitCode);
        Assert.Contains("wants --http3", get.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheServerDoesNotServeLeavesNothingBehind()
    {
        _temporary.Write("secret", "secret");
        _temporary.Write("served/file", "content");
        File.CreateSymbolicLink(_temporary.In("served/link"), "../secret");
        using ToolProcess serve = _temporary.Serve();
        string server = await ServedFiles.UrlOf(serve);

        Invocation get = await Invocation.RunAsync(
            "get", server + "file", server + "missing", server + "link", "--output", _temporary.In("got"), "--insecure");

        Assert.Equal(ExitCode.Failure, get.ExitCode);
        Assert.Contains($"{server}missing: the server has no such file", get.Error, StringComparison.Ordinal);
        Assert.Contains($"{server}link: the server has no such file", get.Error, StringComparison.Ordinal);
        Assert.Equal(_temporary.In("got/file"), Assert.Single(Directory.GetFileSystemEntries(_temporary.In("got"))));
    }

    [Fact]
    public async Task AServerThatIsNotTrustedIsNotAskedForAnything()
    {
        _temporary.Write("served/file", "content");
        using ToolProcess serve = _temporary.Serve();

        Invocation get = await Invocation.RunAsync("get", await ServedFiles.UrlOf(serve) + "file", "--output", _temporary.In("got"));

        Assert.Equal(ExitCode.Failure, get.ExitCode);
        Assert.Contains("TLS", get.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.In("got")));
    }

    [Fact]
    public async Task BrokenOffItLeavesNothingBehind()
    {
        using (FileStream huge = File.Create(_temporary.In("served/huge")))
        {
            huge.SetLength(20L << 30);
        }

        File.CreateSymbolicLink(_temporary.In("served/also-huge"), "huge");
        using ToolProcess serve = _temporary.Serve();
        string server = await ServedFiles.UrlOf(serve);
        using CancellationTokenSource stop = new();
        using FileSystemWatcher watcher = new(_temporary.In("got"));
        watcher.Created += (_, _) => stop.Cancel();
        watcher.EnableRaisingEvents = true;

        Invocation get = await Invocation.RunAsync(
            ["get", server + "huge", server + "also-huge", "--output", _temporary.In("got"), "--insecure"], stop.Token);

        Assert.Equal(ExitCode.Failure, get.ExitCode);
        Assert.Equal("hotquic: interrupted", get.Error.TrimEnd());
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.In("got")));
    }

    [Fact]
    public async Task AClientThatIsKilledHasNothingUnderTheFilesNameAndOthersAreServed()
    {
        _temporary.Write("served/file", "content");
        using ToolProcess serve = _temporary.Serve();
        string server = await ServedFiles.UrlOf(serve);
        using (_temporary.StartHuge(server))
        {
            await _temporary.FileBeginsAsync();
        }

        Invocation other = await Invocation.RunAsync("get", server + "file", "--output", _temporary.In("other"), "--insecure");

        Assert.True(other.ExitCode == ExitCode.Success, other.Error);
        Assert.Equal("content", File.ReadAllText(_temporary.In("other/file")));
        Assert.False(File.Exists(_temporary.In("got/huge")));
    }

    [SkippableFact]
    public async Task BothSidesWriteAQlogFileOfTheirConnection()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals");
        _temporary.Write("served/file", "content");
        using ToolProcess serve = _temporary.Serve("--qlog", _temporary.In("qlog"));
        using ToolProcess get = ToolProcess.Start(
            "get", await ServedFiles.UrlOf(serve) + "file", "--output", _temporary.In("got"), "--insecure", "--qlog", _temporary.In("qlog"));
        Assert.Equal(ExitCode.Success, await get.WaitForExitAsync());

        serve.Signal("TERM");

        Assert.Equal(ExitCode.Success, await serve.WaitForExitAsync());
        string[] files = [.. Directory.GetFiles(_temporary.In("qlog")).Select(Path.GetFileName).Order()!];
        Assert.Equal(2, files.Length);
        Assert.EndsWith("_client.sqlog", files[0], StringComparison.Ordinal);
        Assert.EndsWith("_server.sqlog", files[1], StringComparison.Ordinal);
        Assert.All(files, file => Assert.NotEqual(0, new FileInfo(_temporary.In($"qlog/{file}")).Length));
    }

    [SkippableFact]
    public async Task AServerStopsWhenAskedTo()
    {
        Skip.If(OperatingSystem.IsWindows(), "signals");
        using ToolProcess serve = _temporary.Serve();
        await ServedFiles.UrlOf(serve);

        serve.Signal("TERM");

        Assert.Equal(ExitCode.Success, await serve.WaitForExitAsync());
    }

    [Fact]
    public async Task TheFingerprintOfTheMadeCertificateIsPrinted()
    {
        using ToolProcess serve = _temporary.Serve();
        await ServedFiles.UrlOf(serve);

        Assert.Matches("SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$", await serve.ReadLineAsync());
    }
}
