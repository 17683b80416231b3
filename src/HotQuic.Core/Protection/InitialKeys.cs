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

    public static void Derive(
        QuicVersion version, ConnectionId clientDcid, EndpointRole own, out PacketKeys send, out PacketKeys receive)
    {
        Span<byte> initialSecret = stackalloc byte[SecretLength];
        HKDF.Extract(HashAlgorithmName.SHA256, clientDcid.Span, VersionSecrets.InitialSalt(version), initialSecret);
        var client = DeriveDirection(version, initialSecret, ClientLabel);
        var server = DeriveDirection(version, initialSecret, ServerLabel);
        (send, receive) = own == EndpointRole.Client ? (client, server) : (server, client);
    }

    private static PacketKeys DeriveDirection(QuicVersion version, ReadOnlySpan<byte> initialSecret, ReadOnlySpan<byte> label)
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        HkdfLabel.Expand(HashAlgorithmName.SHA256, initialSecret, label, [], secret);
        return PacketKeys.Derive(version, CipherSuite.Aes128GcmSha256, secret, CipherBackend.Auto);
    }
}
