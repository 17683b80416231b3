using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HotQuic.Certificates;
using HotQuic.Core.Errors;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests;
using HotQuic.Core.Tls;

namespace HotQuic.Tests.Certificates;

public sealed class HandshakeSignatureTests : IDisposable
{
    private readonly TestAuthority _root = new("signature root");

    public void Dispose() => _root.Dispose();

    [SkippableTheory]
    [InlineData("ecdsa_secp256r1_sha256_test.json", SignatureScheme.EcdsaSecp256r1Sha256)]
    [InlineData("ecdsa_secp384r1_sha384_test.json", SignatureScheme.EcdsaSecp384r1Sha384)]
    [InlineData("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureScheme.RsaPssRsaeSha256)]
    [InlineData("rsa_pss_2048_sha384_mgf1_48_test.json", SignatureScheme.RsaPssRsaeSha384)]
    [InlineData("rsa_pss_4096_sha512_mgf1_64_test.json", SignatureScheme.RsaPssRsaeSha512)]
    internal void Tls19_WycheproofVectorsAreJudgedAsStated(string file, SignatureScheme scheme)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path("wycheproof/" + file)));
        int count = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            using X509Certificate2 leaf = _root.Issue(PublicKeyOf(group), new LeafWish());
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                CertificateVerdictResult? refusal = TestPeer.CheckSignature(leaf, new PeerCertificateProof
                {
                    Chain = [leaf.RawData],
                    Scheme = scheme,
                    Signature = Convert.FromHexString(test.GetProperty("sig").GetString()!),
                    SignedContent = Convert.FromHexString(test.GetProperty("msg").GetString()!),
                    PeerRole = EndpointRole.Server,
                    Sender = this,
                });
                string expected = test.GetProperty("result").GetString()!;
                Assert.True(
                    (expected == "valid") == (refusal is null),
                    $"{file} tcId {test.GetProperty("tcId")}: {expected}, but {refusal?.Reason}");
                Assert.True(refusal is null or { Alert: TlsAlert.DecryptError }, refusal?.Reason);
                count++;
            }
        }

        Assert.Equal(document.RootElement.GetProperty("numberOfTests").GetInt32(), count);
    }

    [Fact]
    public void Tls19_EveryFlippedBitOfAnEcdsaSignatureIsRefused()
    {
        TestPeer peer = TestPeer.OnP256(_root);
        PeerCertificateProof good = peer.Prove();
        for (int bit = 0; bit < good.Signature.Length * 8; bit++)
        {
            byte[] signature = good.Signature.ToArray();
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove(signature, good.Scheme));
        }

        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove([], good.Scheme));
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove([.. good.Signature.Span, 0], good.Scheme));
    }

    [Fact]
    public void Tls19_RsaSignatureMustBePssWithASaltAsLongAsTheHash()
    {
        using RSA key = RSA.Create(2048);
        TestPeer peer = new(_root.Issue(key));
        byte[] pss = key.SignData(TestPeer.Content, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        byte[] pkcs1 = key.SignData(TestPeer.Content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] otherSalt = SignPss(key, TestPeer.Content, saltLength: 20);

        Assert.Null(TestPeer.CheckSignature(peer.Certificate, peer.Prove(pss, SignatureScheme.RsaPssRsaeSha256)));
        byte[] sameSalt = SignPss(key, TestPeer.Content, saltLength: 32);
        Assert.Null(TestPeer.CheckSignature(peer.Certificate, peer.Prove(sameSalt, SignatureScheme.RsaPssRsaeSha256)));
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove(pkcs1, SignatureScheme.RsaPssRsaeSha256));
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove(otherSalt, SignatureScheme.RsaPssRsaeSha256));
        AssertRefused(TlsAlert.IllegalParameter, peer.Certificate, peer.Prove(pkcs1, SignatureScheme.RsaPkcs1Sha256));
        pss[^1] ^= 1;
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove(pss, SignatureScheme.RsaPssRsaeSha256));
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, peer.Prove(pss[..255], SignatureScheme.RsaPssRsaeSha256));
    }

    [Fact]
    public void Tls19_SchemeMustFitTheKeyAndItsCurve()
    {
        TestPeer peer = TestPeer.OnP256(_root);
        using ECDsa key = peer.Certificate.GetECDsaPrivateKey()!;
        byte[] sha384 = key.SignData(TestPeer.Content, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence);
        foreach (SignatureScheme scheme in Enum.GetValues<SignatureScheme>().Except([SignatureScheme.EcdsaSecp256r1Sha256]))
        {
            AssertRefused(TlsAlert.IllegalParameter, peer.Certificate, peer.Prove(sha384, scheme));
        }

        AssertRefused(TlsAlert.IllegalParameter, peer.Certificate, peer.Prove(sha384, (SignatureScheme)0x0807));
    }

    [Fact]
    public void Tls19_SignatureOverOtherContentIsRefused()
    {
        TestPeer peer = TestPeer.OnP256(_root);
        PeerCertificateProof good = peer.Prove();
        PeerCertificateProof other = new()
        {
            Chain = good.Chain,
            Scheme = good.Scheme,
            Signature = good.Signature,
            SignedContent = "another handshake"u8.ToArray(),
            PeerRole = good.PeerRole,
            Sender = this,
        };
        AssertRefused(TlsAlert.DecryptError, peer.Certificate, other);
    }

    [Fact]
    public void Tls18_PeersKeyUsageMustContainDigitalSignature()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TestPeer peer = new(_root.Issue(new PublicKey(key), new LeafWish { KeyUsage = X509KeyUsageFlags.KeyAgreement }));
        byte[] signature = key.SignData(TestPeer.Content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        AssertRefused(TlsAlert.UnsupportedCertificate, peer.Certificate, peer.Prove(signature, SignatureScheme.EcdsaSecp256r1Sha256));
    }

    private static void AssertRefused(TlsAlert alert, X509Certificate2 leaf, PeerCertificateProof proof)
    {
        CertificateVerdictResult? result = TestPeer.CheckSignature(leaf, proof);
        Assert.NotNull(result);
        Assert.False(result.Accepted);
        Assert.Equal(alert, result.Alert);
    }

    /// <summary>RSASSA-PSS with SHA-256 and a salt of any length (RFC 8017 §9.1.1), since the platform's own has but one.</summary>
    private static byte[] SignPss(RSA key, byte[] content, int saltLength)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(saltLength);
        byte[] hash = SHA256.HashData([.. new byte[8], .. SHA256.HashData(content), .. salt]);
        int length = key.KeySize / 8;
        byte[] block = [.. new byte[length - hash.Length - saltLength - 2], 0x01, .. salt];
        for (int offset = 0, counter = 0; offset < block.Length; offset += hash.Length, counter++)
        {
            byte[] mask = SHA256.HashData([.. hash, 0, 0, 0, (byte)counter]);
            for (int i = 0; i < mask.Length && offset + i < block.Length; i++)
            {
                block[offset + i] ^= mask[i];
            }
        }

        block[0] &= 0x7f;
        RSAParameters parameters = key.ExportParameters(true);
        BigInteger signature = BigInteger.ModPow(
            new BigInteger([.. block, .. hash, 0xbc], isUnsigned: true, isBigEndian: true),
            new BigInteger(parameters.D, isUnsigned: true, isBigEndian: true),
            new BigInteger(parameters.Modulus, isUnsigned: true, isBigEndian: true));
        byte[] bytes = signature.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[length - bytes.Length], .. bytes];
    }

    private static PublicKey PublicKeyOf(JsonElement group)
    {
        if (!group.TryGetProperty("publicKeyAsn", out JsonElement pkcs1))
        {
            return PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromHexString(group.GetProperty("publicKeyDer").GetString()!), out _);
        }

        // Some sets restrict the key to PSS; in a certificate for rsa_pss_rsae it is a plain RSA key.
        using RSA rsa = RSA.Create();
        rsa.ImportRSAPublicKey(Convert.FromHexString(pkcs1.GetString()!), out _);
        return new PublicKey(rsa);
    }
}
