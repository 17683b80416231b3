using System.Collections.Immutable;
using System.Net;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// What a client offers and accepts. Set it up once, share it between connections; <see cref="Validate"/> is called by
/// each handshake. Ed25519 is not among the schemes, since the platform cannot verify it.
/// </summary>
internal sealed class TlsClientConfiguration
{
    /// <summary>The suites of TLS 1.3, AES-128 first.</summary>
    public static ImmutableArray<CipherSuite> DefaultCipherSuites { get; } =
        [CipherSuite.Aes128GcmSha256, CipherSuite.Aes256GcmSha384, CipherSuite.ChaCha20Poly1305Sha256];

    /// <summary>X25519 first.</summary>
    public static ImmutableArray<NamedGroup> DefaultGroups { get; } = [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    /// <summary>RFC 8446 §9.1 and what is common beside it; the PKCS #1 ones allow signatures within certificates only.</summary>
    public static ImmutableArray<SignatureScheme> DefaultSignatureSchemes { get; } =
    [
        SignatureScheme.EcdsaSecp256r1Sha256,
        SignatureScheme.RsaPssRsaeSha256,
        SignatureScheme.EcdsaSecp384r1Sha384,
        SignatureScheme.RsaPssRsaeSha384,
        SignatureScheme.EcdsaSecp521r1Sha512,
        SignatureScheme.RsaPssRsaeSha512,
        SignatureScheme.RsaPkcs1Sha256,
        SignatureScheme.RsaPkcs1Sha384,
        SignatureScheme.RsaPkcs1Sha512,
    ];

    /// <summary>The name the server is to prove, in ASCII; sent (SNI) where it is a DNS name, not an address. Default: none.</summary>
    public string? ServerName { get; init; }

    /// <summary>Protocol names of 1 to 255 bytes, the preferred first; at least one (RFC 9001 §8.1).</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> ApplicationProtocols { get; init; }

    public ImmutableArray<CipherSuite> CipherSuites { get; init; } = DefaultCipherSuites;

    /// <summary>Groups, the preferred first.</summary>
    public ImmutableArray<NamedGroup> Groups { get; init; } = DefaultGroups;

    /// <summary>How many of the first groups get a key share at once; for others the server has to ask. Default: 1.</summary>
    public int InitialKeyShares { get; init; } = 1;

    public ImmutableArray<SignatureScheme> SignatureSchemes { get; init; } = DefaultSignatureSchemes;

    /// <summary>What to show to a server that asks for a certificate. Default: nothing.</summary>
    public TlsCredential? Credential { get; init; }

    /// <summary>Longest Certificate message of the server, in bytes. Default: 256 KiB.</summary>
    public int MaxCertificateMessageLength { get; init; } = HandshakeMessageLimits.DefaultCertificate;

    /// <summary>Where secrets are logged. Default: nowhere.</summary>
    public KeyLog? KeyLog { get; init; }

    /// <summary>The name for server_name: without a final dot, and null for an address or where there is none (RFC 6066 §3).</summary>
    public ReadOnlySpan<char> HostName =>
        ServerName is null || IPAddress.TryParse(ServerName, out _) ? default : ServerName.AsSpan().TrimEnd('.');

    /// <exception cref="ArgumentException">Something is missing or out of range; the message says what.</exception>
    public void Validate(KeyShareFactory keyShares)
    {
        ConfigurationRules.CheckProtocols(ApplicationProtocols, ConfigurationRules.MaxOfferedProtocolsLength, nameof(ApplicationProtocols));
        ConfigurationRules.CheckSuites(CipherSuites, nameof(CipherSuites));
        ConfigurationRules.CheckGroups(Groups, keyShares, nameof(Groups));
        ConfigurationRules.CheckSchemes(SignatureSchemes, nameof(SignatureSchemes));
        ConfigurationRules.CheckCertificateLimit(MaxCertificateMessageLength, nameof(MaxCertificateMessageLength));
        ArgumentOutOfRangeException.ThrowIfNegative(InitialKeyShares, nameof(InitialKeyShares));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(InitialKeyShares, Groups.Length, nameof(InitialKeyShares));
        ConfigurationRules.CheckHostName(HostName, nameof(ServerName));
    }
}
