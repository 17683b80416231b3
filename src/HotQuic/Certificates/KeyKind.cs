namespace HotQuic.Certificates;

/// <summary>The kinds of keys in certificates with which a TLS 1.3 handshake can be signed here.</summary>
internal enum KeyKind : byte
{
    /// <summary>Any other key: Ed25519, Ed448, DSA, other curves, RSA keys restricted to PSS.</summary>
    Unsupported = 0,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
}
