using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

public class SendBufferTests
{
    private readonly StreamBufferPool _pool = new(64);

    [Fact]
    public void MemoryGoesBackFromTheFrontAsItIsAcknowledged()
    {
        var buffer = new SendBuffer(_pool);
        buffer.Write(new byte[640]);
        buffer.OnSent(0, 640);
        Assert.Equal(10, _pool.Outstanding);
        buffer.OnAcknowledged(64, 64);
        Assert.Equal(10, _pool.Outstanding);
        buffer.OnAcknowledged(0, 64);
        Assert.Equal(8, _pool.Outstanding);
        buffer.OnAcknowledged(128, 512);
        Assert.Equal(0, _pool.Outstanding);
        Assert.True(buffer.IsAcknowledged);
    }

    [Fact]
    public void Frm97_LostBytesAreOfferedAgainSaveThoseAcknowledgedFromAnotherPacket()
    {
        var buffer = new SendBuffer(_pool);
        buffer.Write(new byte[300]);
        buffer.OnSent(0, 300);
        buffer.OnAcknowledged(100, 50);
        buffer.OnLost(50, 200);
        Assert.True(buffer.TryGetLost(out OffsetRange first));
        Assert.Equal(new OffsetRange(50, 100), first);
        buffer.OnSent(50, 50);
        Assert.True(buffer.TryGetLost(out OffsetRange second));
        Assert.Equal(new OffsetRange(150, 250), second);

        // The first copy arrives after all.
        buffer.OnAcknowledged(150, 100);
        Assert.False(buffer.TryGetLost(out _));
    }

    [Fact]
    public void WhatIsSentLostAndAcknowledgedInAnyOrderArrivesWhole()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var buffer = new SendBuffer(_pool);
            byte[] data = StreamFixture.Bytes(0, random.Next(1, 3000));
            byte[] arrived = new byte[data.Length];
            List<(ulong Offset, int Length)> flying = [];
            int written = 0;
            int steps = 0;
            while (written < data.Length || !buffer.IsAcknowledged)
            {
                Assert.True(++steps < 100_000, $"seed {seed}: nothing moves");
                int room = Math.Min(data.Length - written, 1000 - (int)buffer.BufferedBytes);
                int more = Math.Min(room, random.Next(300));
                buffer.Write(data.AsSpan(written, more));
                written += more;
                if (buffer.TryGetLost(out OffsetRange range) || buffer.TryGetUnsent(out range))
                {
                    int length = (int)Math.Min(range.Length, (ulong)random.Next(1, 150));
                    ReadOnlySpan<byte> piece = buffer.Slice(range.Start, length);
                    piece.CopyTo(arrived.AsSpan((int)range.Start));
                    buffer.OnSent(range.Start, piece.Length);
                    flying.Add((range.Start, piece.Length));
                }

                if (flying.Count > 0 && random.Next(2) == 0)
                {
                    int index = random.Next(flying.Count);
                    (ulong offset, int length) = flying[index];
                    if (random.Next(3) == 0)
                    {
                        // Declared lost; some of these are acknowledged later all the same.
                        buffer.OnLost(offset, (ulong)length);
                        if (random.Next(2) == 0)
                        {
                            flying.RemoveAt(index);
                        }
                    }
                    else
                    {
                        buffer.OnAcknowledged(offset, (ulong)length);
                        flying.RemoveAt(index);
                    }
                }
            }

            Assert.True(data.AsSpan().SequenceEqual(arrived), $"seed {seed}");
            Assert.True(!buffer.HasLost && _pool.Outstanding == 0, $"seed {seed}");
        }
    }
}
