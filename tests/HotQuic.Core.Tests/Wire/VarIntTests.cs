using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Wire;

/// <summary>Variable-length integers, RFC 9000 §16.</summary>
public class VarIntTests
{
    [SkippableFact]
    public void Pkt15_VectorsDecodeToTheirValuesAndMinimalFormsAreWhatIsWritten()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/varint.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("decode").EnumerateArray())
        {
            byte[] bytes = Hex.Bytes(vector.GetProperty("hex").GetString()!);
            ulong expected = ulong.Parse(vector.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            Assert.True(VarInt.TryRead(bytes, out ulong value, out int length));
            Assert.Equal((expected, bytes.Length), (value, length));

            bool isMinimal = !vector.TryGetProperty("minimal", out JsonElement minimal) || minimal.GetBoolean();
            byte[] written = new byte[VarInt.MaxLength];
            int writtenLength = VarInt.Write(written, value);
            Assert.Equal(VarInt.LengthOf(value), writtenLength);
            Assert.Equal(isMinimal, written.AsSpan(0, writtenLength).SequenceEqual(bytes));
        }
    }

    [SkippableFact]
    public void Pkt15_TruncatedVectorsAreRefusedAndTooLargeValuesThrow()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/varint.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("truncated").EnumerateArray())
        {
            Assert.False(VarInt.TryRead(Hex.Bytes(vector.GetString()!), out _, out _));
        }

        foreach (JsonElement vector in vectors.RootElement.GetProperty("not_encodable").EnumerateArray())
        {
            ulong value = ulong.Parse(vector.GetString()!, CultureInfo.InvariantCulture);
            Assert.Throws<ArgumentOutOfRangeException>(() => VarInt.Write(new byte[VarInt.MaxLength], value));
        }
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(63UL, 1)]
    [InlineData(64UL, 2)]
    [InlineData(16383UL, 2)]
    [InlineData(16384UL, 4)]
    [InlineData(1073741823UL, 4)]
    [InlineData(1073741824UL, 8)]
    [InlineData(4611686018427387903UL, 8)]
    public void Pkt15_EachValueTakesItsShortestForm(ulong value, int expectedLength)
    {
        byte[] bytes = new byte[VarInt.MaxLength];
        Assert.Equal(expectedLength, VarInt.Write(bytes, value));
        Assert.True(VarInt.TryRead(bytes.AsSpan(0, expectedLength), out ulong read, out int length));
        Assert.Equal((value, expectedLength), (read, length));
    }

    [Fact]
    public void Pkt15_EveryFormLongEnoughForAValueReadsAsThatValue()
    {
        Seeded.Run(200, random =>
        {
            ulong value = random.NextVarInt();
            foreach (int length in (int[])[1, 2, 4, 8])
            {
                if (length < VarInt.LengthOf(value))
                {
                    continue;
                }

                byte[] bytes = new byte[length];
                VarInt.WriteAs(bytes, value, length);
                Assert.True(VarInt.TryRead(bytes, out ulong read, out int readLength));
                Assert.Equal((value, length), (read, readLength));
                Assert.False(VarInt.TryRead(bytes.AsSpan(0, length - 1), out _, out _));
            }
        });
    }
}
