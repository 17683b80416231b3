using HotQuic.Tools.Files;

namespace HotQuic.Tools.Tests.Files;

public sealed class RequestPathTests
{
    [Theory]
    [InlineData("/", "")]
    [InlineData("/file", "file")]
    [InlineData("/a/b.txt", "a|b.txt")]
    [InlineData("/a/", "a")]
    [InlineData("/file?query=/../x", "file")]
    [InlineData("/with%20space", "with space")]
    [InlineData("/%C3%A4", "ä")]
    [InlineData("/\u00c3\u00a4", "ä")]
    [InlineData("/...", "...")]
    [InlineData("/%252e%252e", "%2e%2e")]
    public void PlainPathsBecomeNames(string path, string names) => Assert.Equal(names, string.Join('|', RequestPath.Parse(path)!));

    [Theory]
    [InlineData("")]
    [InlineData("file")]
    [InlineData("..")]
    [InlineData("//etc/passwd")]
    [InlineData("/a//b")]
    [InlineData("/..")]
    [InlineData("/../etc/passwd")]
    [InlineData("/a/../../etc/passwd")]
    [InlineData("/a/./b")]
    [InlineData("/%2e%2e/etc/passwd")]
    [InlineData("/%2E./etc/passwd")]
    [InlineData("/..%2fetc%2fpasswd")]
    [InlineData("/a%2Fb")]
    [InlineData("/..\\etc")]
    [InlineData("/..%5cetc")]
    [InlineData("/a%00b")]
    [InlineData("/a\0b")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%")]
    [InlineData("/a%2")]
    [InlineData("/a%zz")]
    [InlineData("/%ff")]
    [InlineData("/%c0%ae%c0%ae/etc")]
    [InlineData("/\u2025")]
    [InlineData("https://host/file")]
    public void EverythingElseIsRefused(string path) => Assert.Null(RequestPath.Parse(path));
}
