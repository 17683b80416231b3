using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// What the two platform AEADs share: the tail is copied into place first, then sealed there; the exception that the platform throws on
/// a bad tag ends here.
/// </summary>
internal abstract class PlatformAead : PacketAead
{
    private readonly KeyMemory _iv = new(CipherSuiteFacts.IvLength);

    private protected PlatformAead(CipherSuite suite)
        : base(suite)
    {
    }

    public override bool IsPlatforms => true;

    public override void Wipe()
    {
        DropCipher();
        _iv.Wipe();
    }

    public override void Dispose()
    {
        DropCipher();
        _iv.Dispose();
    }

    /// <summary>The platform wipes the key with its cipher.</summary>
    private protected abstract void DropCipher();

    private protected override void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv) => iv.CopyTo(_iv.Span);

    private protected override void SealCore(
        PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[CipherSuiteFacts.IvLength];
        WriteNonce(packetNumber, _iv.Span, nonce);
        Span<byte> payload = destination[..^TagLength];
        tail.CopyTo(payload[^tail.Length..]);
        Encrypt(nonce, payload, destination[^TagLength..], header);
    }

    private protected override bool TryOpenCore(PacketNumber packetNumber, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag)
    {
        Span<byte> nonce = stackalloc byte[CipherSuiteFacts.IvLength];
        WriteNonce(packetNumber, _iv.Span, nonce);
        Span<byte> payload = ciphertextAndTag[..^TagLength];
        try
        {
            Decrypt(nonce, payload, ciphertextAndTag[^TagLength..], header);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            payload.Clear();
            return false;
        }
    }

    private protected abstract void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> payload, Span<byte> tag, ReadOnlySpan<byte> header);

    private protected abstract void Decrypt(
        ReadOnlySpan<byte> nonce, Span<byte> payload, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> header);
}

/// <summary>AEAD_AES_128_GCM and AEAD_AES_256_GCM by the platform.</summary>
internal sealed class PlatformAesGcmAead(CipherSuite suite) : PlatformAead(suite)
{
    private AesGcm? _cipher;

    private protected override void DropCipher()
    {
        _cipher?.Dispose();
        _cipher = null;
    }

    private protected override void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        base.SetKey(key, iv);
        DropCipher();
        _cipher = new AesGcm(key, TagLength);
    }

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> payload, Span<byte> tag, ReadOnlySpan<byte> header)
    {
        ObjectDisposedException.ThrowIf(_cipher is null, this);
        _cipher.Encrypt(nonce, payload, payload, tag, header);
    }

    private protected override void Decrypt(ReadOnlySpan<byte> nonce, Span<byte> payload, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> header)
    {
        ObjectDisposedException.ThrowIf(_cipher is null, this);
        _cipher.Decrypt(nonce, payload, tag, payload, header);
    }
}

/// <summary>AEAD_CHACHA20_POLY1305 by the platform.</summary>
internal sealed class PlatformChaCha20Poly1305Aead() : PlatformAead(CipherSuite.ChaCha20Poly1305Sha256)
{
    private ChaCha20Poly1305? _cipher;

    private protected override void DropCipher()
    {
        _cipher?.Dispose();
        _cipher = null;
    }

    private protected override void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        base.SetKey(key, iv);
        DropCipher();
        _cipher = new ChaCha20Poly1305(key);
    }

    private protected override void Encrypt(ReadOnlySpan<byte> nonce, Span<byte> payload, Span<byte> tag, ReadOnlySpan<byte> header)
    {
        ObjectDisposedException.ThrowIf(_cipher is null, this);
        _cipher.Encrypt(nonce, payload, payload, tag, header);
    }

    private protected override void Decrypt(ReadOnlySpan<byte> nonce, Span<byte> payload, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> header)
    {
        ObjectDisposedException.ThrowIf(_cipher is null, this);
        _cipher.Decrypt(nonce, payload, tag, payload, header);
    }
}
