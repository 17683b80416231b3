using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>The cookie of a HelloRetryRequest and of the ClientHello after it (RFC 8446 §4.2.2).</summary>
internal static class CookieExtension
{
    /// <summary>Longest cookie that we give, or echo: a second ClientHello has to hold it beside everything else.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>False where the body is not exactly one cookie of at least one byte.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> cookie)
    {
        var reader = new WireReader(body);
        return reader.TryReadVector16(out cookie) && reader.IsEmpty && !cookie.IsEmpty;
    }
}
