namespace HotQuic.Core.Errors;

/// <summary>
/// Why a connection has to end: code, the frame type that caused it (0 where none did) and a fixed sentence. It is built
/// where the fault is found and returned, never thrown; null means that all is well, which costs the good path nothing.
/// </summary>
internal sealed record TransportError(TransportErrorCode Code, ulong FrameType, string Reason)
{
    /// <summary>A TLS alert as the transport error that carries it (RFC 9001 §4.8).</summary>
    public static TransportError FromAlert(TlsAlert alert, string reason) =>
        new((TransportErrorCode)((ulong)TransportErrorCode.CryptoErrorBase + (byte)alert), 0x06, reason);

    /// <summary>The alert inside a code of 0x0100 to 0x01ff, or null for any other code.</summary>
    public static TlsAlert? AlertOf(ulong code) => code is >= 0x0100 and <= 0x01ff ? (TlsAlert)(byte)code : null;
}
