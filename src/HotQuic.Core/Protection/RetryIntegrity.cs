using System.Buffers;
using System.Security.Cryptography;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Protection;

/// <summary>
/// The Retry Integrity Tag (RFC 9001 §5.8): shows that a Retry was not damaged, and that its sender saw the Initial that it answers.
/// The server appends <see cref="ComputeTag"/>, the client asks <see cref="IsValid"/>.
/// </summary>
internal static class RetryIntegrity
{
    public const int TagLength = PacketAead.TagLength;

    private const int MaxOnStack = 1500;

    /// <summary>Computes the tag of a Retry packet.</summary>
    /// <param name="version">The version of the Retry.</param>
    /// <param name="originalDcid">The DCID of the client's Initial.</param>
    /// <param name="retryWithoutTag">The Retry from its first byte to the end of its token.</param>
    /// <param name="tag">Exactly 16 bytes.</param>
    public static void ComputeTag(QuicVersion version, ConnectionId originalDcid, ReadOnlySpan<byte> retryWithoutTag, Span<byte> tag)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tag.Length, TagLength, nameof(tag));
        int length = 1 + originalDcid.Length + retryWithoutTag.Length;
        byte[]? rented = null;
        Span<byte> pseudoPacket = length <= MaxOnStack ? stackalloc byte[MaxOnStack] : rented = ArrayPool<byte>.Shared.Rent(length);
        pseudoPacket[0] = (byte)originalDcid.Length;
        originalDcid.Span.CopyTo(pseudoPacket[1..]);
        retryWithoutTag.CopyTo(pseudoPacket[(1 + originalDcid.Length)..]);

        // The plaintext is empty, and packet number 0 leaves the fixed nonce as it is.
        using var aead = PacketAead.Create(
            CipherSuite.Aes128GcmSha256, VersionSecrets.RetryKey(version), VersionSecrets.RetryNonce(version), CipherBackend.Auto);
        aead.Seal(new PacketNumber(0), pseudoPacket[..length], [], tag);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Tells whether a received tag is right.</summary>
    public static bool IsValid(QuicVersion version, ConnectionId originalDcid, ReadOnlySpan<byte> retryWithoutTag, ReadOnlySpan<byte> tag)
    {
        Span<byte> expected = stackalloc byte[TagLength];
        ComputeTag(version, originalDcid, retryWithoutTag, expected);
        return CryptographicOperations.FixedTimeEquals(expected, tag);
    }
}
