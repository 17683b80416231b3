using System.Collections.Immutable;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Messages;

/// <summary>Writes the bodies of ServerHello, HelloRetryRequest, EncryptedExtensions and CertificateRequest.</summary>
internal static class ServerFlightWriter
{
    /// <summary>RFC 8446 §4.1.3</summary>
    public static void WriteServerHello(HandshakeWriter writer, ReadOnlySpan<byte> random, CipherSuite suite, KeyShareEntry share)
    {
        int extensions = OpenHello(writer, random, suite);
        int keyShare = writer.OpenExtension(ExtensionType.KeyShare);
        writer.WriteUInt16((ushort)share.Group);
        writer.WriteVector16(share.PublicKey);
        writer.CloseVector16(keyShare);
        writer.CloseVector16(extensions);
    }

    /// <summary>RFC 8446 §4.1.4; the cookie may be empty, and then is left out.</summary>
    public static void WriteHelloRetryRequest(HandshakeWriter writer, CipherSuite suite, NamedGroup group, ReadOnlySpan<byte> cookie)
    {
        int extensions = OpenHello(writer, ServerHelloReader.HelloRetryRandom, suite);
        int keyShare = writer.OpenExtension(ExtensionType.KeyShare);
        writer.WriteUInt16((ushort)group);
        writer.CloseVector16(keyShare);
        if (!cookie.IsEmpty)
        {
            int extension = writer.OpenExtension(ExtensionType.Cookie);
            writer.WriteVector16(cookie);
            writer.CloseVector16(extension);
        }

        writer.CloseVector16(extensions);
    }

    /// <summary>RFC 8446 §4.3.1, RFC 6066 §3, RFC 7301 §3.1, RFC 9001 §8.2</summary>
    public static void WriteEncryptedExtensions(
        HandshakeWriter writer, ReadOnlySpan<byte> protocol, ReadOnlySpan<byte> transportParameters, ExtensionSet offered)
    {
        int extensions = writer.OpenVector16();
        if (offered.Contains(ExtensionType.ServerName))
        {
            ClientHelloWriter.WriteWhole(writer, ExtensionType.ServerName, []);
        }

        int extension = writer.OpenExtension(ExtensionType.ApplicationLayerProtocolNegotiation);
        int list = writer.OpenVector16();
        writer.WriteVector8(protocol);
        writer.CloseVector16(list);
        writer.CloseVector16(extension);
        ClientHelloWriter.WriteWhole(writer, ExtensionType.QuicTransportParameters, transportParameters);
        writer.CloseVector16(extensions);
    }

    /// <summary>RFC 8446 §4.3.2</summary>
    public static void WriteCertificateRequest(
        HandshakeWriter writer, ImmutableArray<SignatureScheme> schemes, ImmutableArray<ReadOnlyMemory<byte>> authorities)
    {
        writer.WriteVector8([]); // certificate_request_context
        int extensions = writer.OpenVector16();
        ClientHelloWriter.WriteSchemes(writer, schemes);
        if (!authorities.IsDefaultOrEmpty)
        {
            int extension = writer.OpenExtension(ExtensionType.CertificateAuthorities);
            int list = writer.OpenVector16();
            foreach (ReadOnlyMemory<byte> authority in authorities)
            {
                writer.WriteVector16(authority.Span);
            }

            writer.CloseVector16(list);
            writer.CloseVector16(extension);
        }

        writer.CloseVector16(extensions);
    }

    // Both hellos are alike up to their own extensions; the mark closes the block.
    private static int OpenHello(HandshakeWriter writer, ReadOnlySpan<byte> random, CipherSuite suite)
    {
        writer.WriteUInt16(ClientHelloRules.Tls12);
        writer.WriteBytes(random);
        writer.WriteVector8([]); // legacy_session_id_echo of an empty one
        writer.WriteUInt16((ushort)suite);
        writer.WriteByte(0); // legacy_compression_method
        int extensions = writer.OpenVector16();
        int version = writer.OpenExtension(ExtensionType.SupportedVersions);
        writer.WriteUInt16(ClientHelloRules.Tls13);
        writer.CloseVector16(version);
        return extensions;
    }
}
