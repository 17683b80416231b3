using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>The CertificateVerify message and the content that its signature covers (RFC 8446 §4.4.3).</summary>
internal static class CertificateVerifyMessage
{
    private const int PadLength = 64;
    private const byte Pad = 0x20;

    /// <summary>64 spaces, the signer's context string, a zero, the transcript hash.</summary>
    public static byte[] SignedContent(EndpointRole signer, ReadOnlySpan<byte> transcriptHash)
    {
        ReadOnlySpan<byte> context = signer == EndpointRole.Server
            ? "TLS 1.3, server CertificateVerify"u8
            : "TLS 1.3, client CertificateVerify"u8;
        byte[] content = new byte[PadLength + context.Length + 1 + transcriptHash.Length];
        content.AsSpan(0, PadLength).Fill(Pad);
        context.CopyTo(content.AsSpan(PadLength));
        transcriptHash.CopyTo(content.AsSpan(PadLength + context.Length + 1));
        return content;
    }

    /// <summary>Reads one whole message, header included.</summary>
    public static TransportError? Read(ReadOnlySpan<byte> message, out SignatureScheme scheme, out ReadOnlySpan<byte> signature)
    {
        var reader = new WireReader(message[HandshakeMessageLimits.HeaderLength..]);
        bool isWhole = reader.TryReadUInt16(out ushort value) & reader.TryReadVector16(out signature) & reader.IsEmpty;
        scheme = (SignatureScheme)value;
        return isWhole ? null : TransportError.FromAlert(TlsAlert.DecodeError, "a malformed CertificateVerify");
    }
}
