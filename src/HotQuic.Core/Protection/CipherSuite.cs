namespace HotQuic.Core.Protection;

/// <summary>The TLS 1.3 cipher suites that QUIC packets can be protected with (RFC 8446 §B.4, RFC 9001 §5.3).</summary>
internal enum CipherSuite : ushort
{
    Aes128GcmSha256 = 0x1301,
    Aes256GcmSha384 = 0x1302,
    ChaCha20Poly1305Sha256 = 0x1303,
}
