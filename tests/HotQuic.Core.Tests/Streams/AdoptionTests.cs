using HotQuic.Core.Frames;
using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

/// <summary>Chunks that a writer filled elsewhere become part of the send buffer as they are.</summary>
public class AdoptionTests
{
    private readonly StreamBufferPool _pool = new(64);

    [Fact]
    public void AChunkAtItsPlaceIsTakenAsItIs()
    {
        var buffer = new SendBuffer(_pool);
        buffer.Write(StreamFixture.Bytes(0, 64));
        WrittenChunk piece = Piece(64, 40);
        byte[] chunk = piece.Bytes!;
        buffer.Adopt(piece);
        Assert.Null(piece.Bytes);
        Assert.Equal((104ul, 2), (buffer.WrittenEnd, _pool.Outstanding));
        chunk[0] ^= 1;
        Assert.Equal(chunk[0], buffer.Slice(64, 1)[0]);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(64)]
    public void APieceWhosePlaceIsTakenOrElsewhereIsCopied(int written)
    {
        var buffer = new SendBuffer(_pool);
        buffer.Write(StreamFixture.Bytes(0, written));
        WrittenChunk piece = Piece((ulong)written, 20, misplaceBy: written == 64 ? 5 : 0);
        buffer.Adopt(piece);
        Assert.NotNull(piece.Bytes);
        Assert.Equal((ulong)written + 20, buffer.WrittenEnd);
        byte[] read = new byte[20];
        buffer.Slice((ulong)written, 20).CopyTo(read);
        Assert.Equal(StreamFixture.Bytes((ulong)written, 20), read);
    }

    [Fact]
    public void WhenTheFirstHalfOfAChunkIsAcknowledgedTheSecondIsTakenAsItIs()
    {
        var buffer = new SendBuffer(_pool);
        buffer.Adopt(Piece(0, 30));
        buffer.OnSent(0, 30);
        buffer.OnAcknowledged(0, 30);
        Assert.Equal(0, _pool.Outstanding);
        WrittenChunk second = Piece(30, 34);
        buffer.Adopt(second);
        Assert.Null(second.Bytes);
        buffer.OnSent(30, 34);
        buffer.OnLost(30, 34);
        byte[] read = new byte[34];
        buffer.Slice(30, 34).CopyTo(read);
        Assert.Equal(StreamFixture.Bytes(30, 34), read);
        buffer.OnAcknowledged(30, 34);
        Assert.Equal((0, 2), (_pool.Outstanding, _pool.Retained));
    }

    /// <summary>Pieces of every size, in turns with copies, sent with losses: the peer reads what was written, and the ledger balances.</summary>
    [Fact]
    public void WhateverTheMixtureThePeerReadsWhatWasWritten()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var buffers = new StreamBufferPool(256);
            (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits(), buffers);
            Assert.True(client.TryOpen(StreamDirection.Unidirectional, out StreamId id));
            Assert.True(client.TryGet(id, out QuicStreamState? stream));
            var packet = new StreamPacket();
            ulong written = 0;
            ulong read = 0;
            byte[] destination = new byte[100_000];
            while (written < 20_000)
            {
                ulong count = (ulong)random.Next(1, 1000);
                if (random.Next(4) == 0)
                {
                    Assert.Equal(StreamResult.Done, client.Write(stream, StreamFixture.Bytes(written, (int)count), out _));
                }
                else
                {
                    Assert.Equal(StreamResult.Done, client.Adopt(stream, Pieces(written, count, random.Next(5) == 0 ? 3 : 0)));
                }

                written += count;
                while (random.Next(3) != 0 && packet.Fill(client, default, default))
                {
                    if (random.Next(4) == 0)
                    {
                        packet.LoseTo(client);
                    }
                    else
                    {
                        Assert.Null(packet.DeliverTo(server));
                        packet.AcknowledgeTo(client);
                    }
                }

                read += ReadAll(server, id, destination, read);
            }

            client.Finish(stream);
            StreamPipe.Settle(client, server, packet);
            read += ReadAll(server, id, destination, read);
            Assert.True(read == written, $"seed {seed}");
            client.Release();
            server.Release();
            Assert.True(buffers.Outstanding == 0, $"seed {seed}: {buffers.Outstanding}");
        }
    }

    [Fact]
    public void AllOfItIsTakenAndRoomIsToldOfOnce()
    {
        var fixture = new StreamFixture(new StreamLimits { SendBufferLimit = 1000 });
        StreamId id = fixture.Open();
        Assert.True(fixture.Set.TryGet(id, out QuicStreamState? stream));
        Assert.True(fixture.Set.AskForRoom(stream));
        Assert.Equal(StreamResult.Done, fixture.Set.Adopt(stream, new WrittenChunk { Bytes = new byte[4096], End = 2000 }));
        Assert.False(fixture.Set.AskForRoom(stream));
        List<SentFrame> first = fixture.Transmit(800);
        List<SentFrame> second = fixture.Transmit(800);
        List<SentFrame> third = fixture.Transmit(800);
        fixture.Acknowledge(first);
        Assert.Empty(fixture.TakeKinds());
        fixture.Acknowledge(second);
        Assert.Equal([StreamEventKind.Writable], fixture.TakeKinds());
        fixture.Acknowledge(third);
        Assert.Empty(fixture.TakeKinds());
        fixture.Set.Finish(stream);
        Assert.Throws<InvalidOperationException>(() => fixture.Set.Adopt(stream, new WrittenChunk { Bytes = new byte[4096], End = 1 }));
    }

    private static WrittenChunk Pieces(ulong offset, ulong count, int misplaceBy)
    {
        WrittenChunk? first = null;
        WrittenChunk? last = null;
        while (count > 0)
        {
            ulong here = Math.Min(count, 256 - ((offset + (ulong)misplaceBy) % 256));
            WrittenChunk piece = Piece(offset, (int)here, misplaceBy, 256);
            first ??= piece;
            _ = last is null ? null : last.Next = piece;
            last = piece;
            offset += here;
            count -= here;
        }

        return first!;
    }

    private static WrittenChunk Piece(ulong offset, int count, int misplaceBy = 0, int size = 64)
    {
        int start = ((int)offset + misplaceBy) % size;
        byte[] chunk = new byte[size];
        StreamFixture.Bytes(offset, count).CopyTo(chunk, start);
        return new WrittenChunk { Bytes = chunk, Start = start, End = start + count };
    }

    private static ulong ReadAll(StreamSet set, StreamId id, byte[] destination, ulong offset)
    {
        if (set.Read(id, destination, out StreamRead read) != StreamResult.Done)
        {
            return 0;
        }

        Assert.True(destination.AsSpan(0, read.Count).SequenceEqual(StreamFixture.Bytes(offset, read.Count)));
        return (ulong)read.Count;
    }
}
