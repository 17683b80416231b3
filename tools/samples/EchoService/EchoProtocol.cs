using System.Net.Security;

namespace EchoService;

/// <summary>What both sides agree on: the protocol's name (ALPN) and its error codes, which are the application's own (RFC 9000 §20.2).</summary>
internal static class EchoProtocol
{
    /// <summary>Nothing is wrong.</summary>
    public const long NoError = 0;

    /// <summary>This side gives up what it was doing.</summary>
    public const long GivenUp = 1;

    public static List<SslApplicationProtocol> Names { get; } = [new("echo")];
}
