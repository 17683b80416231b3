using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;

namespace HotQuic.Certificates;

/// <summary>Checks that the key of a peer's certificate made the signature of its CertificateVerify (RFC 8446 §4.4.3).</summary>
internal static class HandshakeSignature
{
    /// <summary>Null where the signature holds, else the refusal, which no callback can overrule.</summary>
    public static CertificateVerdictResult? Check(X509Certificate2 leaf, PeerCertificateProof proof)
    {
        try
        {
            KeyKind key = CertificateKeys.KindOf(leaf);
            if (key == KeyKind.Unsupported)
            {
                return CertificateVerdictResult.Refused(
                    TlsAlert.UnsupportedCertificate, "The certificate's key is of a kind not supported.");
            }

            // The key has to fit the scheme, curve included; a scheme without a rule (PKCS #1, say) fits none.
            if (SignatureRule.Find(proof.Scheme) is not { } rule || rule.Key != key)
            {
                return CertificateVerdictResult.Refused(
                    TlsAlert.IllegalParameter, "The signature scheme does not fit the certificate's key.");
            }

            // RFC 8446 §4.4.2.2
            if (!CertificateKeys.MaySign(leaf))
            {
                return CertificateVerdictResult.Refused(
                    TlsAlert.UnsupportedCertificate, "The certificate's key usage lacks digitalSignature.");
            }

            return key == KeyKind.Rsa ? CheckRsa(leaf, rule, proof) : CheckEcdsa(leaf, rule, proof);
        }
        catch (CryptographicException)
        {
            return MalformedKey;
        }
    }

    private static CertificateVerdictResult MalformedKey =>
        CertificateVerdictResult.Refused(TlsAlert.BadCertificate, "The certificate's key cannot be read.");

    private static CertificateVerdictResult BadSignature =>
        CertificateVerdictResult.Refused(TlsAlert.DecryptError, "The signature of CertificateVerify is wrong.");

    private static CertificateVerdictResult? CheckEcdsa(X509Certificate2 leaf, in SignatureRule rule, PeerCertificateProof proof)
    {
        using ECDsa? key = leaf.GetECDsaPublicKey();
        if (key is null)
        {
            return MalformedKey;
        }

        try
        {
            bool isValid = key.VerifyData(
                proof.SignedContent.Span, proof.Signature.Span, rule.Hash, DSASignatureFormat.Rfc3279DerSequence);
            return isValid ? null : BadSignature;
        }
        catch (CryptographicException)
        {
            return BadSignature;
        }
    }

    private static CertificateVerdictResult? CheckRsa(X509Certificate2 leaf, in SignatureRule rule, PeerCertificateProof proof)
    {
        using RSA? key = leaf.GetRSAPublicKey();
        if (key is null)
        {
            return MalformedKey;
        }

        try
        {
            // The platform's PSS means a salt exactly as long as the hash, as RFC 8446 §4.2.3 wants it.
            bool isValid = key.VerifyData(proof.SignedContent.Span, proof.Signature.Span, rule.Hash, RSASignaturePadding.Pss);
            return isValid ? null : BadSignature;
        }
        catch (CryptographicException)
        {
            return BadSignature;
        }
    }
}
