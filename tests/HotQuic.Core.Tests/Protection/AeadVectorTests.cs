using System.Text.Json;
using HotQuic.Core.Packets;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Every AEAD implementation against published vectors. With packet number 0 the nonce is the IV.</summary>
public class AeadVectorTests
{
    private static readonly PacketNumber Zero = new(0);

    [SkippableTheory]
    [InlineData("nist-gcm/gcmEncryptExtIV128.json", 100)]
    [InlineData("nist-gcm/gcmEncryptExtIV256.json", 100)]
    [InlineData("nist-gcm/gcmDecrypt128.json", 100)]
    [InlineData("nist-gcm/gcmDecrypt256.json", 100)]
    public void NistVectors(string file, int atLeast)
    {
        int checkedCases = 0;
        foreach (JsonElement test in Read(file).GetProperty("tests").EnumerateArray())
        {
            Check(
                Ciphers.OfKeyLength(Field(test, "key").Length),
                new Case(
                    Field(test, "key"),
                    Field(test, "iv"),
                    Field(test, "aad"),
                    test.TryGetProperty("pt", out _) ? Field(test, "pt") : null,
                    Field(test, "ct"),
                    Field(test, "tag")),
                test.GetProperty("valid").GetBoolean());
            checkedCases++;
        }

        Assert.True(checkedCases >= atLeast, $"Only {checkedCases} cases.");
    }

    [SkippableTheory]
    [InlineData("wycheproof/aes_gcm_test.json", 130)]
    [InlineData("wycheproof/chacha20_poly1305_test.json", 316)]
    public void WycheproofVectors(string file, int atLeast)
    {
        int checkedCases = 0;
        foreach (JsonElement group in Read(file).GetProperty("testGroups").EnumerateArray())
        {
            int keyBits = group.GetProperty("keySize").GetInt32();
            if (group.GetProperty("ivSize").GetInt32() != 96 || group.GetProperty("tagSize").GetInt32() != 128 || keyBits == 192)
            {
                continue;
            }

            CipherSuite suite = file.Contains("chacha", StringComparison.Ordinal)
                ? CipherSuite.ChaCha20Poly1305Sha256
                : Ciphers.OfKeyLength(keyBits / 8);
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                Check(
                    suite,
                    new Case(
                        Field(test, "key"), Field(test, "iv"), Field(test, "aad"), Field(test, "msg"), Field(test, "ct"), Field(test, "tag")),
                    test.GetProperty("result").GetString() == "valid");
                checkedCases++;
            }
        }

        Assert.True(checkedCases >= atLeast, $"Only {checkedCases} cases.");
    }

    private static void Check(CipherSuite suite, Case test, bool isValid)
    {
        foreach (PacketAead aead in Ciphers.All(suite, test.Key, test.Iv))
        {
            using (aead)
            {
                byte[] packet = [.. test.Ciphertext, .. test.Tag];
                bool opened = aead.TryOpen(Zero, test.Header, packet);
                Assert.Equal(isValid, opened);
                byte[] text = packet[..^PacketAead.TagLength];
                Assert.Equal(test.Tag, packet[^PacketAead.TagLength..]);
                Assert.Equal(isValid ? test.Plaintext : new byte[text.Length], text);
                if (isValid)
                {
                    byte[] expected = [.. test.Ciphertext, .. test.Tag];
                    Assert.Equal(expected, Ciphers.Seal(aead, Zero, test.Header, test.Plaintext!, 0));
                    Assert.Equal(expected, Ciphers.Seal(aead, Zero, test.Header, test.Plaintext!, test.Plaintext!.Length));
                }
            }
        }
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Vectors.Path(file))).RootElement;

    private static byte[] Field(JsonElement test, string name) => Ciphers.Hex(test.GetProperty(name).GetString()!);

    private sealed record Case(byte[] Key, byte[] Iv, byte[] Header, byte[]? Plaintext, byte[] Ciphertext, byte[] Tag);
}
