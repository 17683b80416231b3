using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Tests.Certificates;

/// <summary>What a test wants of a certificate; the defaults make a good one for <c>host.example</c>.</summary>
internal sealed record LeafWish
{
    public string Subject { get; init; } = "CN=leaf";

    public string[] Names { get; init; } = ["host.example"];

    public string? Purpose { get; init; } = TestAuthority.ServerPurpose;

    public X509KeyUsageFlags? KeyUsage { get; init; } = X509KeyUsageFlags.DigitalSignature;

    public TimeSpan ValidFrom { get; init; } = TimeSpan.FromDays(-1);

    public TimeSpan ValidTo { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>A certification authority that lives as long as a test: a root, or an intermediate below another authority.</summary>
internal sealed class TestAuthority : IDisposable
{
    public const string ServerPurpose = "1.3.6.1.5.5.7.3.1";
    public const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public TestAuthority(string name, TestAuthority? issuer = null)
    {
        CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = issuer is null
            ? request.CreateSelfSigned(_now.AddDays(-400), _now.AddDays(400))
            : issuer.Sign(request, _now.AddDays(-399), _now.AddDays(399));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection AsTrustedRoots => [Certificate];

    /// <summary>A certificate without its private key, for any public key.</summary>
    public X509Certificate2 Issue(PublicKey key, LeafWish wish)
    {
        CertificateRequest request = new(new X500DistinguishedName(wish.Subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (wish.KeyUsage is { } usage)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        }

        if (wish.Purpose is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(wish.Purpose)], false));
        }

        if (wish.Names.Length > 0)
        {
            SubjectAlternativeNameBuilder names = new();
            foreach (string name in wish.Names)
            {
                if (IPAddress.TryParse(name, out IPAddress? address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        return Sign(request, _now + wish.ValidFrom, _now + wish.ValidTo);
    }

    public X509Certificate2 Issue(AsymmetricAlgorithm key, LeafWish? wish = null) => key switch
    {
        ECDsa ecdsa => Issue(new PublicKey(ecdsa), wish ?? new LeafWish()).CopyWithPrivateKey(ecdsa),
        RSA rsa => Issue(new PublicKey(rsa), wish ?? new LeafWish()).CopyWithPrivateKey(rsa),
        _ => throw new ArgumentException("Only ECDSA and RSA keys are made here.", nameof(key)),
    };

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset to) => request.Create(
        Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), from, to, RandomNumberGenerator.GetBytes(16));
}
