using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HotQuic.Kestrel.Tests;

/// <summary>Certificates made for the tests: a key each, valid for a day, for the names asked for.</summary>
internal static class TestCertificates
{
    /// <summary>For localhost and both loopback addresses.</summary>
    public static X509Certificate2 Localhost { get; } = Create("localhost");

    /// <summary>A self-signed certificate for a name, which is its subject.</summary>
    public static X509Certificate2 Create(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
    }
}
