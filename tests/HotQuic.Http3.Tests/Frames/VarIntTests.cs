using System.Buffers;
using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Tests;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Tests.Frames;

/// <summary>Variable-length integers, RFC 9000 §16.</summary>
public class VarIntTests
{
    [SkippableFact]
    public void VectorsDecodeToTheirValuesWhereverTheyAreCut()
    {
        using JsonDocument vectors = Open();
        foreach (JsonElement vector in vectors.RootElement.GetProperty("decode").EnumerateArray())
        {
            byte[] bytes = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
            ulong expected = ulong.Parse(vector.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            Assert.True(VarInt.TryRead(bytes, out ulong value, out int length));
            Assert.Equal((expected, bytes.Length), (value, length));
            for (int cut = 0; cut < bytes.Length; cut++)
            {
                ReadOnlySequence<byte> segments = Segments.Of(bytes[..cut], bytes[cut..], [0xff]);
                Assert.True(VarInt.TryRead(segments, out value, out length));
                Assert.Equal((expected, bytes.Length), (value, length));
                Assert.False(VarInt.TryRead(Segments.Of(bytes[..cut]), out _, out _));
            }

            bool isMinimal = !vector.TryGetProperty("minimal", out JsonElement minimal) || minimal.GetBoolean();
            byte[] written = new byte[VarInt.MaxLength];
            int writtenLength = VarInt.Write(written, value);
            Assert.Equal(VarInt.LengthOf(value), writtenLength);
            Assert.Equal(isMinimal, written.AsSpan(0, writtenLength).SequenceEqual(bytes));
        }
    }

    [SkippableFact]
    public void TruncatedVectorsAreRefusedAndTooLargeValuesThrow()
    {
        using JsonDocument vectors = Open();
        Assert.All(
            vectors.RootElement.GetProperty("truncated").EnumerateArray(),
            vector => Assert.False(VarInt.TryRead(Convert.FromHexString(vector.GetString()!), out _, out _)));
        Assert.All(
            vectors.RootElement.GetProperty("not_encodable").EnumerateArray(),
            vector => Assert.Throws<ArgumentOutOfRangeException>(() => VarInt.Write(new byte[8], ulong.Parse(vector.GetString()!, CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData(0x21UL, true)]
    [InlineData(0x40UL, true)]
    [InlineData(0x22UL, false)]
    [InlineData(0x02UL, false)]
    [InlineData(0UL, false)]
    public void ReservedValuesAreOneIn31(ulong value, bool isReserved)
    {
        Assert.Equal(isReserved, ReservedValue.Is(value));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0x123456789abcdefUL)]
    public void AnySeedGivesAReservedValueThatCanBeWritten(ulong seed)
    {
        Assert.True(ReservedValue.Is(ReservedValue.From(seed)));
        Assert.InRange(ReservedValue.From(seed), 0x21UL, VarInt.MaxValue);
    }

    private static JsonDocument Open() => JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/varint.json")));
}
