using System.Buffers.Binary;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// Seals and opens packets with one key of one direction (RFC 9001 §5.3). <see cref="Create(CipherSuite, ReadOnlySpan{byte}, ReadOnlySpan{byte}, CipherBackend)"/> picks the implementation; then any
/// number of <see cref="Seal"/> or <see cref="TryOpen"/>; <see cref="Rekey"/> gives the object another key of the same suite;
/// <see cref="Wipe"/> leaves it without one, to wait in a <see cref="KeyPool"/>; <see cref="Dispose"/> ends it. One thread at a time.
/// </summary>
internal abstract class PacketAead : IDisposable
{
    public const int TagLength = 16;

    private protected PacketAead(CipherSuite suite) => Suite = suite;

    public CipherSuite Suite { get; }

    /// <summary>True where the platform does the work, for want of instructions or because it was asked to.</summary>
    public virtual bool IsPlatforms => false;

    /// <exception cref="ArgumentException">Key or IV have not the suite's length.</exception>
    public static PacketAead Create(CipherSuite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, CipherBackend backend)
    {
        CheckKey(suite, key, iv);
        PacketAead aead = Create(suite, NeedsPlatform(suite, backend));
        aead.SetKey(key, iv);
        return aead;
    }

    /// <summary>One that has no key yet: <see cref="Rekey"/> comes next.</summary>
    public static PacketAead Create(CipherSuite suite, bool isPlatforms) => suite switch
    {
        CipherSuite.ChaCha20Poly1305Sha256 => isPlatforms ? new PlatformChaCha20Poly1305Aead() : VectorisedChaCha20.CreateAead(),
        _ => isPlatforms ? new PlatformAesGcmAead(suite) : VectorisedAes.CreateAead(suite),
    };

    /// <summary>Who does the work for a suite.</summary>
    public static bool NeedsPlatform(CipherSuite suite, CipherBackend backend) =>
        backend == CipherBackend.Platform
        || !(suite == CipherSuite.ChaCha20Poly1305Sha256 ? VectorisedChaCha20.IsSupported : VectorisedAes.IsSupported);

    /// <summary>
    /// Seals a packet's payload. <paramref name="destination"/> is [head of the plaintext, in place][room for the tail][16 for the
    /// tag]; <paramref name="tail"/> is the rest of the plaintext and lies elsewhere, so that encrypting it is also the copy.
    /// </summary>
    /// <param name="packetNumber">The full packet number, which makes the nonce.</param>
    /// <param name="header">The header up to and with the unprotected packet number: the associated data.</param>
    /// <param name="tail">The end of the plaintext; may be empty; must not overlap the destination.</param>
    /// <param name="destination">Exactly the packet from after its header to its end.</param>
    /// <exception cref="ArgumentException">The destination cannot hold tail and tag, or overlaps the tail.</exception>
    public void Seal(PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        if (packetNumber.IsNone || destination.Length - TagLength < tail.Length || tail.Overlaps(destination))
        {
            ThrowBadSeal(packetNumber, tail, destination);
        }

        SealCore(packetNumber, header, tail, destination);
    }

    /// <summary>
    /// Opens a packet's payload in place and tells whether it is authentic. Where it is not, everything before the last 16 bytes has
    /// been zeroed, so that no unauthenticated plaintext is left; those 16, which could be a stateless reset token, are untouched.
    /// </summary>
    /// <param name="packetNumber">The full packet number, which makes the nonce.</param>
    /// <param name="header">The header up to and with the unprotected packet number: the associated data.</param>
    /// <param name="ciphertextAndTag">From after the header to the end of the packet.</param>
    public bool TryOpen(PacketNumber packetNumber, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag)
    {
        if (packetNumber.IsNone)
        {
            ThrowNoPacketNumber();
        }

        return ciphertextAndTag.Length >= TagLength && TryOpenCore(packetNumber, header, ciphertextAndTag);
    }

    /// <summary>Replaces the key and IV; the old ones are wiped.</summary>
    /// <exception cref="ArgumentException">Key or IV have not the suite's length.</exception>
    public void Rekey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        CheckKey(Suite, key, iv);
        SetKey(key, iv);
    }

    /// <summary>Zeroes everything that came of the key; until the next <see cref="Rekey"/> the object must not be used.</summary>
    public abstract void Wipe();

    public abstract void Dispose();

    private protected abstract void SetKey(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv);

    private protected abstract void SealCore(
        PacketNumber packetNumber, ReadOnlySpan<byte> header, ReadOnlySpan<byte> tail, Span<byte> destination);

    private protected abstract bool TryOpenCore(PacketNumber packetNumber, ReadOnlySpan<byte> header, Span<byte> ciphertextAndTag);

    /// <summary>The IV xor the packet number, which is left-padded in network byte order (RFC 9001 §5.3).</summary>
    private protected static void WriteNonce(PacketNumber packetNumber, ReadOnlySpan<byte> iv, Span<byte> nonce)
    {
        iv.CopyTo(nonce);
        Span<byte> low = nonce[4..];
        BinaryPrimitives.WriteInt64BigEndian(low, BinaryPrimitives.ReadInt64BigEndian(low) ^ packetNumber.Value);
    }

    private static void CheckKey(CipherSuite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv)
    {
        int expected = suite.Facts().KeyLength;
        if (key.Length != expected)
        {
            throw new ArgumentException($"A key of {expected} bytes was expected, not of {key.Length}.", nameof(key));
        }

        if (iv.Length != CipherSuiteFacts.IvLength)
        {
            throw new ArgumentException($"An IV of {CipherSuiteFacts.IvLength} bytes was expected, not of {iv.Length}.", nameof(iv));
        }
    }

    private static void ThrowBadSeal(PacketNumber packetNumber, ReadOnlySpan<byte> tail, Span<byte> destination)
    {
        if (packetNumber.IsNone)
        {
            ThrowNoPacketNumber();
        }

        throw new ArgumentException(
            destination.Length - TagLength < tail.Length
                ? $"Room for a tail of {tail.Length} bytes and the tag of {TagLength} was expected, not {destination.Length} bytes."
                : "A destination apart from the tail was expected.",
            nameof(destination));
    }

    private static void ThrowNoPacketNumber() => throw new ArgumentException("A packet number of 0 or more was expected.", "packetNumber");
}
