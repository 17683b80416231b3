using System.Diagnostics;
using HotQuic.Tools.Files;

namespace HotQuic.Tools.Tests.Files;

public sealed class ServedDirectoryTests : IDisposable
{
    private const string Secret = "secret";

    private readonly TemporaryDirectory _temporary = new();
    private readonly ServedDirectory _served;

    public ServedDirectoryTests()
    {
        _temporary.Write("outside/secret.txt", Secret);
        _temporary.Write("served-not/secret.txt", Secret);
        _temporary.Write("served/file.txt", "content");
        _temporary.Write("served/sub/deep.txt", "deep");
        _temporary.Write("served/sub/index.html", "index");
        _temporary.Write("served/empty", string.Empty);
        _served = new(_temporary.In("served"));
    }

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("/file.txt", "content")]
    [InlineData("/sub/deep.txt", "deep")]
    [InlineData("/sub/", "index")]
    [InlineData("/sub", "index")]
    [InlineData("/file%2etxt?x", "content")]
    [InlineData("/empty", "")]
    public void FilesWithinAreServed(string path, string content) => Assert.Equal(content, Read(path));

    [Theory]
    [InlineData("/missing")]
    [InlineData("/")]
    [InlineData("/file.txt/more")]
    [InlineData("/../outside/secret.txt")]
    [InlineData("/%2e%2e/outside/secret.txt")]
    [InlineData("/sub/../../outside/secret.txt")]
    [InlineData("/..%2foutside%2fsecret.txt")]
    [InlineData("/../served-not/secret.txt")]
    [InlineData("/file.txt%00.html")]
    [InlineData("file.txt")]
    public void NothingElseIs(string path) => Assert.Null(Read(path));

    [Fact]
    public void AnAbsolutePathIsNotServed()
    {
        Assert.Null(Read(_temporary.In("outside/secret.txt")));
        Assert.Null(Read("/" + _temporary.In("outside/secret.txt")));
        Assert.Null(Read("/" + Uri.EscapeDataString(_temporary.In("outside/secret.txt"))));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(5000)]
    [InlineData(1_000_000)]
    public void AVeryLongNameIsNotServed(int length) => Assert.Null(Read("/" + new string('a', length)));

    [Fact]
    public void AVeryDeepPathIsNotServed() => Assert.Null(Read(string.Concat(Enumerable.Repeat("/a", 5000))));

    [Theory]
    [InlineData("../outside/secret.txt")]
    [InlineData("sub/../../outside/secret.txt")]
    [InlineData("up/outside/secret.txt")]
    public void ALinkThatLeadsOutIsNotServed(string target)
    {
        Directory.CreateSymbolicLink(_temporary.In("served/up"), "..");
        File.CreateSymbolicLink(_temporary.In("served/link"), target);

        Assert.Equal(Secret, File.ReadAllText(_temporary.In("served/link")));
        Assert.Null(Read("/link"));
    }

    [Fact]
    public void AnAbsoluteLinkThatLeadsOutIsNotServed()
    {
        File.CreateSymbolicLink(_temporary.In("served/link"), _temporary.In("outside/secret.txt"));

        Assert.Null(Read("/link"));
    }

    [Fact]
    public void ADirectoryLinkThatLeadsOutIsNotServed()
    {
        Directory.CreateSymbolicLink(_temporary.In("served/out"), "../outside");
        Directory.CreateSymbolicLink(_temporary.In("served/again"), "out");

        Assert.Null(Read("/out/secret.txt"));
        Assert.Null(Read("/again/secret.txt"));
    }

    [Fact]
    public void AnIndexThatLeadsOutIsNotServed()
    {
        File.CreateSymbolicLink(_temporary.In("served/index.html"), "../outside/secret.txt");

        Assert.Null(Read("/"));
    }

    [Fact]
    public void ALinkThatStaysWithinIsServed()
    {
        File.CreateSymbolicLink(_temporary.In("served/link"), "sub/deep.txt");
        Directory.CreateSymbolicLink(_temporary.In("served/dir"), "sub/../sub");

        Assert.Equal("deep", Read("/link"));
        Assert.Equal("deep", Read("/dir/deep.txt"));
    }

    [Fact]
    public void LinksInACircleEnd()
    {
        File.CreateSymbolicLink(_temporary.In("served/one"), "two");
        File.CreateSymbolicLink(_temporary.In("served/two"), "one");

        Assert.Null(Read("/one"));
    }

    [Fact]
    public void AServedDirectoryMayItselfBeALink()
    {
        Directory.CreateSymbolicLink(_temporary.In("alias"), "served");

        Assert.Equal("content", Read("/file.txt", new ServedDirectory(_temporary.In("alias"))));
    }

    [SkippableFact]
    public void APipeIsNotWaitedFor()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "mkfifo is a Unix command");
        using Process? made = Process.Start("mkfifo", _temporary.In("served/pipe"));
        made!.WaitForExit();

        Assert.Equal(string.Empty, Read("/pipe"));
    }

    [Fact]
    public void OnlyADirectoryCanBeServed() => Assert.Throws<CommandException>(() => new ServedDirectory(_temporary.In("served/file.txt")));

    private string? Read(string path, ServedDirectory? served = null)
    {
        using Stream? content = (served ?? _served).TryOpen(path);
        return content is null ? null : new StreamReader(content).ReadToEnd();
    }
}
