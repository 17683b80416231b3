using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Certificates;

/// <summary>
/// The public key of a peer's certificate, which checks signatures of handshakes (RFC 8446 §4.4.3) from any thread. The platform's key
/// objects serve one thread at a time, so some are kept for the next.
/// </summary>
internal sealed class PeerKey
{
    private readonly KeyKind _kind;
    private readonly bool _maySign;
    private readonly ObjectPool<AsymmetricAlgorithm>? _keys;

    /// <param name="certificate">Its own memory is not needed afterwards.</param>
    /// <exception cref="CryptographicException">The certificate's key information is malformed.</exception>
    public PeerKey(X509Certificate2 certificate)
    {
        _kind = CertificateKeys.KindOf(certificate);
        if (_kind != KeyKind.Unsupported)
        {
            _maySign = CertificateKeys.MaySign(certificate);
            _keys = new DefaultObjectPool<AsymmetricAlgorithm>(new Loader(this));
        }

        Certificate = certificate.RawData;
    }

    /// <summary>The certificate, in DER.</summary>
    public ReadOnlyMemory<byte> Certificate { get; }

    /// <summary>Null where the signature holds, else the refusal, which no callback can overrule.</summary>
    public CertificateVerdictResult? Check(PeerCertificateProof proof)
    {
        if (_keys is null)
        {
            return CertificateVerdictResult.Refused(TlsAlert.UnsupportedCertificate, "The certificate's key is of a kind not supported.");
        }

        // The key has to fit the scheme, curve included; a scheme without a rule (PKCS #1, say) fits none.
        if (SignatureRule.Find(proof.Scheme) is not { } rule || rule.Key != _kind)
        {
            return CertificateVerdictResult.Refused(TlsAlert.IllegalParameter, "The signature scheme does not fit the certificate's key.");
        }

        // RFC 8446 §4.4.2.2
        if (!_maySign)
        {
            return CertificateVerdictResult.Refused(TlsAlert.UnsupportedCertificate, "The certificate's key usage lacks digitalSignature.");
        }

        AsymmetricAlgorithm key = _keys.Get();
        bool isValid = IsSignature(key, rule, proof);
        _keys.Return(key);
        return isValid ? null : CertificateVerdictResult.Refused(TlsAlert.DecryptError, "The signature of CertificateVerify is wrong.");
    }

    private static bool IsSignature(AsymmetricAlgorithm key, in SignatureRule rule, PeerCertificateProof proof)
    {
        try
        {
            // The platform's PSS means a salt exactly as long as the hash, as RFC 8446 §4.2.3 wants it.
            return key is RSA rsa
                ? rsa.VerifyData(proof.SignedContent.Span, proof.Signature.Span, rule.Hash, RSASignaturePadding.Pss)
                : ((ECDsa)key).VerifyData(
                    proof.SignedContent.Span, proof.Signature.Span, rule.Hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>
    /// Takes keys from the certificate, not from its SubjectPublicKeyInfo: keys imported from that accept ECDSA signatures whose DER
    /// lacks a leading zero.
    /// </summary>
    private sealed class Loader(PeerKey owner) : IPooledObjectPolicy<AsymmetricAlgorithm>
    {
        public AsymmetricAlgorithm Create()
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(owner.Certificate.Span);
            AsymmetricAlgorithm? key = owner._kind == KeyKind.Rsa ? certificate.GetRSAPublicKey() : certificate.GetECDsaPublicKey();
            return key ?? throw new CryptographicException("The certificate has no such key.");
        }

        public bool Return(AsymmetricAlgorithm obj) => true;
    }
}
