using System.Runtime.InteropServices;
using HotQuic.Udp.Linux;

namespace HotQuic.Udp.Tests.Linux;

public sealed class ControlMessageTests
{
    [Fact]
    public void MessagesWrittenAreRead()
    {
        byte[] room = new byte[ControlWriter.RoomForSend];
        var writer = new ControlWriter(room);
        writer.Add(1, 2, (byte)3);
        writer.Add(4, 5, 6);
        writer.Add(7, 8, (ushort)9);
        Assert.Equal(72, writer.Length);

        var reader = new ControlReader(room.AsSpan(0, writer.Length));
        Assert.True(reader.TryRead(out int level, out int type, out ReadOnlySpan<byte> data));
        Assert.Equal((1, 2, 1, (byte)3), (level, type, data.Length, data[0]));
        Assert.True(reader.TryRead(out level, out type, out data));
        Assert.Equal((4, 5, 6), (level, type, MemoryMarshal.Read<int>(data)));
        Assert.True(reader.TryRead(out level, out type, out data));
        Assert.Equal((7, 8, (ushort)9), (level, type, MemoryMarshal.Read<ushort>(data)));
        Assert.False(reader.TryRead(out _, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(-1)]
    public void ALengthThatCannotBeEndsTheWalk(int length)
    {
        byte[] control = new byte[24];
        MemoryMarshal.Write(control, (long)length);
        Assert.False(new ControlReader(control).TryRead(out _, out _, out _));
    }

    [Fact]
    public void TheLastMessageNeedsNoPadding()
    {
        byte[] control = new byte[17];
        MemoryMarshal.Write(control, 17L);
        var reader = new ControlReader(control);
        Assert.True(reader.TryRead(out _, out _, out ReadOnlySpan<byte> data));
        Assert.Equal(1, data.Length);
        Assert.False(reader.TryRead(out _, out _, out _));
    }

    [Fact]
    public void AnySequenceOfBytesIsWalkedToAnEnd()
    {
        var random = new Random(20);
        byte[] control = new byte[256];
        for (int round = 0; round < 10_000; round++)
        {
            random.NextBytes(control);
            MemoryMarshal.Write(control, (long)random.Next(0, 64));
            var reader = new ControlReader(control.AsSpan(0, random.Next(257)));
            int count = 0;
            while (reader.TryRead(out _, out _, out ReadOnlySpan<byte> data))
            {
                Assert.InRange(data.Length, 0, 240);
                Assert.InRange(++count, 1, 16);
            }
        }
    }
}
