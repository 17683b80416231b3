namespace HotQuic.Http3.Requests;

/// <summary>The control data of a request beside its method (RFC 9114 §4.3.1).</summary>
internal readonly record struct RequestTarget(string Scheme, string Authority, string Path)
{
    /// <summary>Host and port, the port only where it is not the scheme's own. The zone of an address means something on this machine alone (RFC 6874 §4).</summary>
    public static string AuthorityOf(Uri uri)
    {
        string host = uri.HostNameType == UriHostNameType.IPv6 ? uri.Host : uri.IdnHost;
        return uri.IsDefaultPort ? host : $"{host}:{uri.Port}";
    }

    /// <summary>Path and query. An OPTIONS request for the server as a whole says "*" (RFC 9110 §7.1).</summary>
    public static string PathOf(string method, Uri uri) =>
        method == "OPTIONS" && uri.PathAndQuery == "/" && !uri.OriginalString.EndsWith('/') ? "*" : uri.PathAndQuery;
}
