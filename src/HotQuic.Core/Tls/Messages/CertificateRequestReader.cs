using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Reads a CertificateRequest of the handshake itself (RFC 8446 §4.3.2).</summary>
internal static class CertificateRequestReader
{
    /// <summary>Reads one whole message, header included, for the schemes that the server accepts.</summary>
    public static TransportError? Read(ReadOnlySpan<byte> message, out UInt16List signatureSchemes)
    {
        signatureSchemes = default;
        var body = new WireReader(message[HandshakeMessageLimits.HeaderLength..]);
        if (!body.TryReadVector8(out ReadOnlySpan<byte> context) || !body.TryReadVector16(out ReadOnlySpan<byte> extensions)
            || !body.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.DecodeError, "a malformed CertificateRequest");
        }

        if (!context.IsEmpty)
        {
            return TransportError.FromAlert(TlsAlert.IllegalParameter, "certificate_request_context is not empty");
        }

        var reader = new ExtensionReader(extensions, ExtensionMessages.CertificateRequest);
        while (reader.TryReadNext(out ExtensionType type, out ReadOnlySpan<byte> value))
        {
            if (type is ExtensionType.SignatureAlgorithms or ExtensionType.SignatureAlgorithmsCert)
            {
                var list = new WireReader(value);
                if (!list.TryReadVector16(out ReadOnlySpan<byte> bytes) || !list.IsEmpty
                    || !UInt16List.TryRead(bytes, out UInt16List schemes))
                {
                    reader.Fail(TlsAlert.DecodeError, "malformed signature_algorithms in a CertificateRequest");
                    break;
                }

                signatureSchemes = type == ExtensionType.SignatureAlgorithms ? schemes : signatureSchemes;
            }
        }

        return reader.Error ?? (reader.Present.Contains(ExtensionType.SignatureAlgorithms)
            ? null
            : TransportError.FromAlert(TlsAlert.MissingExtension, "a CertificateRequest without signature_algorithms"));
    }
}
