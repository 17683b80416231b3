using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// What protects the packets of one direction at one encryption level: AEAD and header protection, both derived from one traffic
/// secret (RFC 9001 §5.1). Derive it when the secret comes, dispose of it when the level's keys are discarded. The updates of 1-RTT
/// keys are <see cref="KeyPhases"/>.
/// </summary>
internal sealed class PacketKeys : IDisposable
{
    private PacketKeys(PacketAead aead, HeaderProtection headerProtection)
    {
        Aead = aead;
        HeaderProtection = headerProtection;
    }

    public PacketAead Aead { get; }

    public HeaderProtection HeaderProtection { get; }

    /// <exception cref="ArgumentException">The secret has not the length of the suite's hash.</exception>
    public static PacketKeys Derive(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, CipherBackend backend) =>
        new(DeriveAead(version, suite, secret, backend), DeriveHeaderProtection(version, suite, secret, backend));

    public void Dispose()
    {
        Aead.Dispose();
        HeaderProtection.Dispose();
    }

    /// <summary>The AEAD alone: a key update leaves header protection as it is (RFC 9001 §6.1).</summary>
    internal static PacketAead DeriveAead(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, CipherBackend backend)
    {
        Span<byte> material = stackalloc byte[CipherSuiteTable.MaxKeyLength + CipherSuiteFacts.IvLength];
        ExpandKeyAndIv(version, suite, secret, material, out Span<byte> key, out Span<byte> iv);
        var aead = PacketAead.Create(suite, key, iv, backend);
        CryptographicOperations.ZeroMemory(material);
        return aead;
    }

    /// <summary>Gives an AEAD the key of another secret.</summary>
    internal static void Rekey(QuicVersion version, ReadOnlySpan<byte> secret, PacketAead aead)
    {
        Span<byte> material = stackalloc byte[CipherSuiteTable.MaxKeyLength + CipherSuiteFacts.IvLength];
        ExpandKeyAndIv(version, aead.Suite, secret, material, out Span<byte> key, out Span<byte> iv);
        aead.Rekey(key, iv);
        CryptographicOperations.ZeroMemory(material);
    }

    internal static HeaderProtection DeriveHeaderProtection(
        QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, CipherBackend backend)
    {
        CipherSuiteFacts facts = CheckSecret(suite, secret);
        Span<byte> key = stackalloc byte[facts.HeaderProtectionKeyLength];
        HkdfLabel.Expand(facts.Hash, secret, VersionSecrets.HeaderProtectionLabel(version), [], key);
        var headerProtection = HeaderProtection.Create(suite, key, backend);
        CryptographicOperations.ZeroMemory(key);
        return headerProtection;
    }

    private static void ExpandKeyAndIv(
        QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, Span<byte> material, out Span<byte> key, out Span<byte> iv)
    {
        CipherSuiteFacts facts = CheckSecret(suite, secret);
        key = material[..facts.KeyLength];
        iv = material.Slice(facts.KeyLength, CipherSuiteFacts.IvLength);
        HkdfLabel.Expand(facts.Hash, secret, VersionSecrets.KeyLabel(version), [], key);
        HkdfLabel.Expand(facts.Hash, secret, VersionSecrets.IvLabel(version), [], iv);
    }

    private static CipherSuiteFacts CheckSecret(CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        CipherSuiteFacts facts = suite.Facts();
        return secret.Length == facts.SecretLength
            ? facts
            : throw new ArgumentException($"A secret of {facts.SecretLength} bytes was expected, not of {secret.Length}.", nameof(secret));
    }
}
