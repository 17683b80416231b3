using System.Buffers.Binary;
using System.Numerics;
using HotQuic.Core.Protection;

namespace HotQuic.Core.Tests.Protection;

/// <summary>Poly1305 alone, whose carries packets seldom show: against RFC 8439's corner cases, and against plain integers.</summary>
public class Poly1305Tests
{
    private const int Seed = 8439;
    private const string Zero = "00000000000000000000000000000000";
    private const string Two64 = "01000000000000000400000000000000";

    /// <summary>RFC 8439 §A.3, those of whole blocks.</summary>
    [Theory]
    [InlineData(Zero, Zero + Zero + Zero + Zero, Zero)]
    [InlineData("02000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000")]
    [InlineData(
        "01000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
        "05000000000000000000000000000000")]
    [InlineData(
        "01000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
        Zero)]
    [InlineData("02000000000000000000000000000000", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff")]
    [InlineData(
        Two64,
        "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
        "14000000000000005500000000000000")]
    [InlineData(
        Two64,
        "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000",
        "13000000000000000000000000000000")]
    public void CornerCasesOfRfc8439(string r, string data, string tag)
    {
        byte[] key = Ciphers.Hex(r + Zero);
        Assert.Equal(Ciphers.Hex(tag), TagBlockByBlock(key, Ciphers.Hex(data)));
        Assert.Equal(Ciphers.Hex(tag), Expected(key, Ciphers.Hex(data)));
    }

    /// <summary>RFC 8439 §A.3, vector 6: adding s wraps.</summary>
    [Fact]
    public void AddingSWraps()
    {
        byte[] key = Ciphers.Hex("02000000000000000000000000000000" + "ffffffffffffffffffffffffffffffff");
        Assert.Equal(Ciphers.Hex("03000000000000000000000000000000"), TagBlockByBlock(key, Ciphers.Hex("02000000000000000000000000000000")));
    }

    [Fact]
    public void BatchesAgreeWithPlainIntegers()
    {
        var random = new Random(Seed);
        for (int round = 0; round < 200; round++)
        {
            byte[] key = random.Bytes(Poly1305.KeyLength);
            byte[] text = random.Bytes(128 * random.Next(1, 30));
            switch (round % 4)
            {
                case 1:
                    key.AsSpan().Fill(0xff);
                    break;
                case 2:
                    text.AsSpan().Fill(0xff);
                    break;
                case 3:
                    key.AsSpan().Fill(0xff);
                    text.AsSpan().Fill(0xff);
                    break;
            }

            byte[] before = text[..(Poly1305.BlockLength * random.Next(0, 8))];
            byte[] expected = Expected(key, [.. before, .. text]);
            string message = $"round {round} length {text.Length} seed {Seed}";
            Assert.True(expected.AsSpan().SequenceEqual(TagBlockByBlock(key, [.. before, .. text])), message);
            Assert.True(expected.AsSpan().SequenceEqual(TagByBatches<Poly1305Serial>(key, before, text)), $"serial {message}");
            Assert.True(expected.AsSpan().SequenceEqual(TagByBatches<Poly1305Lanes<Poly1305Lanes256>>(key, before, text)), $"256 {message}");
            Assert.True(expected.AsSpan().SequenceEqual(TagByBatches<Poly1305Lanes<Poly1305Lanes512>>(key, before, text)), $"512 {message}");
        }
    }

    private static unsafe byte[] TagBlockByBlock(byte[] key, byte[] data)
    {
        fixed (byte* keyPointer = key, pointer = data)
        {
            var hash = new Poly1305(keyPointer);
            hash.Add(pointer, data.Length / Poly1305.BlockLength);
            return Bytes(hash);
        }
    }

    /// <summary>With a keystream of zeros, so that the text is the ciphertext; sealed and opened by turns.</summary>
    private static unsafe byte[] TagByBatches<TBatches>(byte[] key, byte[] before, byte[] text)
        where TBatches : struct, IPoly1305Batches
    {
        if (!TBatches.IsSupported)
        {
            return Expected(key, [.. before, .. text]);
        }

        byte[] keystream = new byte[text.Length];
        fixed (byte* keyPointer = key, beforePointer = before, textPointer = text, keystreamPointer = keystream)
        {
            var hash = new Poly1305(keyPointer);
            hash.Add(beforePointer, before.Length / Poly1305.BlockLength);
            int first = text.Length / 256 * 128;
            var cursor = new TextCursor { Text = textPointer, InPlaceEnd = textPointer + text.Length };
            if (first > 0)
            {
                TBatches.CipherAndHash<Sealing>(ref hash, ref cursor, keystreamPointer, first);
            }

            TBatches.CipherAndHash<Opening>(ref hash, ref cursor, keystreamPointer, text.Length - first);
            Assert.True(cursor.Text == textPointer + text.Length);
            return Bytes(hash);
        }
    }

    private static byte[] Bytes(in Poly1305 hash)
    {
        byte[] tag = new byte[Poly1305.BlockLength];
        System.Runtime.Intrinsics.Vector128.CopyTo(hash.Tag(), tag);
        return tag;
    }

    /// <summary>RFC 8439 §2.5.1, word for word.</summary>
    private static byte[] Expected(byte[] key, byte[] data)
    {
        BigInteger r = Little(key.AsSpan(0, 16)) & Little(Ciphers.Hex("ffffff0ffcffff0ffcffff0ffcffff0f"));
        BigInteger modulus = BigInteger.Pow(2, 130) - 5;
        BigInteger accumulator = 0;
        for (int offset = 0; offset < data.Length; offset += Poly1305.BlockLength)
        {
            accumulator = (accumulator + Little(data.AsSpan(offset, 16)) + BigInteger.Pow(2, 128)) * r % modulus;
        }

        accumulator += Little(key.AsSpan(16, 16));
        byte[] tag = new byte[Poly1305.BlockLength];
        BinaryPrimitives.WriteUInt128LittleEndian(tag, (UInt128)(accumulator % BigInteger.Pow(2, 128)));
        return tag;
    }

    private static BigInteger Little(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true);
}
