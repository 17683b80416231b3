using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tls;

namespace HotQuic.Tests.Certificates;

public sealed class CertificateVerifierTests : IDisposable
{
    private readonly TestAuthority _root = new("verifier root");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void S19_CustomRootIsTrusted()
    {
        CertificateVerdictResult result = Trusting().Verify(TestPeer.OnP256(_root).Prove());
        AssertAccepted(result);
        using X509Certificate2? leaf = result.Leaf?.Value;
        Assert.Equal("CN=leaf", leaf?.Subject);
    }

    [Fact]
    public void S19_WithoutItTheRootIsUnknown() =>
        AssertRefused(
            TlsAlert.UnknownCa,
            SslPolicyErrors.RemoteCertificateChainErrors,
            new CertificateVerifier(new CertificateVerificationOptions()).Verify(TestPeer.OnP256(_root).Prove()));

    [Fact]
    public void S19_ChainPolicyOfTheUserTakesPlaceOfTheOthersAndStaysUntouched()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_root.Certificate);
        using TestAuthority intermediate = new("intermediate", _root);
        CertificateVerificationOptions options = new() { ChainPolicy = policy, TrustedRoots = [] };

        AssertAccepted(new CertificateVerifier(options).Verify(TestPeer.OnP256(intermediate, null, intermediate.Certificate).Prove()));
        Assert.Empty(policy.ExtraStore);
        Assert.Empty(policy.ApplicationPolicy);

        policy.VerificationFlags = X509VerificationFlags.IgnoreInvalidName;
        AssertAccepted(new CertificateVerifier(options).Verify(TestPeer.OnP256(_root).Prove("another.example")));
    }

    [Theory]
    [InlineData(-20, -10)]
    [InlineData(10, 20)]
    public void S19_CertificateOutsideItsTimeIsExpired(int fromDays, int toDays)
    {
        LeafWish wish = new() { ValidFrom = TimeSpan.FromDays(fromDays), ValidTo = TimeSpan.FromDays(toDays) };
        CertificateVerdictResult result = Trusting().Verify(TestPeer.OnP256(_root, wish).Prove());
        AssertRefused(TlsAlert.CertificateExpired, SslPolicyErrors.RemoteCertificateChainErrors, result);
        Assert.True(result.ChainStatus.HasFlag(X509ChainStatusFlags.NotTimeValid));
    }

    [Theory]
    [InlineData("another.example")]
    [InlineData("")]
    [InlineData(null)]
    public void S19_OtherHostIsABadCertificate(string? host) =>
        AssertRefused(
            TlsAlert.BadCertificate, SslPolicyErrors.RemoteCertificateNameMismatch, Trusting().Verify(TestPeer.OnP256(_root).Prove(host)));

    [Fact]
    public void S19_NameAndChainErrorsAreReportedTogether() =>
        AssertRefused(
            TlsAlert.UnknownCa,
            SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch,
            new CertificateVerifier(new CertificateVerificationOptions()).Verify(TestPeer.OnP256(_root).Prove("another.example")));

    [Fact]
    public void S19_IntermediatesComeFromThePeerInAnyOrder()
    {
        using TestAuthority upper = new("upper", _root);
        using TestAuthority lower = new("lower", upper);
        AssertAccepted(Trusting().Verify(TestPeer.OnP256(lower, null, upper.Certificate, lower.Certificate).Prove()));
        AssertAccepted(Trusting().Verify(
            TestPeer.OnP256(lower, null, lower.Certificate, upper.Certificate, _root.Certificate, lower.Certificate).Prove()));
        AssertRefused(
            TlsAlert.UnknownCa,
            SslPolicyErrors.RemoteCertificateChainErrors,
            Trusting().Verify(TestPeer.OnP256(lower, null, lower.Certificate).Prove()));
    }

    [Fact]
    public void S19_ARootThatThePeerSendsIsNotTrustedForThat()
    {
        using TestAuthority stranger = new("stranger");
        AssertRefused(
            TlsAlert.UnknownCa,
            SslPolicyErrors.RemoteCertificateChainErrors,
            Trusting().Verify(TestPeer.OnP256(stranger, null, stranger.Certificate).Prove()));
    }

    [Fact]
    public void S19_ChainOfNineCertificatesIsAccepted()
    {
        List<TestAuthority> authorities = [_root];
        for (int i = 1; i <= 7; i++)
        {
            authorities.Add(new TestAuthority($"authority {i}", authorities[^1]));
        }

        X509Certificate2[] sent = [.. authorities.Skip(1).Select(authority => authority.Certificate)];
        PeerCertificateProof proof = TestPeer.OnP256(authorities[^1], null, sent).Prove();
        Assert.Equal(8, proof.Chain.Count);
        AssertAccepted(Trusting().Verify(proof));
        authorities.Skip(1).ToList().ForEach(authority => authority.Dispose());
    }

    [Theory]
    [InlineData(TestAuthority.ServerPurpose, EndpointRole.Server, true)]
    [InlineData(TestAuthority.ClientPurpose, EndpointRole.Client, true)]
    [InlineData(null, EndpointRole.Client, true)]
    [InlineData(TestAuthority.ServerPurpose, EndpointRole.Client, false)]
    [InlineData(TestAuthority.ClientPurpose, EndpointRole.Server, false)]
    internal void S19_ExtendedKeyUsageMustFitThePeersRole(string? purpose, EndpointRole role, bool isAccepted)
    {
        CertificateVerdictResult result = Trusting().Verify(
            TestPeer.OnP256(_root, new LeafWish { Purpose = purpose }).Prove(role == EndpointRole.Server ? "host.example" : null, role));
        if (isAccepted)
        {
            AssertAccepted(result);
        }
        else
        {
            AssertRefused(TlsAlert.UnsupportedCertificate, SslPolicyErrors.RemoteCertificateChainErrors, result);
        }
    }

    [Fact]
    public void S19_CertificateSignedByAnotherKeyOfTheSameNameIsRefused()
    {
        using TestAuthority impostor = new("verifier root");
        CertificateVerdictResult result = Trusting().Verify(TestPeer.OnP256(impostor).Prove());
        Assert.False(result.Accepted);
        Assert.True(result.Errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.True(result.Alert is TlsAlert.UnknownCa or TlsAlert.BadCertificate, $"{result.Alert}");
    }

    [Fact]
    public void Tls19_BadSignatureIsADecryptErrorBeforeAnyCallbackRuns()
    {
        bool isCalled = false;
        TestPeer peer = TestPeer.OnP256(_root);
        CertificateVerdictResult result = WithCallback((_, _, _, _) => isCalled = true)
            .Verify(peer.Prove([0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01], SignatureScheme.EcdsaSecp256r1Sha256));
        AssertRefused(TlsAlert.DecryptError, SslPolicyErrors.None, result);
        Assert.False(isCalled);
    }

    [Fact]
    public void S19_CallbackSeesTheFaultsAndMayAccept()
    {
        PeerCertificateProof proof = TestPeer.OnP256(_root).Prove("another.example");
        int calls = 0;
        CertificateVerdictResult result = WithCallback((sender, certificate, chain, errors) =>
        {
            calls++;
            Assert.Same(TestPeer.Sender, sender);
            Assert.Equal("CN=leaf", certificate?.Subject);
            Assert.Equal("CN=leaf", chain?.ChainElements[0].Certificate.Subject);
            Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, errors);
            return chain is not null;
        }).Verify(proof);

        Assert.Null(result.Exception);
        Assert.True(result.Accepted);
        Assert.Equal(1, calls);
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch, result.Errors);
        using X509Certificate2? leaf = result.Leaf?.Value;
        Assert.Equal("CN=leaf", leaf?.Subject);
    }

    [Fact]
    public void S19_CallbackMayRefuseWhatIsGood()
    {
        X509Certificate? kept = null;
        CertificateVerifier verifier = new(new CertificateVerificationOptions
        {
            TrustedRoots = _root.AsTrustedRoots,
            ValidationCallback = (_, certificate, _, errors) =>
            {
                Assert.Equal(SslPolicyErrors.None, errors);
                kept = certificate;
                return false;
            },
        });
        CertificateVerdictResult result = verifier.Verify(TestPeer.OnP256(_root).Prove());
        AssertRefused(TlsAlert.CertificateUnknown, SslPolicyErrors.None, result);
        Assert.Null(result.Exception);
        Assert.Equal("CN=leaf", kept?.Subject);
    }

    [Fact]
    public void S19_CallbackThatThrowsRefusesAndItsExceptionIsCarried()
    {
        InvalidTimeZoneException thrown = new("from the callback");
        CertificateVerdictResult result = WithCallback((_, _, _, _) => throw thrown).Verify(TestPeer.OnP256(_root).Prove());
        Assert.False(result.Accepted);
        Assert.Equal(TlsAlert.CertificateUnknown, result.Alert);
        Assert.Same(thrown, result.Exception);
    }

    [Fact]
    public void Tls21_ClientWithoutCertificateIsRefusedWhereOneIsRequired()
    {
        AssertRefused(
            TlsAlert.CertificateRequired,
            SslPolicyErrors.RemoteCertificateNotAvailable,
            new CertificateVerifier(new CertificateVerificationOptions()).Verify(WithoutCertificate()));
        AssertAccepted(new CertificateVerifier(new CertificateVerificationOptions { IsPeerCertificateRequired = false })
            .Verify(WithoutCertificate()));
    }

    [Fact]
    public void Tls21_CallbackDecidesAboutAClientWithoutCertificate()
    {
        CertificateVerdictResult result = WithCallback((_, certificate, chain, errors) =>
            certificate is null && chain is null && errors == SslPolicyErrors.RemoteCertificateNotAvailable).Verify(WithoutCertificate());
        Assert.True(result.Accepted);
        Assert.Null(result.Leaf);
    }

    [Fact]
    public void MalformedCertificatesAreBadOnes()
    {
        byte[] good = TestPeer.OnP256(_root).Certificate.RawData;
        byte[] pem = System.Text.Encoding.ASCII.GetBytes(TestPeer.OnP256(_root).Certificate.ExportCertificatePem());
        foreach (byte[] leaf in new byte[][] { [], [0x30], good[..^1], [.. good, 0], pem, [0x30, 0x80, 0, 0] })
        {
            AssertRefused(TlsAlert.BadCertificate, SslPolicyErrors.None, Trusting().Verify(Raw([leaf])));
            AssertRefused(TlsAlert.BadCertificate, SslPolicyErrors.None, Trusting().Verify(Raw([good, leaf])));
        }
    }

    [Fact]
    public void GarbageNeverThrowsAndIsNeverAccepted()
    {
        const int seed = 4096;
        Random random = new(seed);
        CertificateVerifier verifier = Trusting();
        PeerCertificateProof good = TestPeer.OnP256(_root).Prove();
        byte[] certificate = good.Chain[0].ToArray();
        for (int i = 0; i < 4096; i++)
        {
            byte[] garbage = (i % 4) switch
            {
                0 => RandomBytes(random, random.Next(0, 600)),
                1 => [0x30, 0x82, .. RandomBytes(random, random.Next(0, 600))],
                2 => certificate[..random.Next(certificate.Length)],
                _ => Mutate(random, certificate),
            };
            CertificateVerdictResult result = verifier.Verify(new PeerCertificateProof
            {
                Chain = (i % 3) == 0 ? [garbage, certificate] : [garbage],
                Scheme = good.Scheme,
                Signature = good.Signature,
                SignedContent = good.SignedContent,
                PeerRole = EndpointRole.Server,
                TargetHost = "host.example",
                Sender = this,
            });
            Assert.False(result.Accepted, $"seed {seed}, round {i}: {Convert.ToHexString(garbage)}");
            Assert.True(result.Exception is null, $"seed {seed}, round {i}: {result.Exception}");
        }
    }

    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>One to four bytes differ, so the authority's signature over the certificate holds no more.</summary>
    private static byte[] Mutate(Random random, byte[] certificate)
    {
        byte[] bytes = [.. certificate];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
        }

        return bytes.AsSpan().SequenceEqual(certificate) ? [] : bytes;
    }

    private static PeerCertificateProof WithoutCertificate() => Raw([], EndpointRole.Client);

    private static PeerCertificateProof Raw(byte[][] chain, EndpointRole role = EndpointRole.Server) => new()
    {
        Chain = [.. chain.Select(certificate => (ReadOnlyMemory<byte>)certificate)],
        Scheme = SignatureScheme.EcdsaSecp256r1Sha256,
        Signature = default,
        SignedContent = default,
        PeerRole = role,
        Sender = TestPeer.Sender,
    };

    private static CertificateVerifier WithCallback(RemoteCertificateValidationCallback callback) =>
        new(new CertificateVerificationOptions { ValidationCallback = callback });

    private static void AssertAccepted(CertificateVerdictResult result)
    {
        Assert.True(result.Accepted, $"{result.Errors} {result.ChainStatus} {result.Reason} {result.Exception}");
        Assert.Equal(SslPolicyErrors.None, result.Errors);
        Assert.Equal("", result.Reason);
    }

    private static void AssertRefused(TlsAlert alert, SslPolicyErrors errors, CertificateVerdictResult result)
    {
        Assert.False(result.Accepted);
        Assert.True(result.Alert == alert, $"{result.Alert}, {result.ChainStatus}, {result.Exception}");
        Assert.Equal(errors, result.Errors);
        Assert.NotEqual("", result.Reason);
        Assert.Null(result.Leaf);
    }

    private CertificateVerifier Trusting() => new(new CertificateVerificationOptions { TrustedRoots = _root.AsTrustedRoots });
}
