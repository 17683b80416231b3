using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Errors;
using HotQuic.Core.Tls;

namespace HotQuic.Tests.Certificates;

public sealed class ServerCredentialTests : IDisposable
{
    private readonly TestAuthority _root = new("credential root");

    public static TheoryData<string> Keys => ["RSA-2048", "RSA-3072", "P-256", "P-384", "P-521"];

    public void Dispose() => _root.Dispose();

    [Theory]
    [MemberData(nameof(Keys))]
    public void Tls19_EverySchemeOfAKeySignsWhatTheVerifierAccepts(string keyName)
    {
        using AsymmetricAlgorithm key = CreateKey(keyName);
        using X509Certificate2 certificate = _root.Issue(key);
        ServerCredential credential = ServerCredential.Create(certificate);
        TestPeer peer = new(certificate);

        Assert.NotEmpty(credential.SignatureSchemes);
        foreach (SignatureScheme scheme in credential.SignatureSchemes)
        {
            PeerCertificateProof proof = peer.Prove(TestPeer.Sign(credential, scheme), scheme);
            Assert.Null(TestPeer.CheckSignature(certificate, proof));
        }
    }

    [Theory]
    [InlineData("P-256", new[] { SignatureScheme.EcdsaSecp256r1Sha256 }, true)]
    [InlineData("P-384", new[] { SignatureScheme.EcdsaSecp384r1Sha384 }, false)]
    [InlineData("P-521", new[] { SignatureScheme.EcdsaSecp521r1Sha512 }, false)]
    [InlineData(
        "RSA-2048", new[] { SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512 }, false)]
    [InlineData("RSA-1024", new[] { SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384 }, false)]
    internal void Tls19_SchemesFollowFromTheKey(string keyName, SignatureScheme[] schemes, bool isCheap)
    {
        using AsymmetricAlgorithm key = CreateKey(keyName);
        using X509Certificate2 certificate = _root.Issue(key);
        ServerCredential credential = ServerCredential.Create(certificate);

        Assert.Equal(schemes, credential.SignatureSchemes.ToArray());
        Assert.Equal(isCheap, credential.IsCheapToSign);
    }

    [Fact]
    public void Tls19_OtherSchemesAreNotSigned()
    {
        ServerCredential credential = ServerCredential.Create(TestPeer.OnP256(_root).Certificate);
        byte[] destination = new byte[1024];
        foreach (SignatureScheme scheme in Enum.GetValues<SignatureScheme>().Except([SignatureScheme.EcdsaSecp256r1Sha256]))
        {
            Assert.False(credential.TrySign(scheme, TestPeer.Content, destination, out int written));
            Assert.Equal(0, written);
        }
    }

    [Fact]
    public void ADestinationTooShortIsRefusedWithoutException()
    {
        ServerCredential credential = ServerCredential.Create(TestPeer.OnP256(_root).Certificate);
        Assert.False(credential.TrySign(SignatureScheme.EcdsaSecp256r1Sha256, TestPeer.Content, new byte[16], out _));
    }

    [Fact]
    public void SigningOutlivesTheUsersCertificateAndServesManyThreads()
    {
        X509Certificate2 certificate = TestPeer.OnP256(_root).Certificate;
        byte[] raw = certificate.RawData;
        ServerCredential credential = ServerCredential.Create(certificate);
        certificate.Dispose();

        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(raw);
        TestPeer peer = new(leaf);
        CertificateVerdictResult?[] results = new CertificateVerdictResult?[200];
        Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            PeerCertificateProof proof = peer.Prove(
                TestPeer.Sign(credential, SignatureScheme.EcdsaSecp256r1Sha256), SignatureScheme.EcdsaSecp256r1Sha256);
            using X509Certificate2 own = X509CertificateLoader.LoadCertificate(raw);
            results[i] = TestPeer.CheckSignature(own, proof);
        });
        Assert.All(results, Assert.Null);
    }

    [Fact]
    public void S19_ChainIsLeafThenIntermediatesWithoutTheRoot()
    {
        using TestAuthority upper = new("upper", _root);
        using TestAuthority lower = new("lower", upper);
        using X509Certificate2 leaf = TestPeer.OnP256(lower).Certificate;
        byte[][] expected = [leaf.RawData, lower.Certificate.RawData, upper.Certificate.RawData];

        X509Certificate2Collection additional = [_root.Certificate, upper.Certificate, lower.Certificate];
        AssertChain(expected, ServerCredential.Create(leaf, additional));

        SslStreamCertificateContext context = SslStreamCertificateContext.Create(leaf, additional, offline: true);
        AssertChain(expected, ServerCredential.Create(context));
    }

    [Fact]
    public void S19_SelfSignedCertificateIsItsOwnChain()
    {
        using X509Certificate2 certificate = DevelopmentCertificate.Create();
        AssertChain([certificate.RawData], ServerCredential.Create(certificate));
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("RSA-2048")]
    public void S19_PrivateKeyFromPemWorks(string keyName)
    {
        using AsymmetricAlgorithm key = CreateKey(keyName);
        using X509Certificate2 issued = _root.Issue(key);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        ServerCredential credential = ServerCredential.Create(certificate);
        SignatureScheme scheme = credential.SignatureSchemes[0];
        Assert.Null(TestPeer.CheckSignature(issued, new TestPeer(issued).Prove(TestPeer.Sign(credential, scheme), scheme)));
    }

    [Fact]
    public void CertificateWithoutPrivateKeyIsRefusedAtOnce()
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(TestPeer.OnP256(_root).Certificate.RawData);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ServerCredential.Create(certificate));
        Assert.Equal("certificate", exception.ParamName);
        Assert.Contains("no private key", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ed25519KeyIsRefusedWithWhatIsSupported()
    {
        byte[] key = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, .. Enumerable.Repeat((byte)1, 32)];
        using X509Certificate2 certificate = _root.Issue(PublicKey.CreateFromSubjectPublicKeyInfo(key, out _), new LeafWish());
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ServerCredential.Create(certificate));
        Assert.Equal("certificate", exception.ParamName);
        Assert.Contains("Supported are ECDSA keys on P-256", exception.Message, StringComparison.Ordinal);

        PeerCertificateProof proof = new TestPeer(certificate).Prove([1, 2, 3], SignatureScheme.EcdsaSecp256r1Sha256);
        Assert.Equal(TlsAlert.UnsupportedCertificate, TestPeer.CheckSignature(certificate, proof)?.Alert);
    }

    [Theory]
    [InlineData("P-256")]
    [InlineData("RSA-2048")]
    public void Tls18_KeyUsageWithoutDigitalSignatureIsRefused(string keyName)
    {
        using AsymmetricAlgorithm key = CreateKey(keyName);
        using X509Certificate2 certificate = _root.Issue(key, new LeafWish { KeyUsage = X509KeyUsageFlags.KeyEncipherment });
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ServerCredential.Create(certificate));
        Assert.Contains("digitalSignature", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tls18_KeyUsageNotStatedIsAccepted()
    {
        using X509Certificate2 certificate = TestPeer.OnP256(_root, new LeafWish { KeyUsage = null }).Certificate;
        Assert.Equal(KeyKind.EcdsaP256, ServerCredential.Create(certificate).KeyKind);
    }

    private static void AssertChain(byte[][] expected, ServerCredential credential) =>
        Assert.Equal(expected, credential.Chain.Select(certificate => certificate.ToArray()));

    private static AsymmetricAlgorithm CreateKey(string name) => name switch
    {
        "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "P-521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        "RSA-1024" => RSA.Create(1024),
        "RSA-2048" => RSA.Create(2048),
        "RSA-3072" => RSA.Create(3072),
        _ => throw new ArgumentException("No such key.", nameof(name)),
    };
}
