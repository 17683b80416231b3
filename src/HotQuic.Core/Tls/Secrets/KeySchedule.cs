using System.Security.Cryptography;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>
/// The left-hand column of RFC 8446 §7.1: one secret at a time, each extracted from the one before, which is wiped.
/// Call <see cref="ExtractEarly"/> where there is a PSK, <see cref="ExtractHandshake"/>, <see cref="ExtractMain"/> in this
/// order and <see cref="Derive"/> in between; <see cref="Wipe"/> at the end.
/// </summary>
internal sealed class KeySchedule
{
    // Without a PSK the Early Secret is the same for everyone, and so is what follows from it.
    private static readonly byte[] SaltWithoutPskSha256 = SaltWithoutPsk(HashFunction.Sha256);
    private static readonly byte[] SaltWithoutPskSha384 = SaltWithoutPsk(HashFunction.Sha384);

    private HashFunction _hash;
    private bool _hasEarlySecret;
    private SecretBytes _current;

    public KeySchedule(HashFunction hash) => Begin(hash);

    /// <summary>Starts anew, for another handshake.</summary>
    public void Begin(HashFunction hash)
    {
        Wipe();
        _hash = hash;
        _hasEarlySecret = false;
    }

    /// <summary>The Early Secret, of a PSK.</summary>
    public void ExtractEarly(ReadOnlySpan<byte> psk)
    {
        Span<byte> zeros = stackalloc byte[HashFunctions.MaxLength];
        zeros.Clear();
        Extract(zeros[.._hash.Length()], psk);
        _hasEarlySecret = true;
    }

    /// <summary>The Handshake Secret, of the shared secret of the key exchange.</summary>
    public void ExtractHandshake(ReadOnlySpan<byte> sharedSecret)
    {
        if (_hasEarlySecret)
        {
            ExtractNext(sharedSecret);
        }
        else
        {
            Extract(_hash == HashFunction.Sha384 ? SaltWithoutPskSha384 : SaltWithoutPskSha256, sharedSecret);
        }
    }

    /// <summary>The Main Secret (called master secret in RFC 8446).</summary>
    public void ExtractMain()
    {
        Span<byte> zeros = stackalloc byte[HashFunctions.MaxLength];
        zeros.Clear();
        ExtractNext(zeros[.._hash.Length()]);
    }

    /// <summary>Derive-Secret: a secret for a purpose, bound to the messages so far.</summary>
    /// <param name="label">Such as "c hs traffic".</param>
    /// <param name="transcriptHash">Hash of the messages that it covers.</param>
    /// <param name="secret">As long as the hash.</param>
    public void Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> transcriptHash, Span<byte> secret) =>
        _hash.ExpandLabel(Current, label, transcriptHash, secret);

    public void Wipe() => CryptographicOperations.ZeroMemory(_current);

    private Span<byte> Current => ((Span<byte>)_current)[.._hash.Length()];

    private void ExtractNext(ReadOnlySpan<byte> inputKeyingMaterial)
    {
        Span<byte> salt = stackalloc byte[HashFunctions.MaxLength];
        salt = salt[.._hash.Length()];
        DeriveSalt(salt);
        Extract(salt, inputKeyingMaterial);
        CryptographicOperations.ZeroMemory(salt);
    }

    private void DeriveSalt(Span<byte> salt) => Derive("derived"u8, _hash.HashOfNothing(), salt);

    private static byte[] SaltWithoutPsk(HashFunction hash)
    {
        byte[] salt = new byte[hash.Length()];
        var schedule = new KeySchedule(hash);
        schedule.ExtractEarly(psk: new byte[hash.Length()]); // RFC 8446 §7.1: zeros stand for what there is none of
        schedule.DeriveSalt(salt);
        return salt;
    }

    // RFC 5869 §2.2
    private void Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> inputKeyingMaterial) =>
        _hash.Hmac(salt, inputKeyingMaterial, Current);
}
