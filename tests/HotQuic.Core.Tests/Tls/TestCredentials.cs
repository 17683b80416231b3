using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Errors;
using HotQuic.Core.Tls;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Real certificates, made once, and the signer and verifier that the edge would be.</summary>
internal static class TestCredentials
{
    private static readonly Lazy<TlsCredential> LazyEcdsaP256 =
        new(() => Ecdsa(ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256, SignatureScheme.EcdsaSecp256r1Sha256));

    private static readonly Lazy<TlsCredential> LazyEcdsaP384 =
        new(() => Ecdsa(ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384, SignatureScheme.EcdsaSecp384r1Sha384));

    private static readonly Lazy<TlsCredential> LazyEcdsaP521 =
        new(() => Ecdsa(ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512, SignatureScheme.EcdsaSecp521r1Sha512));

    private static readonly Lazy<TlsCredential> LazyRsa = new(Rsa);

    public static TlsCredential EcdsaP256 => LazyEcdsaP256.Value;

    /// <summary>A credential whose key signs by the given scheme, and by no other.</summary>
    public static TlsCredential For(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSecp256r1Sha256 => LazyEcdsaP256.Value,
        SignatureScheme.EcdsaSecp384r1Sha384 => LazyEcdsaP384.Value,
        SignatureScheme.EcdsaSecp521r1Sha512 => LazyEcdsaP521.Value,
        _ => new TlsCredential(LazyRsa.Value.Chain, [scheme], LazyRsa.Value.State),
    };

    public static byte[] Sign(SignatureRequest request) => request.Credential.State switch
    {
        ECDsa ecdsa => ecdsa.SignData(request.Content.Span, HashOf(request.Scheme), DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.SignData(request.Content.Span, HashOf(request.Scheme), RSASignaturePadding.Pss),
        _ => throw new InvalidOperationException("no key"),
    };

    /// <summary>Verifies the signature by the leaf's key; the chain is taken as it is, and none at all too.</summary>
    public static CertificateVerdict Judge(CertificateVerdictRequest request)
    {
        if (request.Chain.Count == 0)
        {
            return CertificateVerdict.Accepted;
        }

        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(request.Chain[0].Span);
        using ECDsa? ecdsa = leaf.GetECDsaPublicKey();
        using RSA? rsa = leaf.GetRSAPublicKey();
        HashAlgorithmName hash = HashOf(request.Scheme);
        bool isGood = request.Scheme.ToString().StartsWith("Ecdsa", StringComparison.Ordinal)
            ? ecdsa?.VerifyData(request.SignedContent.Span, request.Signature.Span, hash, DSASignatureFormat.Rfc3279DerSequence) ?? false
            : rsa?.VerifyData(request.SignedContent.Span, request.Signature.Span, hash, RSASignaturePadding.Pss) ?? false;
        return isGood ? CertificateVerdict.Accepted : CertificateVerdict.Rejected(TlsAlert.DecryptError, "the signature does not verify");
    }

    private static HashAlgorithmName HashOf(SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.EcdsaSecp384r1Sha384 or SignatureScheme.RsaPssRsaeSha384 => HashAlgorithmName.SHA384,
        SignatureScheme.EcdsaSecp521r1Sha512 or SignatureScheme.RsaPssRsaeSha512 => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    private static TlsCredential Ecdsa(ECCurve curve, HashAlgorithmName hash, SignatureScheme scheme)
    {
        var key = ECDsa.Create(curve);
        return Credential(new CertificateRequest("CN=localhost", key, hash), scheme, key);
    }

    private static TlsCredential Rsa()
    {
        var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return Credential(request, SignatureScheme.RsaPssRsaeSha256, key);
    }

    private static TlsCredential Credential(CertificateRequest request, SignatureScheme scheme, object key)
    {
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return new TlsCredential([certificate.RawData], [scheme], key);
    }
}
