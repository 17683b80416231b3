using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;

namespace HotQuic.Tests.Certificates;

public class DevelopmentCertificateTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("build.example")]
    [InlineData("any.wild.example")]
    [InlineData("10.1.2.3")]
    public void IsGoodForItsNamesOnceTrusted(string host)
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create(["build.example", "*.wild.example", "10.1.2.3", "LOCALHOST"]);
        CertificateVerifier verifier = new(new CertificateVerificationOptions { TrustedRoots = [certificate] });
        CertificateVerdictResult result = verifier.Verify(new TestPeer(certificate).Prove(host));
        Assert.True(result.Accepted, $"{result.Errors} {result.ChainStatus} {result.Reason}");
        Assert.Equal(SslPolicyErrors.None, result.Errors);
    }

    [Fact]
    public void LivesNoLongerThanABrowserAcceptsByItsHash()
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create();
        Assert.True(certificate.NotAfter - certificate.NotBefore < TimeSpan.FromDays(14));
        Assert.Equal("CN=localhost", certificate.Subject);
        Assert.Equal(KeyKind.EcdsaP256, CertificateKeys.KindOf(certificate));
    }

    [Fact]
    public void FingerprintIsSha256InColonHex()
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create();
        string fingerprint = DevelopmentCertificate.Fingerprint(certificate);
        Assert.Matches("^([0-9A-F]{2}:){31}[0-9A-F]{2}$", fingerprint);
        Assert.Equal(certificate.GetCertHashString(HashAlgorithmName.SHA256), fingerprint.Replace(":", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a host")]
    [InlineData("http://host")]
    public void AnExtraNameThatIsNoHostIsRefused(string name)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => DevelopmentCertificate.Create([name]));
        Assert.Equal("extraNames", exception.ParamName);
    }
}
