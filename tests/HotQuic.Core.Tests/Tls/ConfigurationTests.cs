using HotQuic.Core.Protection;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tests.Tls;

/// <summary>The application's wrong configuration throws at once, naming what is wrong.</summary>
public sealed class ConfigurationTests
{
    private static readonly SystemKeyShareFactory KeyShares = new(new SeededRandom(1));

    public static TheoryData<string> ClientProperties =>
        ["ApplicationProtocols", "CipherSuites", "Groups", "SignatureSchemes", "InitialKeyShares", "MaxCertificateMessageLength", "ServerName"];

    public static TheoryData<string> ServerProperties =>
        ["ApplicationProtocols", "CipherSuites", "Groups", "SignatureSchemes", "MaxCertificateMessageLength", "HelloRetryCookie", "CertificateAuthorities"];

    [Theory]
    [MemberData(nameof(ClientProperties))]
    public void WrongClientConfigurationsAreRefusedByName(string property)
    {
        var configuration = new TlsClientConfiguration
        {
            ApplicationProtocols = property == "ApplicationProtocols" ? [] : HandshakePair.Protocols("h3"),
            CipherSuites = property == "CipherSuites" ? [] : TlsClientConfiguration.DefaultCipherSuites,
            Groups = property == "Groups" ? [NamedGroup.X25519, NamedGroup.X25519] : TlsClientConfiguration.DefaultGroups,
            SignatureSchemes = property == "SignatureSchemes" ? [] : TlsClientConfiguration.DefaultSignatureSchemes,
            InitialKeyShares = property == "InitialKeyShares" ? 4 : 1,
            MaxCertificateMessageLength = property == "MaxCertificateMessageLength" ? 10 : 4096,
            ServerName = property == "ServerName" ? "bücher.example" : "localhost",
        };
        Assert.Equal(property, Assert.ThrowsAny<ArgumentException>(() => configuration.Validate(KeyShares)).ParamName);
    }

    [Theory]
    [MemberData(nameof(ServerProperties))]
    public void WrongServerConfigurationsAreRefusedByName(string property)
    {
        var configuration = new TlsServerConfiguration
        {
            Credential = TestCredentials.EcdsaP256,
            ApplicationProtocols = property == "ApplicationProtocols" ? HandshakePair.Protocols("") : HandshakePair.Protocols("h3"),
            CipherSuites = property == "CipherSuites" ? [(CipherSuite)0x1304] : TlsClientConfiguration.DefaultCipherSuites,
            Groups = property == "Groups" ? [(NamedGroup)0x001e] : TlsClientConfiguration.DefaultGroups,
            SignatureSchemes = property == "SignatureSchemes" ? default : TlsClientConfiguration.DefaultSignatureSchemes,
            MaxCertificateMessageLength = property == "MaxCertificateMessageLength" ? int.MaxValue : 4096,
            HelloRetryCookie = property == "HelloRetryCookie" ? new byte[20_000] : default,
            CertificateAuthorities = property == "CertificateAuthorities" ? [default(ReadOnlyMemory<byte>)] : [],
        };
        Assert.Equal(property, Assert.ThrowsAny<ArgumentException>(() => configuration.Validate(KeyShares)).ParamName);
    }

    [Fact]
    public void Tls19_ACredentialCannotSignByWhatIsForCertificatesOnly()
    {
        Assert.Throws<ArgumentException>(() => new TlsCredential([new byte[] { 1 }], [SignatureScheme.RsaPkcs1Sha256], state: null));
        Assert.Throws<ArgumentException>(() => new TlsCredential([new byte[] { 1 }], [], state: null));
        Assert.ThrowsAny<ArgumentException>(() => new TlsCredential([], [SignatureScheme.RsaPssRsaeSha256], state: null));
        Assert.ThrowsAny<ArgumentException>(() => new TlsCredential([default], [SignatureScheme.RsaPssRsaeSha256], state: null));
    }

    [Fact]
    public void Tls25_TheDefaultsHoldTheMandatorySet()
    {
        Assert.Contains(CipherSuite.Aes128GcmSha256, TlsClientConfiguration.DefaultCipherSuites);
        Assert.Contains(NamedGroup.Secp256r1, TlsClientConfiguration.DefaultGroups);
        Assert.Contains(SignatureScheme.EcdsaSecp256r1Sha256, TlsClientConfiguration.DefaultSignatureSchemes);
        Assert.Contains(SignatureScheme.RsaPssRsaeSha256, TlsClientConfiguration.DefaultSignatureSchemes);
        Assert.Contains(SignatureScheme.RsaPkcs1Sha256, TlsClientConfiguration.DefaultSignatureSchemes);
    }
}
