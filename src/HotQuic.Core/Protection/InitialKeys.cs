using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// The keys of Initial packets, which anybody can derive who saw the client's first one (RFC 9001 §5.2): always SHA-256 and
/// AES-128-GCM. Derive them from the DCID of the client's first Initial, and anew from the Retry's SCID after a Retry.
/// </summary>
internal static class InitialKeys
{
    private const int SecretLength = 32;

    private static ReadOnlySpan<byte> ClientLabel => "client in"u8;

    private static ReadOnlySpan<byte> ServerLabel => "server in"u8;

    /// <summary>Keys that stand alone.</summary>
    public static void Derive(
        QuicVersion version, ConnectionId clientDcid, EndpointRole own, out PacketKeys send, out PacketKeys receive)
    {
        var pool = new KeyPool(retained: 0);
        send = new PacketKeys(pool);
        receive = new PacketKeys(pool);
        Install(version, clientDcid, own, send, receive);
    }

    /// <summary>Derives both directions into a connection's keys.</summary>
    public static void Install(
        QuicVersion version, ConnectionId clientDcid, EndpointRole own, PacketKeys send, PacketKeys receive)
    {
        // RFC 5869 §2.2: HKDF-Extract is one HMAC under the salt.
        Span<byte> initialSecret = stackalloc byte[SecretLength];
        HmacSha256.Hash(VersionSecrets.InitialSalt(version), clientDcid.Span, initialSecret);
        InstallDirection(version, initialSecret, ClientLabel, own == EndpointRole.Client ? send : receive);
        InstallDirection(version, initialSecret, ServerLabel, own == EndpointRole.Client ? receive : send);
    }

    private static void InstallDirection(QuicVersion version, ReadOnlySpan<byte> initialSecret, ReadOnlySpan<byte> label, PacketKeys keys)
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        HkdfLabel.Expand(HashAlgorithmName.SHA256, initialSecret, label, [], secret);
        keys.Install(version, CipherSuite.Aes128GcmSha256, secret, CipherBackend.Auto);
    }
}
