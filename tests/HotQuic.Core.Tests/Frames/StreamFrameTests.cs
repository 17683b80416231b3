using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>STREAM and CRYPTO frames, RFC 9000 §19.6 and §19.8, and how a sender fits them into a packet.</summary>
public class StreamFrameTests
{
    [Theory]
    [InlineData("08 04 aabb", 0UL, false)]
    [InlineData("09 04 aabb", 0UL, true)]
    [InlineData("0a 04 02 aabb", 0UL, false)]
    [InlineData("0b 04 02 aabb", 0UL, true)]
    [InlineData("0c 04 4400 aabb", 1024UL, false)]
    [InlineData("0d 04 4400 aabb", 1024UL, true)]
    [InlineData("0e 04 4400 02 aabb", 1024UL, false)]
    [InlineData("0f 04 4400 02 aabb", 1024UL, true)]
    public void Frm08_TheLowBitsSayWhichFieldsAreThere(string hex, ulong offset, bool isFin)
    {
        var reader = new WireReader(Hex.Bytes(hex));
        Assert.True(reader.TryReadByte(out byte type));
        Assert.True(StreamFrame.TryRead((FrameType)type, ref reader, out StreamFrame frame));
        Assert.Equal((4UL, offset, isFin, "aabb"), (frame.Id.Value, frame.Offset, frame.IsFin, Hex.Of(frame.Data)));
        Assert.Equal(offset + 2, frame.EndOffset);
        FrameCodec.AssertRoundTrip(hex);
    }

    [Fact]
    public void Frm08_AnOffsetOf0MayBeSpelledOutButIsNotWritten()
    {
        Assert.True(FrameCodec.TryRewrite(Hex.Bytes("0e 04 00 02 aabb"), out byte[] rewritten, out _));
        Assert.Equal("0a0402aabb", Hex.Of(rewritten));
    }

    [Fact]
    public void Frm08_AFrameMayHaveNoData()
    {
        FrameCodec.AssertRoundTrip("0b 04 00");
        FrameCodec.AssertRoundTrip("09 04");
        FrameCodec.AssertRoundTrip("0f 04 05 00");
    }

    [Theory]
    [InlineData("0e 04 ffffffffffffffff 01 aa")]
    [InlineData("0c 04 fffffffffffffffe aabb")]
    [InlineData("0f 04 ffffffffffffffff 01 aa")]
    [InlineData("06 ffffffffffffffff 01 aa")]
    public void Fc05_DataPast2To62IsMalformed(string hex) => FrameCodec.AssertMalformed(hex);

    [Theory]
    [InlineData("0f 04 ffffffffffffffff 00")]
    [InlineData("0f 04 fffffffffffffffe 01 aa")]
    [InlineData("06 fffffffffffffffe 01 aa")]
    public void Fc05_DataUpTo2To62Reads(string hex) => FrameCodec.AssertRoundTrip(hex);

    [Theory]
    [InlineData("0a 04 03 aabb")]
    [InlineData("0a 04 ffffffffffffffff aabb")]
    [InlineData("06 00 03 aabb")]
    [InlineData("06 00 ffffffffffffffff aabb")]
    public void Pkt12_ALengthBeyondThePacketIsMalformed(string hex) => FrameCodec.AssertMalformed(hex);

    [Fact]
    public void Frm06_CryptoReadsAndWrites()
    {
        FrameCodec.AssertRoundTrip("06 00 00");
        FrameCodec.AssertRoundTrip("06 4400 03 aabbcc");
    }

    [Fact]
    public void Frm96_AHeaderAndItsDataAttachedMakeTheSameFrame()
    {
        Seeded.Run(200, random =>
        {
            var id = new StreamId(random.NextVarInt());
            ulong offset = random.NextVarInt() / 2;
            byte[] data = random.NextBytes(random.Next(200));
            var options = (StreamFrameOptions)random.Next(4);
            byte[] whole = new byte[300];
            var writer = new WireWriter(whole);
            var frame = new StreamFrame(id, offset, data, options);
            frame.Write(ref writer);

            byte[] parts = new byte[300];
            var header = new WireWriter(parts);
            FrameType type = StreamFrame.WriteHeader(ref header, id, offset, data.Length, options);
            Assert.Equal(StreamFrame.HeaderLength(id, offset, data.Length, options), header.Position);
            Assert.Equal(parts[0], (byte)type);
            Assert.Equal(Hex.Of(writer.Written), Hex.Of(header.Written) + Hex.Of(data));

            writer = new WireWriter(whole);
            new CryptoFrame(offset, data).Write(ref writer);
            header = new WireWriter(parts);
            CryptoFrame.WriteHeader(ref header, offset, data.Length);
            Assert.Equal(CryptoFrame.HeaderLength(offset, data.Length), header.Position);
            Assert.Equal(Hex.Of(writer.Written), Hex.Of(header.Written) + Hex.Of(data));
        });
    }

    [Fact]
    public void Frm96_TheMostDataThatFitsIsFoundForEveryRoom()
    {
        var id = new StreamId(EndpointRole.Server, StreamDirection.Unidirectional, 20);
        for (int room = 20; room < 17000; room += room is < 200 or > 16370 and < 16420 ? 1 : 97)
        {
            AssertIsMost(room, StreamFrame.MaxDataLength(room, id, 70, StreamFrameOptions.WithLength),
                data => StreamFrame.HeaderLength(id, 70, data, StreamFrameOptions.WithLength));
            AssertIsMost(room, StreamFrame.MaxDataLength(room, id, 0, StreamFrameOptions.Fin),
                data => StreamFrame.HeaderLength(id, 0, data, StreamFrameOptions.Fin));
            AssertIsMost(room, CryptoFrame.MaxDataLength(room, 70), data => CryptoFrame.HeaderLength(70, data));
            AssertIsMost(room, DatagramFrame.MaxDataLength(room), data => DatagramFrame.LengthOf(data) - data);
        }
    }

    [Fact]
    public void Frm96_WhereNotEvenTheHeaderFitsNothingDoes()
    {
        var id = new StreamId(4);
        Assert.True(StreamFrame.MaxDataLength(1, id, 0, StreamFrameOptions.None) < 0);
        Assert.Equal(0, StreamFrame.MaxDataLength(2, id, 0, StreamFrameOptions.None));
        Assert.True(StreamFrame.MaxDataLength(2, id, 0, StreamFrameOptions.WithLength) < 0);
        Assert.Equal(0, StreamFrame.MaxDataLength(3, id, 0, StreamFrameOptions.WithLength));
        Assert.True(CryptoFrame.MaxDataLength(2, 0) < 0);
        Assert.Equal(0, CryptoFrame.MaxDataLength(3, 0));
    }

    [Fact]
    public void Frm08_ReadingAndWritingAllocateNothing()
    {
        byte[] buffer = new byte[1200];
        AckRange[] ranges = [new(new PacketNumber(90), new PacketNumber(99)), new(new PacketNumber(1), new PacketNumber(80))];
        long acknowledged = Turn(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        acknowledged += Turn(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1100 * 90, acknowledged);

        long Turn(int count)
        {
            long sum = 0;
            for (int i = 0; i < count; i++)
            {
                var writer = new WireWriter(buffer);
                _ = AckFrame.Write(ref writer, new AckFrameContent(ranges) { EcnCounts = new EcnCounts(1, 2, 3) });
                _ = StreamFrame.WriteHeader(ref writer, new StreamId(4), 1000, 100, StreamFrameOptions.WithLength);
                writer.WriteZeros(100);
                var reader = new WireReader(writer.Written);
                while (FrameRules.TryReadFrameType(ref reader, out ulong type, out _))
                {
                    bool isRead = FrameRules.Check(type, EncryptionLevel.OneRtt, EndpointRole.Client, out _) is null;
                    if ((FrameType)type == FrameType.AckEcn)
                    {
                        isRead &= AckFrame.TryRead((FrameType)type, ref reader, out AckFrame ack);
                        foreach (AckRange range in ack.Ranges)
                        {
                            sum += range.Count;
                        }
                    }
                    else
                    {
                        isRead &= StreamFrame.TryRead((FrameType)type, ref reader, out _);
                    }

                    Assert.True(isRead);
                    if (reader.IsEmpty)
                    {
                        break;
                    }
                }
            }

            return sum;
        }
    }

    [Fact]
    public void Str01_TheLowBitsOfAStreamIdAreInitiatorAndDirection()
    {
        Assert.Equal(0UL, new StreamId(EndpointRole.Client, StreamDirection.Bidirectional, 0).Value);
        Assert.Equal(1UL, new StreamId(EndpointRole.Server, StreamDirection.Bidirectional, 0).Value);
        Assert.Equal(2UL, new StreamId(EndpointRole.Client, StreamDirection.Unidirectional, 0).Value);
        Assert.Equal(15UL, new StreamId(EndpointRole.Server, StreamDirection.Unidirectional, 3).Value);
        var id = new StreamId(15);
        Assert.Equal((EndpointRole.Server, StreamDirection.Unidirectional, 3UL), (id.Initiator, id.Direction, id.Index));
    }

    private static void AssertIsMost(int room, int data, Func<int, int> headerLength)
    {
        Assert.True(headerLength(data) + data <= room, $"{data} bytes do not fit {room}");
        Assert.True(headerLength(data + 1) + data + 1 > room, $"more than {data} bytes fit {room}");
    }
}
