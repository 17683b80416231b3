using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>
/// HMAC with SHA-256 (RFC 2104) under one key, prepared once: what both pads leave is kept, so that each further code costs its own
/// blocks only. <see cref="Wipe"/> when the key is no longer needed.
/// </summary>
internal struct HmacSha256
{
    public const int HashLength = Sha256.HashLength;

    private Sha256 _inner;
    private Sha256 _outer;

    /// <param name="key">Of any length.</param>
    public HmacSha256(ReadOnlySpan<byte> key)
    {
        Span<byte> pad = stackalloc byte[Sha256.BlockLength];
        pad.Clear();
        if (key.Length > Sha256.BlockLength)
        {
            Sha256.Hash(key, pad);
        }
        else
        {
            key.CopyTo(pad);
        }

        foreach (ref byte value in pad)
        {
            value ^= 0x36;
        }

        _inner = Sha256.Create();
        _inner.Append(pad);
        foreach (ref byte value in pad)
        {
            value ^= 0x36 ^ 0x5c;
        }

        _outer = Sha256.Create();
        _outer.Append(pad);
        CryptographicOperations.ZeroMemory(pad);
    }

    /// <summary>The code of one message.</summary>
    public static void Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> destination)
    {
        var hmac = new HmacSha256(key);
        hmac.Hash(message, destination);
        hmac.Wipe();
    }

    /// <summary>The code of a message.</summary>
    /// <param name="message">Of any length.</param>
    /// <param name="destination">At least 32 bytes.</param>
    public readonly void Hash(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        Span<byte> digest = stackalloc byte[HashLength];
        Sha256 inner = _inner;
        inner.Append(message);
        inner.CopyHash(digest);
        Sha256 outer = _outer;
        outer.Append(digest);
        outer.CopyHash(destination);
    }

    public void Wipe() => this = default;
}
