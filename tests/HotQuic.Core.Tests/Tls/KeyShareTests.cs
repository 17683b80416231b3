using System.Security.Cryptography;
using System.Text.Json;
using HotQuic.Core.Tls;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tests.Tls;

/// <summary>Key exchange by the public vectors: right secrets at full length, and no secret from a bad point.</summary>
public sealed class KeyShareTests
{
    [SkippableTheory]
    [InlineData("ecdh_secp256r1_ecpoint_test.json", 0x0017, 32)]
    [InlineData("ecdh_secp384r1_ecpoint_test.json", 0x0018, 48)]
    public void Tls13_NistPointsAreValidatedAndSecretsKeepLeadingZeros(string file, int group, int length)
    {
        ECCurve curve = group == 0x0017 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384;
        int leadingZeros = 0;
        int refused = 0;
        foreach (JsonElement test in Tests(file))
        {
            byte[] publicKey = Hex(test, "public");
            byte[] privateKey = Hex(test, "private");
            bool isValid = test.GetProperty("result").GetString() == "valid"; // "acceptable": compressed, which TLS 1.3 forbids
            if (privateKey.Length > length)
            {
                privateKey = privateKey[^length..];
            }

            byte[] d = new byte[length];
            privateKey.CopyTo(d, length - privateKey.Length);
            using var share = new EcdhKeyShare((NamedGroup)group, ECDiffieHellman.Create(new ECParameters { Curve = curve, D = d }));
            byte[] secret = new byte[KeyShare.MaxSecretLength];
            bool isDerived = share.TryDeriveSharedSecret(publicKey, secret, out int secretLength);
            Assert.True(isValid == isDerived, $"test {test.GetProperty("tcId")}");
            if (isDerived)
            {
                Assert.Equal(length, secretLength);
                Assert.Equal(Hex(test, "shared"), secret[..length]);
                leadingZeros += secret[0] == 0 ? 1 : 0;
            }
            else
            {
                Assert.Equal(0, secretLength);
                refused++;
            }
        }

        Assert.True(leadingZeros > 0 && refused > 0, $"{leadingZeros} with leading zeros, {refused} refused");
    }

    [SkippableFact]
    public void Tls13_X25519SecretsAreThoseOfTheVectorsAndZeroIsRefused()
    {
        int refused = 0;
        foreach (JsonElement test in Tests("x25519_test.json"))
        {
            using var share = new X25519KeyShare(new FixedBytes(Hex(test, "private")));
            byte[] secret = new byte[KeyShare.MaxSecretLength];
            byte[] expected = Hex(test, "shared");
            bool isZero = !expected.AsSpan().ContainsAnyExcept((byte)0);
            Assert.Equal(!isZero, share.TryDeriveSharedSecret(Hex(test, "public"), secret, out int length));
            Assert.Equal(isZero ? 0 : 32, length);
            Assert.Equal(isZero ? new byte[32] : expected, secret[..32]);
            refused += isZero ? 1 : 0;
        }

        Assert.True(refused > 20);
    }

    [Theory]
    [InlineData(NamedGroupName.X25519)]
    [InlineData(NamedGroupName.Secp256r1)]
    [InlineData(NamedGroupName.Secp384r1)]
    public void Tls13_SharesOfTheWrongLengthAreRefused(string name)
    {
        var factory = new SystemKeyShareFactory(new SeededRandom(1));
        NamedGroup group = Enum.Parse<NamedGroup>(name);
        using KeyShare share = factory.Create(group);
        byte[] secret = new byte[KeyShare.MaxSecretLength];
        byte[] good = factory.Create(group).PublicKey.ToArray();
        for (int length = 0; length < 140; length++)
        {
            byte[] key = new byte[length];
            good.AsSpan(0, Math.Min(good.Length, length)).CopyTo(key);
            Assert.Equal(length == good.Length, share.TryDeriveSharedSecret(key, secret, out _));
        }
    }

    [Fact]
    public void Tls29_ADisposedX25519ShareHasForgottenItsKey()
    {
        var share = new X25519KeyShare(new SeededRandom(1));
        using var peer = new X25519KeyShare(new SeededRandom(2));
        byte[] before = new byte[KeyShare.MaxSecretLength];
        byte[] after = new byte[KeyShare.MaxSecretLength];
        byte[] ofZeroKey = new byte[KeyShare.MaxSecretLength];
        Assert.True(share.TryDeriveSharedSecret(peer.PublicKey, before, out _));
        share.Dispose();
        _ = share.TryDeriveSharedSecret(peer.PublicKey, after, out _);
        X25519.ScalarMultiply(new byte[X25519.KeyLength], peer.PublicKey, ofZeroKey.AsSpan(0, X25519.KeyLength));
        Assert.NotEqual(before, after);
        Assert.Equal(ofZeroKey, after);
    }

    [Fact]
    public void Tls25_TheFactoryHasTheMandatoryGroupAndRefusesOthers()
    {
        var factory = new SystemKeyShareFactory(new SeededRandom(1));
        Assert.True(factory.Supports(NamedGroup.Secp256r1));
        Assert.False(factory.Supports((NamedGroup)0x11ec));
        Assert.Throws<ArgumentOutOfRangeException>(() => factory.Create((NamedGroup)0x001e));
    }

    [Fact]
    public void AServerRespondsToAShareAsAClientDerivesFromTheResponse()
    {
        var factory = new SystemKeyShareFactory(new SeededRandom(1));
        foreach (NamedGroup group in Enum.GetValues<NamedGroup>())
        {
            using KeyShare client = factory.Create(group);
            byte[] serverShare = new byte[KeyShare.MaxPublicKeyLength];
            byte[] serverSecret = new byte[KeyShare.MaxSecretLength];
            byte[] clientSecret = new byte[KeyShare.MaxSecretLength];
            Assert.True(factory.TryRespond(group, client.PublicKey, serverShare, serverSecret, out KeyShareResponse response));
            Assert.True(client.TryDeriveSharedSecret(serverShare.AsSpan(0, response.PublicKeyLength), clientSecret, out int length));
            Assert.Equal(response.SecretLength, length);
            Assert.Equal(serverSecret, clientSecret);
        }
    }

    private static byte[] Hex(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    private static List<JsonElement> Tests(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path($"wycheproof/{file}")));
        return [.. document.RootElement.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray()).Select(test => test.Clone())];
    }

    private static class NamedGroupName
    {
        public const string X25519 = nameof(NamedGroup.X25519);
        public const string Secp256r1 = nameof(NamedGroup.Secp256r1);
        public const string Secp384r1 = nameof(NamedGroup.Secp384r1);
    }
}
