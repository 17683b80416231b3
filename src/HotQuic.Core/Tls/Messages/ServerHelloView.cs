using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Messages;

/// <summary>
/// The parts of a ServerHello or HelloRetryRequest, which share one structure (RFC 8446 §4.1.3, §4.1.4), made by
/// <see cref="ServerHelloReader"/>, with what does not depend on the offer checked already.
/// </summary>
internal ref struct ServerHelloView
{
    public bool IsHelloRetryRequest { get; set; }

    public CipherSuite CipherSuite { get; set; }

    public ExtensionSet Present { get; set; }

    /// <summary>The group of key_share.</summary>
    public NamedGroup Group { get; set; }

    /// <summary>The server's share; empty in a HelloRetryRequest.</summary>
    public ReadOnlySpan<byte> PublicKey { get; set; }

    /// <summary>The cookie of a HelloRetryRequest, or empty.</summary>
    public ReadOnlySpan<byte> Cookie { get; set; }
}
