using HotQuic.Core.Frames;
using HotQuic.Core.Streams;

namespace HotQuic.Core.Tests.Streams;

/// <summary>Received chunks that somebody on another thread looks at: they change no more, and serve nobody else before they are done with.</summary>
public class LendingTests
{
    private readonly StreamBufferPool _pool = new(64);

    [Fact]
    public void LentPiecesAreTheChunksThatWereReceivedInto()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 100));
        List<LentPiece> pieces = LendAll(buffer);
        Assert.Equal([(0ul, 0ul), (64ul, 64ul)], pieces.Select(piece => (piece.ChunkStart, piece.Start)));
        Assert.Equal(100ul, buffer.LentEnd);

        // What comes later is appended behind what is lent, in the same chunk.
        buffer.Write(100, StreamFixture.Bytes(100, 60));
        List<LentPiece> more = LendAll(buffer);
        Assert.Equal([(64ul, 100ul), (128ul, 128ul)], more.Select(piece => (piece.ChunkStart, piece.Start)));
        Assert.Same(pieces[1].Chunk, more[0].Chunk);
        Assert.Equal(StreamFixture.Bytes(64, 64), more[0].Chunk);
        Assert.False(buffer.TryLend(out _));
    }

    [Fact]
    public void OnlyWhatIsInOrderIsLent()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(10, StreamFixture.Bytes(10, 20));
        Assert.False(buffer.TryLend(out _));
        buffer.Write(0, StreamFixture.Bytes(0, 10));
        Assert.Single(LendAll(buffer));
        Assert.Equal(30ul, buffer.LentEnd);
    }

    [Fact]
    public void WhatIsConsumedGoesBackToThePool()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 200));
        LendAll(buffer);
        buffer.Consume(130);
        Assert.Equal((2, 2), (_pool.Outstanding, _pool.Retained));
        buffer.Consume(70);
        Assert.Equal((0, 4), (_pool.Outstanding, _pool.Retained));
    }

    public static TheoryData<string> Drops => ["Drop", "SkipTo", "Reset"];

    /// <summary>The worst that could happen: a chunk that somebody looks at is rented to another stream.</summary>
    [Theory]
    [MemberData(nameof(Drops))]
    public void WhatIsDroppedWhileItIsLentIsNeverRentedAgain(string how)
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 200));
        List<LentPiece> lent = LendAll(buffer);
        buffer.Consume(64);
        buffer.Write(200, StreamFixture.Bytes(200, 100));
        switch (how)
        {
            case "Drop":
                buffer.Drop();
                break;
            case "SkipTo":
                buffer.SkipTo(1000);
                break;
            default:
                buffer.Reset();
                break;
        }

        Assert.Equal(0, _pool.Outstanding);
        byte[][] rented = [.. Enumerable.Range(0, 20).Select(_ => _pool.Rent())];
        Assert.Contains(lent[0].Chunk, rented);
        Assert.All(lent.Skip(1), piece => Assert.DoesNotContain(piece.Chunk, rented));
        Assert.Equal(StreamFixture.Bytes(64, 64), lent[1].Chunk);
    }

    /// <summary>A stopped stream goes on receiving; the chunks that were written off left holes that it must get over.</summary>
    [Fact]
    public void AfterADropDataStillFindsItsPlace()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 100));
        buffer.Write(120, StreamFixture.Bytes(120, 100));
        LendAll(buffer);
        buffer.Drop();
        Assert.Equal(20, buffer.Write(100, StreamFixture.Bytes(100, 20)) - 100);
        buffer.Drop();
        buffer.Write(220, StreamFixture.Bytes(220, 300));
        byte[] read = new byte[300];
        Assert.Equal(300, buffer.Read(read));
        Assert.Equal(StreamFixture.Bytes(220, 300), read);
        Assert.Equal((0, 0), (_pool.Outstanding, _pool.Maps.Outstanding));
    }

    [Fact]
    public void WhenNobodyLooksAnyMoreTheDataIsTheBuffersAgain()
    {
        var buffer = new ReceiveBuffer(_pool);
        buffer.Write(0, StreamFixture.Bytes(0, 200));
        LendAll(buffer);
        buffer.Consume(10);
        buffer.EndLending();
        byte[] read = new byte[190];
        Assert.Equal(190, buffer.Read(read));
        Assert.Equal(StreamFixture.Bytes(10, 190), read);
        Assert.Equal((0, 4), (_pool.Outstanding, _pool.Retained));
    }

    [Fact]
    public void AnEndThatComesBehindUnreadDataIsToldOf()
    {
        var fixture = new StreamFixture();
        StreamId id = StreamFixture.Server(StreamDirection.Unidirectional, 0);
        fixture.Receive(id, 0, 10);
        fixture.TakeEvents();
        fixture.Receive(id, 10, 0, fin: true);
        Assert.Equal([StreamEventKind.Readable], fixture.TakeKinds());
        fixture.Receive(id, 10, 0, fin: true);
        Assert.Empty(fixture.TakeKinds());
    }

    /// <summary>RFC 9000 §4.1: a reader that needs more than the window before it consumes is not left waiting for ever.</summary>
    [Fact]
    public void AWindowGrowsForAReaderThatNeedsMoreOfIt()
    {
        var limits = new StreamLimits { StreamWindowUnidirectional = 1000, ConnectionWindow = 1000, MaximumStreamWindow = 5000, MaximumConnectionWindow = 9000 };
        var fixture = new StreamFixture(limits);
        StreamId id = StreamFixture.Server(StreamDirection.Unidirectional, 0);
        fixture.Receive(id, 0, 1000);
        Assert.True(fixture.Set.TryGet(id, out QuicStreamState? stream));
        fixture.Set.Require(stream, 1001);
        Assert.Equal([(FrameType.MaxData, 2000ul), (FrameType.MaxStreamData, 2000ul)], Limits(fixture));
        fixture.Set.Require(stream, 1001);
        Assert.Empty(Limits(fixture));
        fixture.Set.Require(stream, 4500);
        Assert.Equal([(FrameType.MaxData, 4500ul), (FrameType.MaxStreamData, 4500ul)], Limits(fixture));
        fixture.Set.Require(stream, 100_000);
        Assert.Equal([(FrameType.MaxData, 9000ul), (FrameType.MaxStreamData, 5000ul)], Limits(fixture));
    }

    private static List<(FrameType, ulong)> Limits(StreamFixture fixture) => [.. fixture.Transmit().Select(frame => (frame.Type, frame.Offset))];

    private static List<LentPiece> LendAll(ReceiveBuffer buffer)
    {
        List<LentPiece> pieces = [];
        while (buffer.TryLend(out LentPiece piece))
        {
            pieces.Add(piece);
        }

        return pieces;
    }
}
