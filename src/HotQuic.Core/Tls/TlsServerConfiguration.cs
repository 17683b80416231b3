using System.Collections.Immutable;
using HotQuic.Core.Protection;
using HotQuic.Core.Tls.KeyExchange;
using HotQuic.Core.Tls.Messages;

namespace HotQuic.Core.Tls;

/// <summary>
/// What a server answers a ClientHello with. Set it up once, share it between connections. Orders are the server's own:
/// of what both know, the server's first is taken; of the groups, the first that the client sent a share for.
/// </summary>
internal sealed record TlsServerConfiguration
{
    public required TlsCredential Credential { get; init; }

    /// <summary>Protocol names of 1 to 255 bytes, the preferred first; at least one (RFC 9001 §8.1).</summary>
    public required ImmutableArray<ReadOnlyMemory<byte>> ApplicationProtocols { get; init; }

    public ImmutableArray<CipherSuite> CipherSuites { get; init; } = TlsClientConfiguration.DefaultCipherSuites;

    public ImmutableArray<NamedGroup> Groups { get; init; } = TlsClientConfiguration.DefaultGroups;

    /// <summary>What a client's certificate and its signatures may be signed with.</summary>
    public ImmutableArray<SignatureScheme> SignatureSchemes { get; init; } = TlsClientConfiguration.DefaultSignatureSchemes;

    /// <summary>Default: clients are not asked.</summary>
    public ClientCertificateMode ClientCertificateMode { get; init; }

    /// <summary>DER distinguished names of the authorities that client certificates should come from. Default: none named.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> CertificateAuthorities { get; init; } = [];

    /// <summary>Longest Certificate message of a client, in bytes. Default: 256 KiB.</summary>
    public int MaxCertificateMessageLength { get; init; } = HandshakeMessageLimits.DefaultCertificate;

    /// <summary>
    /// A cookie of at most 16 KiB for HelloRetryRequests, which clients have to echo. The server keeps its state and
    /// needs none; default: none.
    /// </summary>
    public ReadOnlyMemory<byte> HelloRetryCookie { get; init; }

    /// <summary>Where secrets are logged. Default: nowhere.</summary>
    public KeyLog? KeyLog { get; init; }

    /// <exception cref="ArgumentException">Something is missing or out of range; the message says what.</exception>
    public void Validate(KeyShareFactory keyShares)
    {
        ArgumentNullException.ThrowIfNull(Credential);

        // Only the one that is chosen is ever sent.
        ConfigurationRules.CheckProtocols(ApplicationProtocols, ushort.MaxValue, nameof(ApplicationProtocols));
        ConfigurationRules.CheckSuites(CipherSuites, nameof(CipherSuites));
        ConfigurationRules.CheckGroups(Groups, keyShares, nameof(Groups));
        ConfigurationRules.CheckSchemes(SignatureSchemes, nameof(SignatureSchemes));
        ConfigurationRules.CheckAuthorities(CertificateAuthorities, nameof(CertificateAuthorities));
        ConfigurationRules.CheckCertificateLimit(MaxCertificateMessageLength, nameof(MaxCertificateMessageLength));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HelloRetryCookie.Length, CookieExtension.MaxLength, nameof(HelloRetryCookie));
    }
}
