using System.Security.Cryptography;
using System.Text.Json;
using HotQuic.Core.Protection;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Protection;

/// <summary>SHA-256 and HMAC (FIPS 180-4, RFC 2104): vectors, and agreement with the platform's own.</summary>
public class Sha256Tests
{
    [SkippableFact]
    public void WycheproofHmac()
    {
        int count = 0;
        using var document = JsonDocument.Parse(File.ReadAllText(Vectors.Path("wycheproof/hmac_sha256_test.json")));
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            int tagLength = group.GetProperty("tagSize").GetInt32() / 8;
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                byte[] Field(string name) => Ciphers.Hex(test.GetProperty(name).GetString()!);
                byte[] code = new byte[HmacSha256.HashLength];
                HmacSha256.Hash(Field("key"), Field("msg"), code);
                bool isValid = test.GetProperty("result").GetString() == "valid";
                Assert.Equal(isValid, code.AsSpan(0, tagLength).SequenceEqual(Field("tag")));
                count++;
            }
        }

        Assert.Equal(document.RootElement.GetProperty("numberOfTests").GetInt32(), count);
    }

    /// <summary>FIPS 180-2 appendix B.1 and B.2, and the hash of nothing.</summary>
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void PublishedExamples(string message, string expected)
    {
        byte[] hash = new byte[Sha256.HashLength];
        Sha256.Hash(System.Text.Encoding.ASCII.GetBytes(message), hash);
        Assert.Equal(Ciphers.Hex(expected), hash);
    }

    [Fact]
    public void EveryLengthAgreesWithThePlatformHoweverItIsCut()
    {
        var random = new SeededRandom(256);
        byte[] data = new byte[300];
        random.Fill(data);
        byte[] hash = new byte[Sha256.HashLength];
        for (int length = 0; length <= data.Length; length++)
        {
            byte[] expected = SHA256.HashData(data.AsSpan(0, length));
            var pieces = Sha256.Create();
            for (int at = 0; at < length;)
            {
                int count = Math.Min(length - at, 1 + random.Next(70));
                pieces.Append(data.AsSpan(at, count));
                at += count;
            }

            pieces.CopyHash(hash);
            Assert.Equal(expected, hash);
            pieces.CopyHash(hash);
            Assert.Equal(expected, hash);
            HmacSha256.Hash(data.AsSpan(0, length / 2), data.AsSpan(0, length), hash);
            Assert.Equal(HMACSHA256.HashData(data.AsSpan(0, length / 2), data.AsSpan(0, length)), hash);
        }
    }

    [Fact]
    public void CopyForksTheHash()
    {
        var stem = Sha256.Create();
        stem.Append("the same beginning, longer than one block of sixty-four bytes, and "u8);
        Sha256 branch = stem;
        stem.Append("one end"u8);
        branch.Append("another"u8);
        byte[] one = new byte[32];
        byte[] other = new byte[32];
        stem.CopyHash(one);
        branch.CopyHash(other);
        Assert.Equal(SHA256.HashData("the same beginning, longer than one block of sixty-four bytes, and one end"u8), one);
        Assert.Equal(SHA256.HashData("the same beginning, longer than one block of sixty-four bytes, and another"u8), other);
    }
}
