using System.Collections.Immutable;
using System.Text;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tls.Messages;

/// <summary>What a ClientHello is made of.</summary>
internal readonly ref struct ClientHelloContent
{
    public required TlsClientConfiguration Configuration { get; init; }

    /// <summary>32 bytes, the same ones in a second ClientHello.</summary>
    public required ReadOnlySpan<byte> Random { get; init; }

    public required ReadOnlySpan<byte> TransportParameters { get; init; }

    public required List<KeyShare> KeyShares { get; init; }

    /// <summary>The cookie of a HelloRetryRequest, or empty.</summary>
    public required ReadOnlySpan<byte> Cookie { get; init; }
}

/// <summary>Writes the body of a ClientHello (RFC 8446 §4.1.2). A second one differs by key_share and cookie only.</summary>
internal static class ClientHelloWriter
{
    /// <summary>Writes the body and returns the extensions that it offers.</summary>
    public static ExtensionSet Write(HandshakeWriter writer, scoped in ClientHelloContent content)
    {
        TlsClientConfiguration configuration = content.Configuration;
        writer.WriteUInt16(ClientHelloRules.Tls12);
        writer.WriteBytes(content.Random);
        writer.WriteVector8([]); // legacy_session_id: RFC 9001 §8.4
        int suites = writer.OpenVector16();
        foreach (CipherSuite suite in configuration.CipherSuites)
        {
            writer.WriteUInt16((ushort)suite);
        }

        writer.CloseVector16(suites);
        writer.WriteVector8([0]); // legacy_compression_methods
        int extensions = writer.OpenVector16();
        ExtensionSet offered = WriteServerName(writer, configuration.HostName);
        offered = offered.With(WriteGroups(writer, configuration.Groups));
        offered = offered.With(WriteProtocols(writer, configuration.ApplicationProtocols));
        offered = offered.With(WriteSchemes(writer, configuration.SignatureSchemes));
        offered = offered.With(WriteVersions(writer));
        offered = offered.With(WriteKeyShares(writer, content.KeyShares));
        offered = offered.With(WriteWhole(writer, ExtensionType.QuicTransportParameters, content.TransportParameters));
        if (!content.Cookie.IsEmpty)
        {
            int cookie = writer.OpenExtension(ExtensionType.Cookie);
            writer.WriteVector16(content.Cookie);
            writer.CloseVector16(cookie);
        }

        writer.CloseVector16(extensions);
        return offered;
    }

    /// <summary>signature_algorithms, for a ClientHello or a CertificateRequest.</summary>
    public static ExtensionType WriteSchemes(HandshakeWriter writer, ImmutableArray<SignatureScheme> schemes)
    {
        int extension = writer.OpenExtension(ExtensionType.SignatureAlgorithms);
        int list = writer.OpenVector16();
        foreach (SignatureScheme scheme in schemes)
        {
            writer.WriteUInt16((ushort)scheme);
        }

        writer.CloseVector16(list);
        writer.CloseVector16(extension);
        return ExtensionType.SignatureAlgorithms;
    }

    /// <summary>An extension whose body is given.</summary>
    public static ExtensionType WriteWhole(HandshakeWriter writer, ExtensionType type, ReadOnlySpan<byte> body)
    {
        writer.WriteUInt16((ushort)type);
        writer.WriteVector16(body);
        return type;
    }

    // RFC 6066 §3: one host_name.
    private static ExtensionSet WriteServerName(HandshakeWriter writer, ReadOnlySpan<char> hostName)
    {
        if (hostName.IsEmpty)
        {
            return default;
        }

        int extension = writer.OpenExtension(ExtensionType.ServerName);
        int names = writer.OpenVector16();
        writer.WriteByte(0);
        int name = writer.OpenVector16();
        _ = Encoding.ASCII.GetBytes(hostName, writer.Reserve(hostName.Length));
        writer.CloseVector16(name);
        writer.CloseVector16(names);
        writer.CloseVector16(extension);
        return default(ExtensionSet).With(ExtensionType.ServerName);
    }

    private static ExtensionType WriteGroups(HandshakeWriter writer, ImmutableArray<NamedGroup> groups)
    {
        int extension = writer.OpenExtension(ExtensionType.SupportedGroups);
        int list = writer.OpenVector16();
        foreach (NamedGroup group in groups)
        {
            writer.WriteUInt16((ushort)group);
        }

        writer.CloseVector16(list);
        writer.CloseVector16(extension);
        return ExtensionType.SupportedGroups;
    }

    private static ExtensionType WriteProtocols(HandshakeWriter writer, ImmutableArray<ReadOnlyMemory<byte>> protocols)
    {
        int extension = writer.OpenExtension(ExtensionType.ApplicationLayerProtocolNegotiation);
        int list = writer.OpenVector16();
        foreach (ReadOnlyMemory<byte> protocol in protocols)
        {
            writer.WriteVector8(protocol.Span);
        }

        writer.CloseVector16(list);
        writer.CloseVector16(extension);
        return ExtensionType.ApplicationLayerProtocolNegotiation;
    }

    // RFC 9001 §4.2: TLS 1.3 alone.
    private static ExtensionType WriteVersions(HandshakeWriter writer)
    {
        int extension = writer.OpenExtension(ExtensionType.SupportedVersions);
        writer.WriteByte(2);
        writer.WriteUInt16(ClientHelloRules.Tls13);
        writer.CloseVector16(extension);
        return ExtensionType.SupportedVersions;
    }

    // RFC 8446 §4.2.8: in the order of supported_groups.
    private static ExtensionType WriteKeyShares(HandshakeWriter writer, List<KeyShare> shares)
    {
        int extension = writer.OpenExtension(ExtensionType.KeyShare);
        int list = writer.OpenVector16();
        foreach (KeyShare share in shares)
        {
            writer.WriteUInt16((ushort)share.Group);
            writer.WriteVector16(share.PublicKey);
        }

        writer.CloseVector16(list);
        writer.CloseVector16(extension);
        return ExtensionType.KeyShare;
    }
}
