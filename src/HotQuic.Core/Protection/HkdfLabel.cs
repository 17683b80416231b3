using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1), which QUIC uses at every encryption level (RFC 9001 §5.1).</summary>
internal static class HkdfLabel
{
    private const int MaxInfoLength = 2 + 1 + 255 + 1 + 255;
    private const int MaxHashLength = 48;

    /// <summary>Longest label, the prefix not counted.</summary>
    public static int MaxLabelLength => 255 - Prefix.Length;

    private static ReadOnlySpan<byte> Prefix => "tls13 "u8;

    /// <summary>Fills <paramref name="output"/> with key material.</summary>
    /// <param name="hash">The hash of the cipher suite.</param>
    /// <param name="secret">The secret to expand.</param>
    /// <param name="label">The label without its prefix "tls13 ".</param>
    /// <param name="context">Empty in all uses of QUIC.</param>
    /// <param name="output">Its length is the length that is asked for, and part of what is hashed.</param>
    /// <exception cref="ArgumentException">Label, context or output are longer than the encoding allows.</exception>
    public static void Expand(
        HashAlgorithmName hash, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        if (label.Length > MaxLabelLength || context.Length > 255)
        {
            throw new ArgumentException("A label of up to 249 bytes and a context of up to 255 were expected.", nameof(label));
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(output.Length, ushort.MaxValue, nameof(output));
        Span<byte> info = stackalloc byte[MaxInfoLength + 1];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)output.Length);
        int length = 2;
        info[length++] = (byte)(Prefix.Length + label.Length);
        Prefix.CopyTo(info[length..]);
        length += Prefix.Length;
        label.CopyTo(info[length..]);
        length += label.Length;
        info[length++] = (byte)context.Length;
        context.CopyTo(info[length..]);
        length += context.Length;
        if (output.Length > HashLength(hash))
        {
            HKDF.Expand(hash, secret, output, info[..length]);
            return;
        }

        // RFC 5869 §2.3: one block of output is one HMAC, which allocates nothing.
        info[length++] = 1;
        Span<byte> block = stackalloc byte[MaxHashLength];
        if (hash == HashAlgorithmName.SHA384)
        {
            HMACSHA384.HashData(secret, info[..length], block);
        }
        else
        {
            HmacSha256.Hash(secret, info[..length], block);
        }

        block[..output.Length].CopyTo(output);
        CryptographicOperations.ZeroMemory(block);
    }

    private static int HashLength(HashAlgorithmName hash)
    {
        return hash == HashAlgorithmName.SHA384 ? HMACSHA384.HashSizeInBytes : HmacSha256.HashLength;
    }
}
