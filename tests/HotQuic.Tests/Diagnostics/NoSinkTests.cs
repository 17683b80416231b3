using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;

namespace HotQuic.Tests.Diagnostics;

/// <summary>Diagnostics are off by default, and then free: a transfer without a sink allocates nothing per packet in Core.</summary>
public sealed class NoSinkTests
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private readonly byte[] _train = new byte[65507];
    private Instant _now;

    [Fact]
    public void WithoutASinkAPacketAllocatesNothing()
    {
        var run = new TracedRun(9, sinks: null, streams: 0);
        run.Connect();
        Connection client = run.Connection;
        Connection server = run.Server.Connections[0];
        Assert.Null(client.Sink);
        Assert.Null(server.Sink);
        _now = run.Network.Now;
        Assert.True(client.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id));

        Pump(client, server, id, rounds: 3000);
        long packets = client.Statistics.PacketsSent + server.Statistics.PacketsSent;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Pump(client, server, id, rounds: 1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        packets = client.Statistics.PacketsSent + server.Statistics.PacketsSent - packets;

        // The smallest object has 24 bytes: one in twenty-four packets would show.
        Assert.True(packets > 2000, $"{packets} packets");
        Assert.True(allocated < packets, $"{allocated} bytes were allocated for {packets} packets");
    }

    private void Pump(Connection client, Connection server, StreamId id, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            client.Streams.Write(id, _chunk, out _);
            Carry(client, server);
            while (server.Streams.Read(id, _chunk, out StreamRead read) == StreamResult.Done && read.Count > 0)
            {
            }

            Carry(server, client);
            _now += TimeSpan.FromMilliseconds(1);
            Wake(client);
            Wake(server);
        }
    }

    private void Carry(Connection from, Connection to)
    {
        while (true)
        {
            Train train = from.Transmit(_now, _train);
            if (train.IsEmpty)
            {
                break;
            }

            for (int offset = 0; offset < train.Length; offset += train.SegmentSize)
            {
                to.OnDatagram(new ReceivedDatagram
                {
                    Bytes = _train.AsSpan(offset, Math.Min(train.SegmentSize, train.Length - offset)),
                    Remote = to.Path.Remote,
                    Local = to.Path.Local,
                    At = _now,
                    Ecn = EcnCodepoint.NotEct,
                });
            }
        }

        while (to.TryTakeEvent(out _) || to.Streams.TryTakeEvent(out _))
        {
        }
    }

    private void Wake(Connection connection)
    {
        if (connection.NextDeadline <= _now)
        {
            connection.OnTimeout(_now);
        }
    }
}
