using System.Security.Cryptography;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>
/// The left-hand column of RFC 8446 §7.1: one secret at a time, each extracted from the one before, which is wiped.
/// Call <see cref="ExtractEarly"/>, <see cref="ExtractHandshake"/>, <see cref="ExtractMain"/> in this order and
/// <see cref="Derive"/> in between; <see cref="Wipe"/> at the end.
/// </summary>
internal sealed class KeySchedule
{
    private readonly HashFunction _hash;
    private SecretBytes _current;

    public KeySchedule(HashFunction hash) => _hash = hash;

    /// <summary>The Early Secret, of a PSK, or of none where it is empty.</summary>
    public void ExtractEarly(ReadOnlySpan<byte> psk)
    {
        Span<byte> zeros = stackalloc byte[HashFunctions.MaxLength];
        zeros = zeros[.._hash.Length()];
        zeros.Clear();
        Extract(zeros, psk.IsEmpty ? zeros : psk);
    }

    /// <summary>The Handshake Secret, of the shared secret of the key exchange.</summary>
    public void ExtractHandshake(ReadOnlySpan<byte> sharedSecret) => ExtractNext(sharedSecret);

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
        HkdfLabel.Expand(_hash.Name(), Current, label, transcriptHash, secret);

    public void Wipe() => CryptographicOperations.ZeroMemory(_current);

    private Span<byte> Current => ((Span<byte>)_current)[.._hash.Length()];

    private void ExtractNext(ReadOnlySpan<byte> inputKeyingMaterial)
    {
        Span<byte> emptyHash = stackalloc byte[HashFunctions.MaxLength];
        Span<byte> salt = stackalloc byte[HashFunctions.MaxLength];
        emptyHash = emptyHash[.._hash.Length()];
        salt = salt[.._hash.Length()];
        _hash.Hash([], emptyHash);
        Derive("derived"u8, emptyHash, salt);
        Extract(salt, inputKeyingMaterial);
        CryptographicOperations.ZeroMemory(salt);
    }

    // RFC 5869 §2.2
    private void Extract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> inputKeyingMaterial) =>
        _hash.Hmac(salt, inputKeyingMaterial, Current);
}
