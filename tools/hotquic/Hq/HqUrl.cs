namespace HotQuic.Tools.Hq;

/// <summary>One URL to fetch: which server, what to ask it for, and the name of the file that it becomes.</summary>
/// <param name="Text">The URL as the user wrote it.</param>
/// <param name="Host">The server's name or address, without brackets.</param>
/// <param name="Port">Its port.</param>
/// <param name="RequestPath">The path and query, percent-encoded.</param>
/// <param name="FileName">The name that the file gets: the last name of the path, or index.html where there is none.</param>
internal sealed record HqUrl(string Text, string Host, int Port, string RequestPath, string FileName)
{
    private const string Index = "index.html";

    /// <summary>Reads <c>https://host[:port]/path</c>; the reason when it is none, or names no file that could be written.</summary>
    public static bool TryParse(string text, out HqUrl? url, out string reason)
    {
        url = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps || uri.UserInfo.Length > 0)
        {
            reason = $"'{text}' is not a URL such as https://example.org:4433/file.";
            return false;
        }

        string last = uri.AbsolutePath[(uri.AbsolutePath.LastIndexOf('/') + 1)..];
        string? name = last.Length == 0 ? Index : Files.RequestPath.Decode(last);
        if (name is null || !Files.RequestPath.IsPlainName(name))
        {
            reason = $"'{text}' does not end in a name that a file could have.";
            return false;
        }

        reason = string.Empty;
        url = new(text, uri.DnsSafeHost, uri.Port, uri.PathAndQuery, name);
        return true;
    }
}
