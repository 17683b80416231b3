using System.Net.Security;

namespace RequestService;

/// <summary>
/// Counters in the server's memory. A bidirectional stream carries requests, one after the other, each "add this to that counter", and back
/// come the new values in the same order. All numbers are little-endian.
/// <code>
/// request     counter (2 bytes)   what to add (8 bytes)
/// response    new value (8 bytes)
/// </code>
/// </summary>
internal static class CounterProtocol
{
    public const int RequestLength = 10;
    public const int ResponseLength = 8;

    /// <summary>Nothing is wrong; from a server that stops, too.</summary>
    public const long NoError = 0;

    /// <summary>A stream ended in the middle of a request.</summary>
    public const long Malformed = 1;

    /// <summary>This side gives up what it was doing.</summary>
    public const long GivenUp = 2;

    public static List<SslApplicationProtocol> Names { get; } = [new("counter")];
}
