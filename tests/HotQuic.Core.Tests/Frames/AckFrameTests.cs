using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>ACK frames, RFC 9000 §19.3.</summary>
public class AckFrameTests
{
    [Theory]
    [InlineData("02 00 00 00 00", "0-0")]
    [InlineData("02 0a 05 00 03", "7-10")]
    [InlineData("02 0a 00 01 01 02 03", "9-10 2-5")] // gap 2: three are missing, 8 7 6
    [InlineData("02 0a 00 02 00 00 00 06 00", "10-10 8-8 0-0")]
    public void Ack10_GapsAndRangeLengthsAreOneLessThanTheirCounts(string hex, string expected)
    {
        Assert.Equal(expected, Read(hex));
        FrameCodec.AssertRoundTrip(hex);
    }

    [Theory]
    [InlineData("02 00 00 00 01")] // the first range would end at -1
    [InlineData("02 0a 00 00 0b")]
    [InlineData("02 0a 00 01 0a 00 00")] // the second range would start at -2
    [InlineData("02 0a 00 01 09 00 00")] // at -1
    [InlineData("02 0a 00 01 00 08 01")] // the second is 0 alone and cannot be two long
    [InlineData("02 0a 00 01 00 c0 00 00 00 00 00 00 09 00")] // gap 9
    [InlineData("02 0a 00 01 00 ff ff ff ff ff ff ff ff 00")]
    [InlineData("02 0a 00 01 00 00 ff ff ff ff ff ff ff ff")]
    [InlineData("02 0a 00 02 00 00 00 07 00")]
    public void Frm02_RangesBelowPacketNumber0AreMalformed(string hex) => FrameCodec.AssertMalformed(hex);

    [Theory]
    [InlineData("02 0a 00 01 00")] // one range announced, none there
    [InlineData("02 0a 00 01 00 00")]
    [InlineData("02 0a 00 ff ff ff ff ff ff ff ff 00 00 00")] // 2^62-1 ranges announced
    [InlineData("03 0a 00 00 00")] // no ECN counts
    [InlineData("03 0a 00 00 00 01 02")]
    public void Frm02_MissingFieldsAreMalformed(string hex) => FrameCodec.AssertMalformed(hex);

    [Fact]
    public void Frm02_Type3CarriesEcnCounts()
    {
        byte[] bytes = Hex.Bytes("0a 4064 00 00 01 02 4400");
        var reader = new WireReader(bytes);
        Assert.True(AckFrame.TryRead(FrameType.AckEcn, ref reader, out AckFrame frame));
        Assert.Equal(new EcnCounts(1, 2, 1024), frame.EcnCounts);
        Assert.Equal((10L, 100UL, 1), (frame.LargestAcknowledged.Value, frame.AckDelay, frame.RangeCount));
        FrameCodec.AssertRoundTrip("03 0a 4064 00 00 01 02 4400");
    }

    [Fact]
    public void Frm02_TheLargestPacketNumberIsAcknowledged() =>
        Assert.Equal(
            "4611686018427387903-4611686018427387903 0-4611686018427387901",
            Read("02 ffffffffffffffff 00 01 00 00 fffffffffffffffd"));

    [Fact]
    public void Ack10_AsManyRangesAreWrittenAsFit()
    {
        // 100 single numbers, every second one: 198, 196, … 0.
        AckRange[] ranges = [.. Enumerable.Range(0, 100).Select(i => new PacketNumber(198 - (2 * i))).Select(n => new AckRange(n, n))];
        byte[] buffer = new byte[400];
        for (int room = 0; room < buffer.Length; room++)
        {
            var writer = new WireWriter(buffer.AsSpan(0, room));
            int written = AckFrame.Write(ref writer, new AckFrameContent(ranges));
            var limited = new WireWriter(buffer);
            Assert.Equal(written, AckFrame.Write(ref limited, new AckFrameContent(ranges) { MaxLength = room }));
            Assert.Equal(writer.Position, limited.Position);

            // 2 + 2 + 1 + 1 bytes and the count, then two a range; a count above 63 takes two bytes.
            int expected = room < 6 ? 0 : Math.Min(Math.Max(Math.Min(64, ((room - 6) / 2) + 1), ((room - 7) / 2) + 1), 100);
            Assert.Equal((room, expected), (room, written));
            if (written > 0)
            {
                FrameCodec.AssertRoundTrip(Hex.Of(writer.Written));
            }
            else
            {
                Assert.Equal(0, writer.Position);
            }
        }
    }

    [Fact]
    public void Ack10_AnyRangesComeBackAsTheyWere()
    {
        Seeded.Run(300, random =>
        {
            var ranges = new List<AckRange>();
            long next = (long)random.NextVarInt();
            for (int i = 0; i < 80 && next >= 0; i++)
            {
                long smallest = Math.Max(0, next - random.Next(1 << random.Next(1, 20)));
                ranges.Add(new AckRange(new PacketNumber(smallest), new PacketNumber(next)));
                next = smallest - 2 - random.Next(1 << random.Next(1, 20));
            }

            EcnCounts? counts = random.Next(2) == 0 ? null : new EcnCounts(random.NextVarInt(), random.NextVarInt(), random.NextVarInt());
            byte[] buffer = new byte[2000];
            var writer = new WireWriter(buffer);
            ulong delay = random.NextVarInt();
            var content = new AckFrameContent(ranges.ToArray()) { AckDelay = delay, EcnCounts = counts };
            Assert.Equal(ranges.Count, AckFrame.Write(ref writer, in content));

            var reader = new WireReader(writer.Written);
            Assert.True(reader.TryReadByte(out byte type));
            Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
            Assert.True(reader.IsEmpty);
            Assert.Equal((delay, counts), (frame.AckDelay, frame.EcnCounts));
            int index = 0;
            foreach (AckRange range in frame.Ranges)
            {
                Assert.Equal(ranges[index++], range);
            }

            Assert.Equal(ranges.Count, index);
        });
    }

    [Fact]
    public void Ack10_RangesOutOfOrderAndNoRangesThrow()
    {
        AckRange low = new(new PacketNumber(1), new PacketNumber(2));
        AckRange high = new(new PacketNumber(3), new PacketNumber(4)); // touches low: one range, not two
        Assert.ThrowsAny<ArgumentException>(() => WriteRanges());
        Assert.ThrowsAny<ArgumentException>(() => WriteRanges(low, high));
        Assert.ThrowsAny<ArgumentException>(() => WriteRanges(high, low));
    }

    [Theory]
    [InlineData(0, 3, 0UL)]
    [InlineData(-50, 3, 0UL)]
    [InlineData(80, 3, 1UL)]
    [InlineData(79, 3, 0UL)]
    [InlineData(250000, 0, 25000UL)]
    public void Ack06_TheDelayIsScaledByTheSendersExponent(long ticks, int exponent, ulong expected)
    {
        Assert.Equal(expected, AckDelay.Encode(TimeSpan.FromTicks(ticks), exponent));
        Assert.Equal((long)(expected << exponent) * TimeSpan.TicksPerMicrosecond, AckDelay.Decode(expected, exponent).Ticks);
    }

    [Fact]
    public void Ack06_ADelayLongerThanAnyTimeIsTheLongestTime()
    {
        Assert.Equal(TimeSpan.MaxValue, AckDelay.Decode(VarInt.MaxValue, 0));
        Assert.Equal(TimeSpan.MaxValue, AckDelay.Decode(VarInt.MaxValue, AckDelay.MaxExponent));
        Assert.Equal(TimeSpan.MaxValue, AckDelay.Decode(1UL << 50, AckDelay.MaxExponent));
        Assert.True(AckDelay.Decode(1UL << 39, AckDelay.MaxExponent) < TimeSpan.MaxValue);
        Assert.True(AckDelay.Encode(TimeSpan.MaxValue, 0) < VarInt.MaxValue);
    }

    private static void WriteRanges(params AckRange[] ranges)
    {
        var writer = new WireWriter(new byte[100]);
        _ = AckFrame.Write(ref writer, new AckFrameContent(ranges));
    }

    private static string Read(string hex)
    {
        var reader = new WireReader(Hex.Bytes(hex));
        Assert.True(reader.TryReadByte(out byte type));
        Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
        Assert.True(reader.IsEmpty);
        var ranges = new List<string>();
        foreach (AckRange range in frame.Ranges)
        {
            ranges.Add($"{range.Smallest}-{range.Largest}");
        }

        return string.Join(' ', ranges);
    }
}
