using HotQuic.Core.Streams;
using HotQuic.Streams;

namespace HotQuic.Tests.Pipes;

/// <summary>Chunks go round between writers on any thread and the shard's pool, each to one at a time.</summary>
public class ChunkExchangeTests
{
    [Fact]
    public void WhatASendBufferTookComesBackAsAnotherChunkOfThePool()
    {
        var exchange = new ChunkExchange(4);
        var pool = new StreamBufferPool();
        WrittenChunk chunk = exchange.Rent();
        byte[] first = chunk.Bytes!;
        pool.Adopt(first);
        chunk.Bytes = null;
        exchange.Adopted(chunk, pool);
        Assert.Equal((0, 1), (exchange.Outstanding, pool.Outstanding));

        // The pool has none free yet; when it has, the node goes round again.
        pool.Return(first);
        exchange.Adopted(null, pool);
        Assert.Equal(0, pool.Retained);
        Assert.Same(chunk, exchange.Rent());
        Assert.Same(first, chunk.Bytes);
    }

    [Fact]
    public void WhatDoesNotFitIsLetGoOf()
    {
        var exchange = new ChunkExchange(2);
        WrittenChunk[] chunks = [exchange.Rent(), exchange.Rent(), exchange.Rent()];
        chunks[0].Next = chunks[1];
        chunks[1].Next = chunks[2];
        exchange.Return(chunks[0]);
        Assert.Equal(0, exchange.Outstanding);
        Assert.Same(chunks[0], exchange.Rent());
        Assert.Same(chunks[1], exchange.Rent());
        Assert.NotSame(chunks[2], exchange.Rent());
        Assert.Null(chunks[0].Next);
    }

    [Fact]
    public async Task NoChunkIsEverWithTwoWriters()
    {
        var exchange = new ChunkExchange(64);
        await Task.WhenAll(Enumerable.Range(1, 4).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                WrittenChunk one = exchange.Rent();
                WrittenChunk two = exchange.Rent();
                one.Bytes![0] = two.Bytes![0] = (byte)worker;
                one.Next = two;
                Thread.SpinWait(i & 15);
                Assert.True(one.Bytes[0] == worker && two.Bytes[0] == worker, "a chunk was with two writers");
                exchange.Return(one);
            }
        })));
        Assert.Equal(0, exchange.Outstanding);
    }
}
