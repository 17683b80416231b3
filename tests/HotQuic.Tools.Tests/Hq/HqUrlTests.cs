using HotQuic.Tools.Hq;

namespace HotQuic.Tools.Tests.Hq;

public sealed class HqUrlTests
{
    [Theory]
    [InlineData("https://example.org/file", "example.org", 443, "/file", "file")]
    [InlineData("https://127.0.0.1:4433/a/b.txt?q=1", "127.0.0.1", 4433, "/a/b.txt?q=1", "b.txt")]
    [InlineData("https://[::1]:4433/x", "::1", 4433, "/x", "x")]
    [InlineData("https://example.org", "example.org", 443, "/", "index.html")]
    [InlineData("https://example.org/dir/", "example.org", 443, "/dir/", "index.html")]
    [InlineData("https://example.org/with%20space", "example.org", 443, "/with%20space", "with space")]
    public void AUrlNamesServerPathAndFile(string text, string host, int port, string path, string file)
    {
        Assert.True(HqUrl.TryParse(text, out HqUrl? url, out _));

        Assert.Equal((host, port, path, file), (url!.Host, url.Port, url.RequestPath, url.FileName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/file")]
    [InlineData("example.org/file")]
    [InlineData("http://example.org/file")]
    [InlineData("https://user:password@example.org/file")]
    [InlineData("https://example.org/a%2Fb")]
    [InlineData("https://example.org/..%2f..%2fetc%2fpasswd")]
    [InlineData("https://example.org/a%5Cb")]
    [InlineData("https://example.org/a%00b")]
    [InlineData("https://example.org/%ff")]
    public void WhatIsNoUrlOrNoFileNameIsRefusedWithAReason(string text)
    {
        Assert.False(HqUrl.TryParse(text, out _, out string reason));
        Assert.Contains($"'{text}'", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ARequestIsOneLineWhateverTheUrl()
    {
        Assert.True(HqUrl.TryParse("https://example.org/a\r\nGET /b", out HqUrl? url, out _));

        Assert.DoesNotContain('\n', url!.RequestPath);
    }
}
