using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Key derivation: the platform's HKDF where output is long, our own HMAC where one block is enough.</summary>
public class KeyDerivationTests
{
    [SkippableTheory]
    [InlineData("wycheproof/hkdf_sha256_test.json", "SHA256")]
    [InlineData("wycheproof/hkdf_sha384_test.json", "SHA384")]
    public void WycheproofHkdf(string file, string hashName)
    {
        var hash = new HashAlgorithmName(hashName);
        int valid = 0;
        using var document = JsonDocument.Parse(File.ReadAllText(Vectors.Path(file)));
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] Field(string name) => Ciphers.Hex(test.GetProperty(name).GetString()!);
                if (test.GetProperty("result").GetString() == "valid")
                {
                    byte[] okm = new byte[test.GetProperty("size").GetInt32()];
                    HKDF.Expand(hash, HKDF.Extract(hash, Field("ikm"), Field("salt")), okm, Field("info"));
                    Assert.Equal(Field("okm"), okm);
                    valid++;
                }
            }
        }

        Assert.True(valid >= 70, $"Only {valid} cases.");
    }

    [SkippableFact]
    public void Rfc5869Appendix()
    {
        Dictionary<string, string> test = [];
        int count = 0;
        foreach (string line in File.ReadLines(Vectors.Path("misc-crypto/rfc5869-hkdf-sha256.txt")).Append("COUNT = end"))
        {
            string[] parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length != 2)
            {
                continue;
            }

            if (parts[0] == "COUNT" && test.TryGetValue("OKM", out string? expectedOkm))
            {
                byte[] prk = HKDF.Extract(HashAlgorithmName.SHA256, Ciphers.Hex(test["IKM"]), Ciphers.Hex(test["salt"]));
                Assert.Equal(Ciphers.Hex(test["PRK"]), prk);
                byte[] okm = new byte[int.Parse(test["L"], CultureInfo.InvariantCulture)];
                HKDF.Expand(HashAlgorithmName.SHA256, prk, okm, Ciphers.Hex(test["info"]));
                Assert.Equal(Ciphers.Hex(expectedOkm), okm);
                count++;
                test.Clear();
            }

            test[parts[0]] = parts[1];
        }

        Assert.Equal(3, count);
    }

    /// <summary>RFC 9001 §A.1 gives the encoded labels; this is what they have to expand to.</summary>
    [Theory]
    [InlineData("client in", "00200f746c73313320636c69656e7420696e00", 32)]
    [InlineData("server in", "00200f746c7331332073657276657220696e00", 32)]
    [InlineData("quic key", "00100e746c7331332071756963206b657900", 16)]
    [InlineData("quic iv", "000c0d746c733133207175696320697600", 12)]
    [InlineData("quic hp", "00100d746c733133207175696320687000", 16)]
    [InlineData("quicv2 key", "001010746c73313320717569637632206b657900", 16)]
    [InlineData("quicv2 iv", "000c0f746c7331332071756963763220697600", 12)]
    [InlineData("quicv2 hp", "00100f746c7331332071756963763220687000", 16)]
    public void Prot02_LabelsAreEncodedAsTls13Does(string label, string encoded, int length)
    {
        byte[] secret = Ciphers.Hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
        byte[] expected = HKDF.Expand(HashAlgorithmName.SHA256, secret, length, Ciphers.Hex(encoded));
        byte[] actual = new byte[length];
        HkdfLabel.Expand(HashAlgorithmName.SHA256, secret, System.Text.Encoding.ASCII.GetBytes(label), [], actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void TheContextIsPartOfTheLabel()
    {
        byte[] secret = new byte[48];
        byte[] expected = HKDF.Expand(HashAlgorithmName.SHA384, secret, 5, Ciphers.Hex("0005 09 746c73313320 616263 02 0708"));
        byte[] actual = new byte[5];
        HkdfLabel.Expand(HashAlgorithmName.SHA384, secret, "abc"u8, [7, 8], actual);
        Assert.Equal(expected, actual);
        Assert.Throws<ArgumentException>("label", () => HkdfLabel.Expand(HashAlgorithmName.SHA384, secret, new byte[250], [], actual));
    }

    [Fact]
    public void ASecretOfAnotherHashIsRefused() =>
        Assert.Throws<ArgumentException>(
            "secret",
            () => PacketKeys.Derive(
                HotQuic.Core.Packets.QuicVersion.Version1, CipherSuite.Aes256GcmSha384, new byte[32], CipherBackend.Auto));

    /// <summary>The three suites, and no CCM, least of all the one with an 8-byte tag.</summary>
    [Fact]
    public void Prot10_Ccm8IsNoSuite()
    {
        Assert.Equal(Ciphers.Suites, Enum.GetValues<CipherSuite>());
        Assert.False(((CipherSuite)0x1305).IsSupported());
        Assert.Throws<ArgumentOutOfRangeException>("suite", () => ((CipherSuite)0x1305).Facts());
    }

    [Fact]
    public void Key07_Key08_LimitsOfEachSuite()
    {
        Assert.Equal((1L << 23, 1L << 52), Limits(CipherSuite.Aes128GcmSha256));
        Assert.Equal((1L << 23, 1L << 52), Limits(CipherSuite.Aes256GcmSha384));
        Assert.Equal((long.MaxValue, 1L << 36), Limits(CipherSuite.ChaCha20Poly1305Sha256));

        static (long, long) Limits(CipherSuite suite) => (suite.Facts().ConfidentialityLimit, suite.Facts().IntegrityLimit);
    }
}
