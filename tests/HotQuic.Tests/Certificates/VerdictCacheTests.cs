using System.Security.Cryptography.X509Certificates;
using HotQuic.Certificates;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;

namespace HotQuic.Tests.Certificates;

/// <summary>A verdict is used again only where building the chain anew would have to give the same one.</summary>
public sealed class VerdictCacheTests : IDisposable
{
    private readonly TestAuthority _root = new("cache root");
    private readonly Clock _clock = new();
    private readonly VerdictCache _cache;

    public VerdictCacheTests()
    {
        _cache = new VerdictCache(_clock);
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void SecondHandshakeWithTheSameChainIsAnsweredByItsSignatureAlone()
    {
        TestPeer peer = TestPeer.OnP256(_root);
        Assert.False(Trusting().TryVerifyAgain(peer.Prove(), out _));
        Assert.True(Trusting().Verify(peer.Prove()).Accepted);

        Assert.True(Trusting().TryVerifyAgain(peer.Prove(), out CertificateVerdictResult? again));
        Assert.True(again.Accepted);
        Assert.Equal(peer.Certificate.Thumbprint, again.Leaf!.Value.Thumbprint);
    }

    [Fact]
    public void WarmCacheStillRefusesAWrongSignature()
    {
        TestPeer peer = Warm();
        PeerCertificateProof good = peer.Prove();
        byte[] signature = good.Signature.ToArray();
        signature[^1] ^= 1;

        Assert.True(Trusting().TryVerifyAgain(peer.Prove(signature, good.Scheme), out CertificateVerdictResult? result));
        Assert.False(result.Accepted);
        Assert.Equal(TlsAlert.DecryptError, result.Alert);
    }

    [Theory]
    [InlineData("another.example")]
    [InlineData("")]
    [InlineData(null)]
    public void WarmCacheSaysNothingOfAnotherHost(string? host) => Assert.False(Trusting().TryVerifyAgain(Warm().Prove(host), out _));

    [Fact]
    public void WarmCacheSaysNothingOfAnotherRole() =>
        Assert.False(Trusting().TryVerifyAgain(Warm().Prove(role: EndpointRole.Client), out _));

    [Fact]
    public void WarmCacheSaysNothingOfAnotherChain()
    {
        TestPeer peer = Warm();
        var longer = new TestPeer(peer.Certificate, _root.Certificate);
        Assert.False(Trusting().TryVerifyAgain(longer.Prove(), out _));
        Assert.False(Trusting().TryVerifyAgain(TestPeer.OnP256(_root).Prove(), out _));
    }

    [Fact]
    public void WarmCacheIsVoidOnceTheTrustedRootsChange()
    {
        TestPeer peer = Warm();
        using TestAuthority other = new("another root");
        Assert.False(Verifier(new CertificateVerificationOptions { TrustedRoots = other.AsTrustedRoots }).TryVerifyAgain(peer.Prove(), out _));
        Assert.False(Verifier(new CertificateVerificationOptions { TrustedRoots = [] }).TryVerifyAgain(peer.Prove(), out _));
        Assert.False(Verifier(new CertificateVerificationOptions()).TryVerifyAgain(peer.Prove(), out _));
    }

    [Fact]
    public void WarmCacheIsVoidOnceTheStoreOfTheSamePolicyObjectChanges()
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_root.Certificate);
        TestPeer peer = TestPeer.OnP256(_root);
        Assert.True(WithPolicy(policy).Verify(peer.Prove()).Accepted);
        Assert.True(WithPolicy(policy).TryVerifyAgain(peer.Prove(), out _));

        policy.CustomTrustStore.Clear();
        Assert.False(WithPolicy(policy).TryVerifyAgain(peer.Prove(), out _));
        Assert.False(WithPolicy(policy).Verify(peer.Prove()).Accepted);
    }

    /// <summary>Later changes of the options have no effect: least of all one that others would then go by.</summary>
    [Fact]
    public void AVerifierGoesByThePolicyThatItWasMadeWith()
    {
        using TestAuthority added = new("added root");
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_root.Certificate);
        CertificateVerifier verifier = WithPolicy(policy);
        policy.CustomTrustStore.Add(added.Certificate);
        TestPeer peer = TestPeer.OnP256(added);
        Assert.Equal(TlsAlert.UnknownCa, verifier.Verify(peer.Prove()).Alert);

        policy.CustomTrustStore.RemoveAt(1);
        Assert.False(WithPolicy(policy).TryVerifyAgain(peer.Prove(), out _));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(60 * 60 * 24 * 2)]
    public void WarmCacheIsVoidOnceACertificateExpired(int secondsAfter)
    {
        TestPeer peer = TestPeer.OnP256(_root, new LeafWish { ValidTo = TimeSpan.FromSeconds(30) });
        Assert.True(Trusting().Verify(peer.Prove()).Accepted);
        Assert.True(Trusting().TryVerifyAgain(peer.Prove(), out _));

        _clock.Now = peer.Certificate.NotAfter.AddSeconds(secondsAfter);
        Assert.False(Trusting().TryVerifyAgain(peer.Prove(), out _));
    }

    [Fact]
    public void WarmCacheIsVoidAfterAMinute()
    {
        TestPeer peer = Warm();
        _clock.Now += TimeSpan.FromSeconds(61);
        Assert.False(Trusting().TryVerifyAgain(peer.Prove(), out _));
    }

    [Fact]
    public void CallbacksRevocationAndOtherTimesAreAskedEveryTime()
    {
        CertificateVerificationOptions[] all =
        [
            new() { TrustedRoots = _root.AsTrustedRoots, ValidationCallback = static (_, _, _, errors) => errors == default },
            new() { TrustedRoots = _root.AsTrustedRoots, RevocationMode = X509RevocationMode.Offline },
            new() { ChainPolicy = Policy(static policy => policy.RevocationMode = X509RevocationMode.Offline) },
            new() { ChainPolicy = Policy(static policy => policy.VerificationTime = DateTime.Now) },
        ];
        TestPeer peer = Warm();
        foreach (CertificateVerificationOptions options in all)
        {
            _ = Verifier(options).Verify(peer.Prove());
            Assert.False(Verifier(options).TryVerifyAgain(peer.Prove(), out _));
        }
    }

    [Fact]
    public void RefusedChainsAreNotRemembered()
    {
        CertificateVerifier distrusting = Verifier(new CertificateVerificationOptions { TrustedRoots = [] });
        Assert.False(distrusting.Verify(TestPeer.OnP256(_root).Prove()).Accepted);
        Assert.Equal(0, _cache.Count);
    }

    [Fact]
    public void CacheStaysWithinItsCapacity()
    {
        var small = new VerdictCache(_clock, capacity: 4);
        var options = new CertificateVerificationOptions { TrustedRoots = _root.AsTrustedRoots };
        for (int i = 0; i < 10; i++)
        {
            Assert.True(new CertificateVerifier(options, small).Verify(TestPeer.OnP256(_root).Prove()).Accepted);
            Assert.InRange(small.Count, 1, 4);
        }
    }

    private static X509ChainPolicy Policy(Action<X509ChainPolicy> change)
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck };
        change(policy);
        return policy;
    }

    private TestPeer Warm()
    {
        TestPeer peer = TestPeer.OnP256(_root);
        Assert.True(Trusting().Verify(peer.Prove()).Accepted);
        return peer;
    }

    private CertificateVerifier Trusting() => Verifier(new CertificateVerificationOptions { TrustedRoots = _root.AsTrustedRoots });

    private CertificateVerifier WithPolicy(X509ChainPolicy policy) => Verifier(new CertificateVerificationOptions { ChainPolicy = policy });

    private CertificateVerifier Verifier(CertificateVerificationOptions options) => new(options, _cache);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
