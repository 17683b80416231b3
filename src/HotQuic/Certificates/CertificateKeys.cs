using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Certificates;

/// <summary>What a certificate says about its key, without loading the key.</summary>
internal static class CertificateKeys
{
    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string EcPublicKey = "1.2.840.10045.2.1";

    // A curve is known by its name alone: the DER of its object identifier (RFC 5480 §2.1.1).
    private static ReadOnlySpan<byte> Secp256r1 => [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

    private static ReadOnlySpan<byte> Secp384r1 => [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

    private static ReadOnlySpan<byte> Secp521r1 => [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];

    /// <exception cref="System.Security.Cryptography.CryptographicException">The certificate's key information is malformed.</exception>
    public static KeyKind KindOf(X509Certificate2 certificate)
    {
        switch (certificate.GetKeyAlgorithm())
        {
            case RsaEncryption:
                return KeyKind.Rsa;
            case EcPublicKey:
                ReadOnlySpan<byte> curve = certificate.GetKeyAlgorithmParameters();
                return curve.SequenceEqual(Secp256r1) ? KeyKind.EcdsaP256
                    : curve.SequenceEqual(Secp384r1) ? KeyKind.EcdsaP384
                    : curve.SequenceEqual(Secp521r1) ? KeyKind.EcdsaP521
                    : KeyKind.Unsupported;
            default:
                return KeyKind.Unsupported;
        }
    }

    /// <summary>Where a certificate states its key's usage, digitalSignature must be among it (RFC 8446 §4.4.2.2).</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The extension is malformed.</exception>
    public static bool MaySign(X509Certificate2 certificate)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is X509KeyUsageExtension keyUsage)
            {
                return keyUsage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature);
            }
        }

        return true;
    }
}
