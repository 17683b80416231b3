using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Tests.Certificates;

namespace HotQuic.Tests.Parity;

/// <summary>An authority that both sides may trust, and what it has certified for servers and clients.</summary>
internal sealed class TestCertificates(string name = "root") : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority Authority { get; } = new(name);

    public X509Certificate2 ForServer(params string[] names) => Authority.Issue(_key, new LeafWish { Names = names });

    public X509Certificate2 ForClient(string? purpose = TestAuthority.ClientPurpose) =>
        Authority.Issue(_key, new LeafWish { Subject = "CN=client", Names = [], Purpose = purpose });

    public X509Certificate2 Issue(LeafWish wish) => Authority.Issue(_key, wish);

    /// <summary>Trusts the authority and no other.</summary>
    public X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Authority.Certificate);
        return policy;
    }

    /// <summary>A client that asks for a host and trusts the authority, without a callback.</summary>
    public void TrustBy(QuicClientConnectionOptions options, string? host)
    {
        options.ClientAuthenticationOptions.TargetHost = host;
        options.ClientAuthenticationOptions.RemoteCertificateValidationCallback = null;
        options.ClientAuthenticationOptions.CertificateChainPolicy = Trust();
    }

    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }
}
