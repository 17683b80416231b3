using HotQuic.Core.Errors;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Tls;

/// <summary>The errors of a handshake that are not TLS alerts but QUIC's own codes.</summary>
internal static class HandshakeErrors
{
    public static TransportError Violation(string reason) =>
        new(TransportErrorCode.ProtocolViolation, (ulong)FrameType.Crypto, reason);

    /// <summary>RFC 9000 §7.5: more than we are willing to keep.</summary>
    public static TransportError TooLong(string reason) =>
        new(TransportErrorCode.CryptoBufferExceeded, (ulong)FrameType.Crypto, reason);
}
