using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Packets;

/// <summary>Packet number encoding and decoding, RFC 9000 §17.1, §A.2, §A.3.</summary>
public class PacketNumberTests
{
    [SkippableFact]
    public void Pn02_VectorsAreEncodedInTheirLength()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/packet-number.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("encode").EnumerateArray())
        {
            PacketNumber number = Number(vector, "full_pn");
            int length = PacketNumberEncoding.LengthFor(number, Number(vector, "largest_acked"));
            Assert.Equal(vector.GetProperty("bytes").GetInt32(), length);
            byte[] bytes = new byte[length];
            PacketNumberEncoding.Write(bytes, number, length);
            Assert.Equal(vector.GetProperty("encoded").GetString(), Hex.Of(bytes));
        }
    }

    [SkippableFact]
    public void Pn03_VectorsDecodeToTheNearestNumber()
    {
        using JsonDocument vectors = JsonDocument.Parse(File.ReadAllText(Vectors.Path("quic/packet-number.json")));
        foreach (JsonElement vector in vectors.RootElement.GetProperty("decode").EnumerateArray())
        {
            byte[] bytes = Hex.Bytes(vector.GetProperty("truncated").GetString()!);
            Assert.Equal(vector.GetProperty("bits").GetInt32(), 8 * bytes.Length);
            uint truncated = PacketNumberEncoding.ReadTruncated(bytes, bytes.Length);
            Assert.Equal(Number(vector, "full_pn"), PacketNumberEncoding.Decode(truncated, bytes.Length, Number(vector, "largest_pn")));
        }
    }

    [Fact]
    public void Pn01_TheFirstNumberOfASpaceIs0AndTheNextIsOneMore()
    {
        Assert.Equal(0, PacketNumber.None.Next.Value);
        Assert.Equal(1, PacketNumber.None.Next.Next.Value);
        Assert.True(PacketNumber.None < new PacketNumber(0));
    }

    [Fact]
    public void Pn06_ZeroRttAndOneRttShareOneSpace()
    {
        Assert.Equal(PacketNumberSpace.Application, EncryptionLevel.ZeroRtt.Space());
        Assert.Equal(PacketNumberSpace.Application, EncryptionLevel.OneRtt.Space());
        Assert.Equal(PacketNumberSpace.Initial, EncryptionLevel.Initial.Space());
        Assert.Equal(PacketNumberSpace.Handshake, EncryptionLevel.Handshake.Space());
    }

    [Fact]
    public void Pn02_APeerThatReceivedAnythingUnacknowledgedFindsTheNumber()
    {
        Seeded.Run(5_000, random =>
        {
            long acknowledged = random.NextInt64(-1, 1L << 61);
            long number = acknowledged + 1 + random.NextInt64(1L << random.Next(1, 31));
            int length = PacketNumberEncoding.LengthFor(new PacketNumber(number), new PacketNumber(acknowledged));
            byte[] bytes = new byte[length];
            PacketNumberEncoding.Write(bytes, new PacketNumber(number), length);

            // The receiver has at least the acknowledged packet, and up to the packet just before this one.
            long received = random.NextInt64(acknowledged, number);
            uint truncated = PacketNumberEncoding.ReadTruncated(bytes, length);
            Assert.Equal(number, PacketNumberEncoding.Decode(truncated, length, new PacketNumber(received)).Value);
        });
    }

    [Fact]
    public void Pn02_ANumberThatCannotBeToldApartThrows()
    {
        Assert.Equal(4, PacketNumberEncoding.LengthFor(new PacketNumber(1L << 31), new PacketNumber(0)));
        foreach (long wrong in (long[])[(1L << 31) + 1, 0])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => PacketNumberEncoding.LengthFor(new PacketNumber(wrong), new PacketNumber(0)));
        }
    }

    private static PacketNumber Number(JsonElement vector, string property) =>
        vector.GetProperty(property).GetString() is { } text
            ? new PacketNumber(long.Parse(text, CultureInfo.InvariantCulture))
            : PacketNumber.None;
}
