namespace HotQuic.Tools.Hq;

/// <summary>
/// HTTP/0.9 on QUIC streams, as interop tests speak it: on each bidirectional stream the client sends <c>GET /path</c>, a line end and
/// FIN, and the server answers with the file's bytes and FIN. There is no status: what cannot be served is a reset of the stream.
/// </summary>
internal static class HqProtocol
{
    /// <summary>The protocol's name in ALPN.</summary>
    public const string ApplicationProtocol = "hq-interop";

    /// <summary>The longest request, in bytes.</summary>
    public const int LongestRequest = 8 * 1024;

    /// <summary>Application error code 0: nothing is wrong.</summary>
    public const long NoError = 0;

    /// <summary>Application error code of a reset stream: the request is not one of this protocol.</summary>
    public const long BadRequest = 0x400;

    /// <summary>Application error code of a reset stream: there is nothing to serve at this path.</summary>
    public const long NotFound = 0x404;

    /// <summary>Application error code of a reset stream: the file could not be read to its end.</summary>
    public const long ReadFailed = 0x500;

    /// <summary>What is read and written at once, in bytes.</summary>
    public const int BufferSize = 64 * 1024;
}
