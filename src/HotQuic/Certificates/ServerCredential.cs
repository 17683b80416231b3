using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Core.Tls;
using Microsoft.Extensions.ObjectPool;

namespace HotQuic.Certificates;

/// <summary>
/// A certificate with its chain and its private key, ready to prove who we are. Made once from the user's certificate or
/// context, which wholly checks it, then shared by all connections and threads: <see cref="Chain"/> and
/// <see cref="SignatureSchemes"/> go into the handshake, and each handshake asks <see cref="TrySign"/> once: on the shard
/// itself where <see cref="IsCheapToSign"/>, else on the thread pool. A client that is asked for a certificate uses the same.
/// It works on a copy of the user's certificate, which may be disposed of meanwhile.
/// </summary>
internal sealed class ServerCredential
{
    private const string Supported = "Supported are ECDSA keys on P-256, P-384 and P-521, and RSA keys.";

    private readonly ObjectPool<AsymmetricAlgorithm> _keys;

    private ServerCredential(X509Certificate2 certificate, IEnumerable<X509Certificate2> intermediates, string parameterName)
    {
        KeyKind = CertificateKeys.KindOf(certificate);
        if (KeyKind == KeyKind.Unsupported)
        {
            throw new ArgumentException(
                $"The certificate's key, of algorithm {certificate.PublicKey.Oid.FriendlyName ?? certificate.GetKeyAlgorithm()}, " +
                $"cannot sign a handshake here. {Supported}",
                parameterName);
        }

        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException("The certificate has no private key, so a handshake cannot be signed with it.", parameterName);
        }

        // RFC 8446 §4.4.2.2
        if (!CertificateKeys.MaySign(certificate))
        {
            throw new ArgumentException(
                "The certificate's key usage does not contain digitalSignature, which TLS 1.3 needs.", parameterName);
        }

        _keys = new DefaultObjectPool<AsymmetricAlgorithm>(new KeyPolicy(new X509Certificate2(certificate), KeyKind));
        SignatureSchemes = SchemesOf(KeyKind, _keys, parameterName);
        Chain = [certificate.RawData, .. intermediates.Select(intermediate => (ReadOnlyMemory<byte>)intermediate.RawData)];
    }

    /// <summary>DER certificates, the leaf first, each certified by the next; the root is left out.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Chain { get; }

    /// <summary>What the key can sign with, the preferred first.</summary>
    public ImmutableArray<SignatureScheme> SignatureSchemes { get; }

    public KeyKind KeyKind { get; }

    /// <summary>
    /// Whether signing takes some tens of microseconds, so that a shard may do it itself. Only P-256 is that fast everywhere:
    /// P-384 takes three times as long as RSA.
    /// </summary>
    public bool IsCheapToSign => KeyKind == KeyKind.EcdsaP256;

    /// <summary>Takes the intermediates from those given and from the machine's stores; nothing is fetched from the network.</summary>
    /// <exception cref="ArgumentException">The certificate has no private key, or one that cannot sign a handshake here.</exception>
    public static ServerCredential Create(X509Certificate2 certificate, X509Certificate2Collection? additionalCertificates = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new ServerCredential(certificate, FindIntermediates(certificate, additionalCertificates), nameof(certificate));
    }

    /// <exception cref="ArgumentException">The certificate has no private key, or one that cannot sign a handshake here.</exception>
    public static ServerCredential Create(SslStreamCertificateContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ServerCredential(context.TargetCertificate, context.IntermediateCertificates, nameof(context));
    }

    /// <summary>
    /// Signs the content, which is not yet hashed: ECDSA as DER, RSA as PSS with a salt as long as the hash. False where the
    /// scheme is not one of <see cref="SignatureSchemes"/>, the destination is too short, or the platform refuses the key.
    /// </summary>
    public bool TrySign(SignatureScheme scheme, ReadOnlySpan<byte> content, Span<byte> destination, out int written)
    {
        written = 0;
        if (!SignatureSchemes.Contains(scheme) || SignatureRule.Find(scheme) is not { } rule)
        {
            return false;
        }

        AsymmetricAlgorithm key = _keys.Get();
        try
        {
            return key is ECDsa ecdsa
                ? ecdsa.TrySignData(content, destination, rule.Hash, DSASignatureFormat.Rfc3279DerSequence, out written)
                : ((RSA)key).TrySignData(content, destination, rule.Hash, RSASignaturePadding.Pss, out written);
        }
        catch (CryptographicException)
        {
            // A key in hardware may be gone by now: the handshake fails, not the process.
            written = 0;
            return false;
        }
        finally
        {
            _keys.Return(key);
        }
    }

    private static ImmutableArray<SignatureScheme> SchemesOf(KeyKind kind, ObjectPool<AsymmetricAlgorithm> keys, string parameterName)
    {
        AsymmetricAlgorithm key;
        try
        {
            key = keys.Get();
        }
        catch (CryptographicException exception)
        {
            throw new ArgumentException($"The certificate's private key cannot be used. {Supported}", parameterName, exception);
        }

        ImmutableArray<SignatureScheme> schemes =
        [
            .. SignatureRule.All
                .Where(rule => rule.Key == kind && (kind != KeyKind.Rsa || rule.FitsModulus(key.KeySize)))
                .Select(rule => rule.Scheme),
        ];
        if (schemes.IsEmpty)
        {
            throw new ArgumentException($"An RSA key of {key.KeySize} bits is too short for a PSS signature.", parameterName);
        }

        keys.Return(key);
        return schemes;
    }

    private static List<X509Certificate2> FindIntermediates(
        X509Certificate2 certificate, X509Certificate2Collection? additionalCertificates)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
        if (additionalCertificates is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(additionalCertificates);
        }

        // Whether we would trust it ourselves does not matter here: the peer judges. So the result is ignored.
        _ = chain.Build(certificate);
        return
        [
            .. chain.ChainElements
                .Select(element => element.Certificate)
                .Skip(1)
                .Where(intermediate => !intermediate.SubjectName.RawData.AsSpan().SequenceEqual(intermediate.IssuerName.RawData)),
        ];
    }

    /// <summary>A key object serves one thread at a time, as the platform promises no more: there are as many as signers at once.</summary>
    private sealed class KeyPolicy(X509Certificate2 certificate, KeyKind kind) : PooledObjectPolicy<AsymmetricAlgorithm>
    {
        private readonly Lock _lock = new();

        public override AsymmetricAlgorithm Create()
        {
            lock (_lock)
            {
                AsymmetricAlgorithm? key = kind == KeyKind.Rsa ? certificate.GetRSAPrivateKey() : certificate.GetECDsaPrivateKey();
                return key ?? throw new CryptographicException("The certificate's private key is of another kind than its public key.");
            }
        }

        public override bool Return(AsymmetricAlgorithm obj) => true;
    }
}
