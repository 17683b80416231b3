using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>Whether a secret protects what we send or what we receive.</summary>
internal enum SecretDirection : byte
{
    Receive,
    Send,
}

/// <summary>A secret from which packet protection is made (RFC 9001 §5.1).</summary>
/// <param name="Level">Handshake or 1-RTT.</param>
/// <param name="Direction">Ours or the peer's.</param>
/// <param name="Suite">The suite that was negotiated.</param>
/// <param name="Bytes">As long as the suite's hash. Whoever took it wipes it after use, before the handshake's object begins another.</param>
internal readonly record struct TrafficSecret(EncryptionLevel Level, SecretDirection Direction, CipherSuite Suite, byte[] Bytes);
