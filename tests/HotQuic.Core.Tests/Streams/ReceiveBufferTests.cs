using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

public class ReceiveBufferTests
{
    private readonly StreamBufferPool _pool = new(64);

    [Fact]
    public void Str03_OverlappingAndReorderedDataIsDeliveredInOrder()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var buffer = new ReceiveBuffer(_pool);
            int size = random.Next(1, 3000);
            byte[] expected = StreamFixture.Bytes(0, size);
            byte[] actual = new byte[size];
            int read = 0;
            ulong contiguous = 0;
            while (read < size)
            {
                int start = random.Next(Math.Max(0, read - 50), Math.Min(size, read + 700));
                int length = random.Next(0, Math.Min(size - start, 200) + 1);
                contiguous += (ulong)buffer.Write((ulong)start, expected.AsSpan(start, length));
                Assert.True(contiguous == buffer.ContiguousEnd, $"seed {seed}");
                if (random.Next(3) == 0)
                {
                    read += ReadSome(buffer, actual.AsSpan(read), random);
                }

                // Every tenth piece closes the first gap, so that the loop ends.
                if (random.Next(10) == 0 && (int)contiguous < size)
                {
                    contiguous += (ulong)buffer.Write(contiguous, expected.AsSpan((int)contiguous, 1));
                }
            }

            Assert.True(expected.AsSpan().SequenceEqual(actual), $"seed {seed}");
            Assert.True(_pool.Outstanding == 0 && _pool.Maps.Outstanding == 0, $"seed {seed}: an empty buffer holds memory");
        }
    }

    [Fact]
    public void Str04_BytesThatWereReceivedDoNotChange()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, [1, 2, 3, 4]);
        buffer.Write(2, [9, 9, 9]);
        byte[] read = new byte[8];
        Assert.Equal(5, buffer.Read(read));
        Assert.Equal([1, 2, 3, 4, 9], read[..5]);
    }

    [Fact]
    public void AlternateSingleBytesCostNoMoreThanTheWindowAndAnEighth()
    {
        const int Window = 64 * 1024;
        var buffer = new ReceiveBuffer(_pool);
        byte[] data = StreamFixture.Bytes(0, Window);
        for (int i = 1; i < Window; i += 2)
        {
            Assert.Equal(0, buffer.Write((ulong)i, data.AsSpan(i, 1)));
        }

        Assert.Equal(Window / 64, _pool.Outstanding);
        Assert.Equal(Window / 64, _pool.Maps.Outstanding);
        for (int i = 0; i < Window; i += 2)
        {
            Assert.Equal(2, buffer.Write((ulong)i, data.AsSpan(i, 1)));
        }

        Assert.Equal(0, _pool.Maps.Outstanding);
        byte[] read = new byte[Window];
        Assert.Equal(Window, buffer.Read(read));
        Assert.True(data.AsSpan().SequenceEqual(read));
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void AChunkGoesBackAsSoonAsItIsRead()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, new byte[640]);
        Assert.Equal(10, _pool.Outstanding);
        buffer.Consume(63);
        Assert.Equal(10, _pool.Outstanding);
        buffer.Consume(1);
        Assert.Equal(9, _pool.Outstanding);
        buffer.Consume(576);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void PeekShowsTheBytesInPlaceUpToTheEndOfTheirChunk()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 100));
        Assert.True(buffer.Peek().SequenceEqual(StreamFixture.Bytes(0, 64)));
        buffer.Consume(64);
        Assert.True(buffer.Peek().SequenceEqual(StreamFixture.Bytes(64, 36)));
        buffer.Consume(36);
        Assert.True(buffer.Peek().IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Consume(1));
    }

    [Fact]
    public void InOrderDataGoesStraightToTheWaitingReader()
    {
        var buffer = new ReceiveBuffer(_pool);
        byte[] destination = new byte[100];
        buffer.SetDestination(destination);
        Assert.Equal(80, buffer.Write(0, StreamFixture.Bytes(0, 80)));
        Assert.Equal(0, _pool.Outstanding);
        Assert.Equal(80, buffer.DestinationFilled);

        // What the reader has no room for waits in the buffer.
        buffer.Write(80, StreamFixture.Bytes(80, 50));
        Assert.Equal(100, buffer.ClearDestination());
        Assert.Equal(30, buffer.ReadableBytes);
        Assert.Equal(StreamFixture.Bytes(0, 100), destination);
        byte[] rest = new byte[30];
        buffer.Read(rest);
        Assert.Equal(StreamFixture.Bytes(100, 30), rest);
    }

    [Fact]
    public void AGapThatClosesFillsTheWaitingReaderFromBothSides()
    {
        var buffer = new ReceiveBuffer(_pool);
        byte[] destination = new byte[200];
        buffer.SetDestination(destination);
        buffer.Write(70, StreamFixture.Bytes(70, 80));
        Assert.Equal(0, buffer.DestinationFilled);
        Assert.Equal(150, buffer.Write(0, StreamFixture.Bytes(0, 70)));
        Assert.Equal(150, buffer.ClearDestination());
        Assert.Equal(StreamFixture.Bytes(0, 150), destination[..150]);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void AReaderThatWaitsIsAlone()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.SetDestination(new byte[1]);
        Assert.Throws<InvalidOperationException>(() => buffer.SetDestination(new byte[1]));
    }

    private static int ReadSome(ReceiveBuffer buffer, Span<byte> destination, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                return buffer.Read(destination[..random.Next(destination.Length + 1)]);
            case 1:
                ReadOnlySpan<byte> view = buffer.Peek();
                view.CopyTo(destination);
                buffer.Consume(view.Length);
                return view.Length;
            default:
                byte[] waiting = new byte[random.Next(1, 300)];
                buffer.SetDestination(waiting);
                int filled = buffer.ClearDestination();
                waiting.AsSpan(0, filled).CopyTo(destination);
                return filled;
        }
    }
}
