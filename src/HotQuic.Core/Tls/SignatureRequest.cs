namespace HotQuic.Core.Tls;

/// <summary>What to sign for a CertificateVerify, with the key that belongs to <paramref name="Credential"/>.</summary>
/// <param name="Scheme">The scheme, which also names the hash; ECDSA signatures are DER, RSA ones PSS, salted to the hash's length.</param>
/// <param name="Content">The content covered by the signature, not yet hashed (RFC 8446 §4.4.3); valid until the question is answered or the handshake is over.</param>
/// <param name="Credential">The credential whose certificate was sent.</param>
internal readonly record struct SignatureRequest(SignatureScheme Scheme, ReadOnlyMemory<byte> Content, TlsCredential Credential);
