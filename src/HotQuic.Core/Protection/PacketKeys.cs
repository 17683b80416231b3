using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// What protects the packets of one direction at one encryption level: AEAD and header protection, both derived from one traffic
/// secret (RFC 9001 §5.1). <see cref="Install"/> when the secret comes, <see cref="Discard"/> when the level's keys are discarded;
/// between the two there are no keys. The updates of 1-RTT keys are <see cref="KeyPhases"/>.
/// </summary>
internal sealed class PacketKeys
{
    private readonly KeyPool _pool;
    private PacketAead? _aead;
    private HeaderProtection? _headerProtection;

    /// <param name="pool">The shard's ciphers.</param>
    public PacketKeys(KeyPool pool) => _pool = pool;

    public bool AreInstalled => _aead is not null;

    public PacketAead Aead => _aead ?? throw NotInstalled();

    public HeaderProtection HeaderProtection => _headerProtection ?? throw NotInstalled();

    /// <summary>Keys that stand alone.</summary>
    /// <exception cref="ArgumentException">The secret has not the length of the suite's hash.</exception>
    public static PacketKeys Derive(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, CipherBackend backend)
    {
        var keys = new PacketKeys(new KeyPool(retained: 0));
        keys.Install(version, suite, secret, backend);
        return keys;
    }

    /// <summary>Derives the keys; those of before, if any, are wiped.</summary>
    /// <exception cref="ArgumentException">The secret has not the length of the suite's hash.</exception>
    public void Install(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, CipherBackend backend)
    {
        CheckSecret(suite, secret);
        Discard();
        _aead = _pool.RentAead(suite, backend);
        Rekey(version, secret, _aead);
        _headerProtection = _pool.RentHeaderProtection(suite, backend);
        Rekey(version, secret, _headerProtection);
    }

    /// <summary>Wipes the keys.</summary>
    public void Discard()
    {
        if (_aead is not null)
        {
            _pool.Return(_aead);
            _pool.Return(_headerProtection!);
            _aead = null;
            _headerProtection = null;
        }
    }

    /// <summary>Gives an AEAD the key of a secret. A key update leaves header protection as it is (RFC 9001 §6.1).</summary>
    internal static void Rekey(QuicVersion version, ReadOnlySpan<byte> secret, PacketAead aead)
    {
        CipherSuiteFacts facts = CheckSecret(aead.Suite, secret);
        Span<byte> material = stackalloc byte[CipherSuiteTable.MaxKeyLength + CipherSuiteFacts.IvLength];
        Span<byte> key = material[..facts.KeyLength];
        Span<byte> iv = material.Slice(facts.KeyLength, CipherSuiteFacts.IvLength);
        HkdfLabel.Expand(facts.Hash, secret, VersionSecrets.KeyLabel(version), [], key);
        HkdfLabel.Expand(facts.Hash, secret, VersionSecrets.IvLabel(version), [], iv);
        aead.Rekey(key, iv);
        CryptographicOperations.ZeroMemory(material);
    }

    /// <summary>The header protection key of a secret (RFC 9001 §5.4).</summary>
    /// <param name="version">Chooses the label.</param>
    /// <param name="suite">The suite that the secret belongs to.</param>
    /// <param name="secret">As long as the suite's hash.</param>
    /// <param name="key">As long as the suite's key.</param>
    internal static void ExpandHeaderProtectionKey(QuicVersion version, CipherSuite suite, ReadOnlySpan<byte> secret, Span<byte> key) =>
        HkdfLabel.Expand(CheckSecret(suite, secret).Hash, secret, VersionSecrets.HeaderProtectionLabel(version), [], key);

    private static void Rekey(QuicVersion version, ReadOnlySpan<byte> secret, HeaderProtection headerProtection)
    {
        Span<byte> key = stackalloc byte[CipherSuiteTable.MaxKeyLength];
        key = key[..headerProtection.Suite.Facts().HeaderProtectionKeyLength];
        ExpandHeaderProtectionKey(version, headerProtection.Suite, secret, key);
        headerProtection.Rekey(key);
        CryptographicOperations.ZeroMemory(key);
    }

    private static CipherSuiteFacts CheckSecret(CipherSuite suite, ReadOnlySpan<byte> secret)
    {
        CipherSuiteFacts facts = suite.Facts();
        return secret.Length == facts.SecretLength
            ? facts
            : throw new ArgumentException($"A secret of {facts.SecretLength} bytes was expected, not of {secret.Length}.", nameof(secret));
    }

    private static InvalidOperationException NotInstalled() => new("There are no keys before Install, and none after Discard.");
}
