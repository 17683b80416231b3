using System.Security.Cryptography;

namespace HotQuic.Core.Protection;

/// <summary>
/// The TLS 1.3 cipher suites that QUIC runs on here (RFC 8446 §B.4). <see cref="CipherSuiteTable.Facts"/> gives what packet protection
/// must know of each. The CCM suites are not offered; TLS_AES_128_CCM_8_SHA256 must never be (RFC 9001 §5.3).
/// </summary>
internal enum CipherSuite : ushort
{
    Aes128GcmSha256 = 0x1301,
    Aes256GcmSha384 = 0x1302,
    ChaCha20Poly1305Sha256 = 0x1303,
}

/// <summary>One row of the table: lengths in bytes, limits in packets (RFC 9001 §5.4, §6.6).</summary>
/// <param name="KeyLength">Length of the AEAD key, and of the header protection key.</param>
/// <param name="Hash">The hash of the suite's key derivation.</param>
/// <param name="SecretLength">Length of that hash, thus of a traffic secret.</param>
/// <param name="ConfidentialityLimit">Packets that one key may seal.</param>
/// <param name="IntegrityLimit">Packets of one connection that may fail to open.</param>
internal readonly record struct CipherSuiteFacts(
    int KeyLength,
    HashAlgorithmName Hash,
    int SecretLength,
    long ConfidentialityLimit,
    long IntegrityLimit)
{
    public const int IvLength = 12;

    public int HeaderProtectionKeyLength => KeyLength;
}

internal static class CipherSuiteTable
{
    /// <summary>The longest secret, or key, of any suite: what a buffer must hold.</summary>
    public const int MaxSecretLength = 48;

    /// <summary>The longest AEAD or header protection key of any suite.</summary>
    public const int MaxKeyLength = 32;

    /// <exception cref="ArgumentOutOfRangeException">Not one of the three suites.</exception>
    public static CipherSuiteFacts Facts(this CipherSuite suite) => suite switch
    {
        CipherSuite.Aes128GcmSha256 => new(16, HashAlgorithmName.SHA256, 32, 1L << 23, 1L << 52),
        CipherSuite.Aes256GcmSha384 => new(32, HashAlgorithmName.SHA384, 48, 1L << 23, 1L << 52),
        // More than there are packet numbers: no limit (RFC 9001 §6.6).
        CipherSuite.ChaCha20Poly1305Sha256 => new(32, HashAlgorithmName.SHA256, 32, long.MaxValue, 1L << 36),
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "A cipher suite of 0x1301, 0x1302 or 0x1303 was expected."),
    };

    /// <summary>False where the platform lacks the primitive (ChaCha20-Poly1305 on some), so that the suite is not offered.</summary>
    public static bool IsSupported(this CipherSuite suite) => suite switch
    {
        CipherSuite.Aes128GcmSha256 or CipherSuite.Aes256GcmSha384 => VectorisedAes.IsSupported || AesGcm.IsSupported,
        CipherSuite.ChaCha20Poly1305Sha256 => VectorisedChaCha20.IsSupported || ChaCha20Poly1305.IsSupported,
        _ => false,
    };
}
