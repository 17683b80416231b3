using HotQuic.Udp.Portable;

namespace HotQuic.Udp.Tests.Portable;

public sealed class DatagramRingTests
{
    [Fact]
    public void WhatIsCommittedIsReadInOrderAndTheRingFills()
    {
        var ring = new DatagramRing();
        Assert.True(ring.IsEmpty);
        int count = 0;
        while (!ring.IsFull)
        {
            ring.Slab[ring.WriteOffset] = (byte)count;
            ring.Commit(new ReceivedMessage { Length = 1, SegmentSize = 1 });
            count++;
        }

        Assert.Equal(16, count);
        for (int i = 0; i < count; i++)
        {
            Assert.True(ring.TryPeek(out ReceivedMessage message, out ReadOnlySpan<byte> payload));
            Assert.Equal((1, (byte)i), (message.Length, payload[0]));
            ring.Release();
        }

        Assert.False(ring.TryPeek(out _, out _));
    }

    [Fact]
    public void AWriterRestsOnlyWhileTheRingIsFullAndIsRestartedOnce()
    {
        var ring = new DatagramRing();
        Assert.False(ring.TryRest());
        Assert.False(ring.IsResting);
        while (!ring.IsFull)
        {
            ring.Commit(default);
        }

        Assert.True(ring.TryRest());
        Assert.True(ring.IsResting);
        ring.Release();
        Assert.True(ring.TryRestart());
        Assert.False(ring.TryRestart());
    }
}
