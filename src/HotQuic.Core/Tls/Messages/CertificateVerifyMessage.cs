using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>The CertificateVerify message and the content that its signature covers (RFC 8446 §4.4.3).</summary>
internal static class CertificateVerifyMessage
{
    /// <summary>Room for the longest content, in bytes.</summary>
    public const int MaxContentLength = PadLength + ContextLength + 1 + Secrets.HashFunctions.MaxLength;

    private const int PadLength = 64;
    private const int ContextLength = 33;
    private const byte Pad = 0x20;

    /// <summary>64 spaces, the signer's context string, a zero, the transcript hash.</summary>
    /// <param name="signer">Whose signature it is.</param>
    /// <param name="transcriptHash">The hash of the messages up to the signer's Certificate.</param>
    /// <param name="content">At least <see cref="MaxContentLength"/> bytes.</param>
    /// <returns>How much of it was filled.</returns>
    public static int WriteSignedContent(EndpointRole signer, ReadOnlySpan<byte> transcriptHash, Span<byte> content)
    {
        ReadOnlySpan<byte> context = signer == EndpointRole.Server
            ? "TLS 1.3, server CertificateVerify"u8
            : "TLS 1.3, client CertificateVerify"u8;
        content[..PadLength].Fill(Pad);
        context.CopyTo(content[PadLength..]);
        content[PadLength + context.Length] = 0;
        transcriptHash.CopyTo(content[(PadLength + context.Length + 1)..]);
        return PadLength + context.Length + 1 + transcriptHash.Length;
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
