namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// The parts of a ClientHello as views of its bytes (RFC 8446 §4.1.2), made by <see cref="ClientHelloReader"/>. Their
/// structure is right; whether their values are is for <see cref="ClientHelloRules"/>. An extension that is not there
/// leaves its view empty; <see cref="Present"/> tells absent from empty.
/// </summary>
internal ref struct ClientHelloView
{
    public ushort LegacyVersion { get; set; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> Random { get; set; }

    public ReadOnlySpan<byte> LegacySessionId { get; set; }

    public UInt16List CipherSuites { get; set; }

    public ReadOnlySpan<byte> LegacyCompressionMethods { get; set; }

    /// <summary>The block of extensions, the length in front taken off.</summary>
    public ReadOnlySpan<byte> Extensions { get; set; }

    /// <summary>The extensions there are, of those we know.</summary>
    public ExtensionSet Present { get; set; }

    /// <summary>The host_name of server_name: printable ASCII, or empty (RFC 6066 §3).</summary>
    public ReadOnlySpan<byte> ServerName { get; set; }

    public ApplicationProtocolList ApplicationProtocols { get; set; }

    public UInt16List SupportedVersions { get; set; }

    public UInt16List SupportedGroups { get; set; }

    public UInt16List SignatureSchemes { get; set; }

    public KeyShareList KeyShares { get; set; }

    public ReadOnlySpan<byte> Cookie { get; set; }

    /// <summary>The body of quic_transport_parameters.</summary>
    public ReadOnlySpan<byte> TransportParameters { get; set; }
}
