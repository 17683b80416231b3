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

    /// <summary>RFC 8439 §2.8.2.</summary>
    [Fact]
    public void ExampleOfRfc8439() => Check(
        CipherSuite.ChaCha20Poly1305Sha256,
        new Case(
            Ciphers.Hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
            Ciphers.Hex("070000004041424344454647"),
            Ciphers.Hex("50515253c0c1c2c3c4c5c6c7"),
            Ciphers.Hex(
            "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063" +
            "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73" +
            "637265656e20776f756c642062652069742e"),
            Ciphers.Hex(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
            "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
            "3ff4def08e4b7a9de576d26586cec64b6116"),
            Ciphers.Hex("1ae10b594f09e26a7e902ecbd0600691")),
        isValid: true);

    /// <summary>RFC 8439 §A.5.</summary>
    [Fact]
    public void DecryptionOfRfc8439() => Check(
        CipherSuite.ChaCha20Poly1305Sha256,
        new Case(
            Ciphers.Hex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"),
            Ciphers.Hex("000000000102030405060708"),
            Ciphers.Hex("f33388860000000000004e91"),
            Ciphers.Hex(
            "496e7465726e65742d4472616674732061726520647261667420646f63756d656e74732076616c696420666f72206120" +
            "6d6178696d756d206f6620736978206d6f6e74687320616e64206d617920626520757064617465642c207265706c6163" +
            "65642c206f72206f62736f6c65746564206279206f7468657220646f63756d656e747320617420616e792074696d652e" +
            "20497420697320696e617070726f70726961746520746f2075736520496e7465726e65742d4472616674732061732072" +
            "65666572656e6365206d6174657269616c206f7220746f2063697465207468656d206f74686572207468616e20617320" +
            "2fe2809c776f726b20696e2070726f67726573732e2fe2809d"),
            Ciphers.Hex(
            "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0" +
            "bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c855" +
            "9797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e9" +
            "9040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a" +
            "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130" +
            "305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"),
            Ciphers.Hex("eead9d67890cbb22392336fea1851f38")),
        isValid: true);

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
