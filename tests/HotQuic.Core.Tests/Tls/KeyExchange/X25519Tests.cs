using System.Text.Json;
using HotQuic.Core.Tls.KeyExchange;

namespace HotQuic.Core.Tests.Tls.KeyExchange;

public class X25519Tests
{
    private static readonly byte[] BasePointU = [9, .. new byte[31]];

    [SkippableFact]
    public void Tls13_Rfc7748VectorsGiveTheirResults()
    {
        Dictionary<string, string> fields = [];
        int count = 0;
        foreach (string line in File.ReadLines(Vectors.Path("misc-crypto/rfc7748-x25519.txt")))
        {
            string[] parts = line.Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length != 2)
            {
                continue;
            }

            fields[parts[0]] = parts[1];
            if (parts[0] == "OUTPUT_U")
            {
                Assert.Equal(fields["OUTPUT_U"], Multiply(fields["INPUT_SCALAR"], fields["INPUT_U"]));
                count++;
            }
        }

        Assert.True(count >= 2, "The file of vectors must hold those of RFC 7748 §5.2.");
    }

    // RFC 7748 §5.2
    [Theory]
    [InlineData(1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")]
    [InlineData(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")]
    public void Tls13_IteratedVectorOfRfc7748(int iterations, string expected)
    {
        byte[] scalar = [.. BasePointU];
        byte[] u = [.. BasePointU];
        byte[] result = new byte[X25519.KeyLength];
        for (int i = 0; i < iterations; i++)
        {
            X25519.ScalarMultiply(scalar, u, result);
            (scalar, u, result) = (result, scalar, u);
        }

        Assert.Equal(expected, Convert.ToHexStringLower(scalar));
    }

    // RFC 7748 §6.1
    [Fact]
    public void Tls13_BothSidesReachTheSameSecret()
    {
        const string alicePrivate = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
        const string bobPrivate = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
        string alicePublic = MultiplyBase(alicePrivate);
        string bobPublic = MultiplyBase(bobPrivate);

        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", alicePublic);
        Assert.Equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", bobPublic);
        Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Multiply(alicePrivate, bobPublic));
        Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Multiply(bobPrivate, alicePublic));
    }

    [SkippableFact]
    public void Tls13_EveryWycheproofVectorGivesItsSharedSecret()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Vectors.Path("wycheproof/x25519_test.json")));
        int count = 0;
        foreach (JsonElement test in document.RootElement.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray()))
        {
            string shared = Multiply(test.GetProperty("private").GetString()!, test.GetProperty("public").GetString()!);
            Assert.True(
                shared == test.GetProperty("shared").GetString(),
                $"tcId {test.GetProperty("tcId")}: got {shared}");
            count++;
        }

        Assert.Equal(document.RootElement.GetProperty("numberOfTests").GetInt32(), count);
    }

    // RFC 7748 §6.1, §7: these u-coordinates, p and above among them, have an order that divides the cofactor.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Tls13_PointOfSmallOrderGivesZerosForTheCallerToRefuse(string u)
    {
        Assert.Equal(new string('0', 64), Multiply("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", u));
    }

    [Fact]
    public void Tls13_BaseMultiplicationEqualsMultiplicationOfNine()
    {
        const int seed = 25519;
        Random random = new(seed);
        byte[] scalar = new byte[X25519.KeyLength];
        byte[] expected = new byte[X25519.KeyLength];
        byte[] actual = new byte[X25519.KeyLength];
        for (int i = 0; i < 2000; i++)
        {
            random.NextBytes(scalar);
            X25519.ScalarMultiply(scalar, BasePointU, expected);
            X25519.ScalarMultiplyBase(scalar, actual);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"seed {seed}, scalar {Convert.ToHexString(scalar)}");
        }
    }

    [Fact]
    public void Tls13_BaseMultiplicationHoldsForEveryDigit()
    {
        // Every byte repeated gives every pair of base-16 digits, with and without a carry, in every row of the table.
        byte[] actual = new byte[X25519.KeyLength];
        byte[] expected = new byte[X25519.KeyLength];
        for (int value = 0; value <= byte.MaxValue; value++)
        {
            byte[] scalar = [.. Enumerable.Repeat((byte)value, X25519.KeyLength)];
            X25519.ScalarMultiply(scalar, BasePointU, expected);
            X25519.ScalarMultiplyBase(scalar, actual);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"scalar of bytes {value:x2}");
        }
    }

    [Fact]
    public void ClampsTheScalarAndLeavesTheInputsAlone()
    {
        byte[] scalar = [0x07, .. Enumerable.Repeat((byte)0xff, 30), 0x80];
        byte[] clamped = [0x00, .. Enumerable.Repeat((byte)0xff, 30), 0x40];
        byte[] u = [.. BasePointU];
        byte[] first = new byte[X25519.KeyLength];
        byte[] second = new byte[X25519.KeyLength];
        X25519.ScalarMultiply(scalar, u, first);
        X25519.ScalarMultiply(clamped, u, second);

        Assert.Equal(second, first);
        Assert.Equal(0x07, scalar[0]);
        Assert.Equal(BasePointU, u);
    }

    [Fact]
    public void ResultMayOverwriteEitherInput()
    {
        byte[] scalar = Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        byte[] expected = Convert.FromHexString("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
        byte[] u = [.. BasePointU];
        X25519.ScalarMultiply(scalar, u, u);
        Assert.Equal(expected, u);

        X25519.ScalarMultiplyBase(scalar, scalar);
        Assert.Equal(expected, scalar);
    }

    [Theory]
    [InlineData(31, 32, 32, "scalar")]
    [InlineData(33, 32, 32, "scalar")]
    [InlineData(32, 31, 32, "u")]
    [InlineData(32, 32, 33, "result")]
    public void WrongLengthThrowsAndNamesTheArgument(int scalar, int u, int result, string parameterName)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => X25519.ScalarMultiply(new byte[scalar], new byte[u], new byte[result]));
        Assert.Equal(parameterName, exception.ParamName);
    }

    [Fact]
    public void AllocatesNothing()
    {
        byte[] key = [.. BasePointU];
        X25519.ScalarMultiplyBase(key, key);
        X25519.ScalarMultiply(key, key, key);

        long before = GC.GetAllocatedBytesForCurrentThread();
        X25519.ScalarMultiplyBase(key, key);
        X25519.ScalarMultiply(key, key, key);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static string MultiplyBase(string scalar)
    {
        byte[] result = new byte[X25519.KeyLength];
        X25519.ScalarMultiplyBase(Convert.FromHexString(scalar), result);
        return Convert.ToHexStringLower(result);
    }

    private static string Multiply(string scalar, string u)
    {
        byte[] result = new byte[X25519.KeyLength];
        X25519.ScalarMultiply(Convert.FromHexString(scalar), Convert.FromHexString(u), result);
        return Convert.ToHexStringLower(result);
    }
}
