namespace HotQuic;

/// <summary>A group for the key exchange of the handshake, by its number in TLS (RFC 8446 §4.2.7).</summary>
public enum QuicKeyExchangeGroup
{
    /// <summary>NIST P-256.</summary>
    Secp256r1 = 0x0017,

    /// <summary>NIST P-384.</summary>
    Secp384r1 = 0x0018,

    /// <summary>Curve25519 (RFC 7748).</summary>
    X25519 = 0x001d,
}
