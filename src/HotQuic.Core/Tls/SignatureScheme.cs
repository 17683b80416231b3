namespace HotQuic.Core.Tls;

/// <summary>Signature schemes (RFC 8446 §4.2.3). The PKCS #1 ones serve in certificates only.</summary>
internal enum SignatureScheme : ushort
{
    RsaPkcs1Sha256 = 0x0401,
    RsaPkcs1Sha384 = 0x0501,
    RsaPkcs1Sha512 = 0x0601,
    EcdsaSecp256r1Sha256 = 0x0403,
    EcdsaSecp384r1Sha384 = 0x0503,
    EcdsaSecp521r1Sha512 = 0x0603,
    RsaPssRsaeSha256 = 0x0804,
    RsaPssRsaeSha384 = 0x0805,
    RsaPssRsaeSha512 = 0x0806,
    RsaPssPssSha256 = 0x0809,
    RsaPssPssSha384 = 0x080a,
    RsaPssPssSha512 = 0x080b,
}

internal static class SignatureSchemeExtensions
{
    /// <summary>
    /// Whether a CertificateVerify may be signed so: ECDSA and RSA-PSS may, PKCS #1 and whatever is not listed
    /// (SHA-1 among it) may not (RFC 8446 §4.2.3, §4.4.3).
    /// </summary>
    public static bool IsForHandshakeMessages(this SignatureScheme scheme) => scheme is
        SignatureScheme.EcdsaSecp256r1Sha256 or SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.EcdsaSecp521r1Sha512 or
        SignatureScheme.RsaPssRsaeSha256 or SignatureScheme.RsaPssRsaeSha384 or SignatureScheme.RsaPssRsaeSha512 or
        SignatureScheme.RsaPssPssSha256 or SignatureScheme.RsaPssPssSha384 or SignatureScheme.RsaPssPssSha512;
}
