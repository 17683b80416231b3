using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Streams;

/// <summary>In steady state nothing is allocated: not by bytes, packets, acknowledgements and losses, and not by streams.</summary>
public class StreamAllocationTests
{
    private readonly StreamBufferPool _buffers = new();
    private readonly StreamPacket[] _packets = [.. Enumerable.Range(0, 16).Select(_ => new StreamPacket())];
    private readonly byte[] _data = StreamFixture.Bytes(0, 20_000);
    private readonly byte[] _destination = new byte[32_000];
    private readonly TimeSpan _rtt = TimeSpan.FromMilliseconds(1);
    private Instant _now = new(1);

    [Fact]
    public void ALongTransferWithLossAllocatesNothing()
    {
        (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits(), _buffers);
        Assert.True(client.TryOpen(StreamDirection.Unidirectional, out StreamId id));
        long received = 0;
        for (int i = 0; i < 2000; i++)
        {
            received += Round(client, server, id, lossy: i % 3 == 0);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        long receivedBefore = received;
        for (int i = 0; i < 2000; i++)
        {
            received += Round(client, server, id, lossy: i % 3 == 0);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(received - receivedBefore > 20_000_000, $"only {received - receivedBefore} bytes went over");
    }

    [Fact]
    public void TenThousandStreamsOpenedAndClosedAllocateNothingAndLeaveNothing()
    {
        (StreamSet client, StreamSet server) = StreamFixture.Pair(new StreamLimits { BidirectionalStreams = 50 }, _buffers);
        int closed = Cycle(client, server, 1000);
        Assert.Equal(1000, closed);

        long before = GC.GetAllocatedBytesForCurrentThread();
        closed = Cycle(client, server, 10_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.Equal(10_000, closed);
        Assert.Equal(0, client.Count + server.Count);
        Assert.Equal(0, _buffers.Outstanding);
    }

    /// <summary>A write, a train of packets of which some are lost or late, and reads into a waiting reader's memory.</summary>
    private int Round(StreamSet client, StreamSet server, StreamId id, bool lossy)
    {
        _now += TimeSpan.FromMilliseconds(1);
        _ = client.Write(id, _data, out _);
        int count = 0;
        while (count < _packets.Length && _packets[count].Fill(client, _now, _rtt))
        {
            count++;
        }

        int read = 0;
        for (int i = count - 1; i >= 0; i--)
        {
            // The train arrives in pairs turned around, so that most of it is out of order.
            StreamPacket packet = _packets[(i ^ 1) < count ? i ^ 1 : i];
            if (lossy && i == 5)
            {
                packet.LoseTo(client);
                continue;
            }

            _ = packet.DeliverTo(server);
            packet.AcknowledgeTo(client);
        }

        if (server.TryGet(id, out QuicStreamState? stream))
        {
            _ = server.SetReadDestination(stream, _destination);
            read = server.TakeReadDestination(stream).Count;
        }

        while (_packets[0].Fill(server, _now, _rtt))
        {
            _ = _packets[0].DeliverTo(client);
            _packets[0].AcknowledgeTo(server);
        }

        Drain(client);
        Drain(server);
        return read;
    }

    /// <summary>Requests and responses, each on a stream of its own, as many at a time as are allowed.</summary>
    private int Cycle(StreamSet client, StreamSet server, int streams)
    {
        int opened = 0;
        int closed = 0;
        for (int rounds = 0; closed < streams; rounds++)
        {
            Assert.True(rounds < streams, "streams are stuck");
            while (opened < streams && client.TryOpen(StreamDirection.Bidirectional, out StreamId id))
            {
                opened++;
                _ = client.Write(id, _data.AsSpan(0, 100), out _);
                _ = client.Finish(id);
            }

            Exchange(client, server);
            while (server.TryTakeEvent(out StreamEvent item))
            {
                if (item.Kind == StreamEventKind.Readable && server.Read(item.Stream!, _destination, out StreamRead read) == StreamResult.Done && read.IsEnd)
                {
                    _ = server.Write(item.Stream!, _data.AsSpan(0, 300), out _);
                    _ = server.Finish(item.Stream!);
                }
            }

            Exchange(server, client);
            while (client.TryTakeEvent(out StreamEvent item))
            {
                if (item.Kind == StreamEventKind.Readable)
                {
                    _ = client.Read(item.Stream!, _destination, out _);
                }
                else if (item.Kind == StreamEventKind.Closed)
                {
                    closed++;
                }
            }
        }

        Exchange(client, server);
        Exchange(server, client);
        Drain(server);
        return closed;
    }

    private void Exchange(StreamSet from, StreamSet to)
    {
        while (_packets[0].Fill(from, _now, _rtt))
        {
            _ = _packets[0].DeliverTo(to);
            _packets[0].AcknowledgeTo(from);
        }
    }

    private static void Drain(StreamSet set)
    {
        while (set.TryTakeEvent(out _))
        {
        }
    }
}
