namespace HotQuic.Core.Tls;

/// <summary>Key exchange groups (RFC 8446 §4.2.7). Values a peer names that are not listed here are skipped, GREASE among them.</summary>
internal enum NamedGroup : ushort
{
    Secp256r1 = 0x0017,
    Secp384r1 = 0x0018,
    X25519 = 0x001d,
}
