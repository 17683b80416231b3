using System.Security.Cryptography;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tls.Secrets;

/// <summary>The hash of a cipher suite, which serves transcript and key schedule (RFC 8446 §7.1).</summary>
internal enum HashFunction : byte
{
    Sha256,
    Sha384,
}

internal static class HashFunctions
{
    /// <summary>Output of the longest one, in bytes.</summary>
    public const int MaxLength = 48;

    private static readonly byte[] NothingBySha256 = SHA256.HashData([]);
    private static readonly byte[] NothingBySha384 = SHA384.HashData([]);

    public static HashFunction Of(CipherSuite suite) =>
        suite == CipherSuite.Aes256GcmSha384 ? HashFunction.Sha384 : HashFunction.Sha256;

    /// <summary>Bytes of output.</summary>
    public static int Length(this HashFunction function) => function == HashFunction.Sha384 ? 48 : 32;

    public static HashAlgorithmName Name(this HashFunction function) =>
        function == HashFunction.Sha384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;

    /// <summary>The hash of no bytes at all, which Derive-Secret covers where there are no messages.</summary>
    public static ReadOnlySpan<byte> HashOfNothing(this HashFunction function) =>
        function == HashFunction.Sha384 ? NothingBySha384 : NothingBySha256;

    public static void Hash(this HashFunction function, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        _ = function == HashFunction.Sha384 ? SHA384.HashData(source, destination) : SHA256.HashData(source, destination);
    }

    public static void Hmac(this HashFunction function, ReadOnlySpan<byte> key, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (function == HashFunction.Sha384)
        {
            HMACSHA384.HashData(key, source, destination);
        }
        else
        {
            HmacSha256.Hash(key, source, destination);
        }
    }

    /// <summary>HKDF-Expand-Label with this hash (RFC 8446 §7.1).</summary>
    public static void ExpandLabel(
        this HashFunction function, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output) =>
        HkdfLabel.Expand(function.Name(), secret, label, context, output);
}
