namespace HotQuic.Core.Tls;

/// <summary>
/// Where a handshake writes its secrets for a packet analyser, in the terms of the NSS key log format. It defeats all
/// protection of the connection, so there is none unless the application asks for one. The spans are wiped after the call.
/// </summary>
internal abstract class KeyLog
{
    /// <summary>Called once a secret, as soon as it is derived, on the connection's thread: it must not block.</summary>
    /// <param name="label">The NSS label, such as CLIENT_HANDSHAKE_TRAFFIC_SECRET.</param>
    /// <param name="clientRandom">The 32 bytes of ClientHello.random, by which the analyser finds the connection.</param>
    /// <param name="secret">32 or 48 bytes.</param>
    public abstract void Write(string label, ReadOnlySpan<byte> clientRandom, ReadOnlySpan<byte> secret);
}
