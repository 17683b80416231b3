using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

public class StreamBufferPoolTests
{
    [Fact]
    public void AReturnedChunkIsRentedAgain()
    {
        var pool = new StreamBufferPool();
        byte[] first = pool.Rent();
        Assert.Equal(StreamBufferPool.DefaultChunkSize, first.Length);
        pool.Return(first);
        Assert.Same(first, pool.Rent());
    }

    [Fact]
    public void TheLedgerCountsWhatIsOut()
    {
        var pool = new StreamBufferPool();
        byte[][] rented = [pool.Rent(), pool.Rent(), pool.Rent()];
        Assert.Equal(3, pool.Outstanding);
        foreach (byte[] chunk in rented)
        {
            pool.Return(chunk);
        }

        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void WhatIsRetainedIsBounded()
    {
        var pool = new StreamBufferPool(64, retainedChunks: 2);
        byte[][] rented = [pool.Rent(), pool.Rent(), pool.Rent()];
        foreach (byte[] chunk in rented)
        {
            pool.Return(chunk);
        }

        Assert.Equal(2, pool.Retained);
    }

    [Fact]
    public void AMapIsClearWhenRentedAgain()
    {
        var pool = new StreamBufferPool(64, retainedChunks: 16);
        byte[] map = pool.Maps.Rent();
        map.AsSpan().Fill(0xff);
        pool.Maps.Return(map);
        Assert.Equal(-1, pool.Maps.Rent().AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(4000)]
    [InlineData(1 << 21)]
    public void AChunkSizeIsAPowerOfTwo(int size) => Assert.Throws<ArgumentOutOfRangeException>(() => new StreamBufferPool(size));
}
