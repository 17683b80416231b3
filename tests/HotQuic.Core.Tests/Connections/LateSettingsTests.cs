using HotQuic.Core.CongestionControl;
using HotQuic.Core.Connections;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Streams;
using HotQuic.Testing;

namespace HotQuic.Core.Tests.Connections;

/// <summary>A server learns its settings with its configuration: all of them hold from then on, as if it had begun with them.</summary>
public class LateSettingsTests
{
    [Fact]
    public void EverySettingOfAConfigurationHolds()
    {
        var sink = new PacketLog();
        var settings = new ConnectionSettings
        {
            CongestionControl = CongestionControlAlgorithm.NewReno,
            Recovery = new RecoveryOptions { InitialRtt = TimeSpan.FromMilliseconds(50), UseEcn = false, Congestion = new CongestionOptions { InitialWindowPackets = 4 } },
            MaxAckDelay = TimeSpan.FromMilliseconds(3),
            MtuLowerBound = 1280,
            MtuUpperBound = 1280,
            Datagrams = new() { MaxFrameSize = 1000 },
            Streams = new StreamLimits { BidirectionalStreams = 5 },
            SinkFactory = _ => sink,
        };
        TimeSpan initialRtt = default;
        long window = 0;
        Pair pair = Pair.Connected(each =>
        {
            each.ServerHost.LateSettings = settings;
            Action<Connection, ConnectionEventKind> seen = each.ServerHost.OnConnectionEvent!;
            each.ServerHost.OnConnectionEvent = (connection, kind) =>
            {
                seen(connection, kind);
                if (kind == ConnectionEventKind.NeedConfiguration)
                {
                    initialRtt = connection.Recovery.Rtt.Smoothed;
                    window = connection.Recovery.Congestion.CongestionWindow;
                }
            };
        });
        Assert.Equal(TimeSpan.FromMilliseconds(50), initialRtt);
        Assert.Equal(4 * 1200, window);
        Assert.IsType<NewReno>(pair.Server.Recovery.Congestion);
        Assert.Equal(EcnCodepoint.NotEct, pair.Server.Recovery.Ecn.CodepointToSend);
        Assert.Equal(1280, pair.Server.Path.Mtu);
        Assert.Same(sink, pair.Server.Sink);
        Assert.NotEmpty(sink.Sent);
        Core.Parameters.TransportParameters told = pair.Client.Handshake.PeerParameters!;
        Assert.Equal(TimeSpan.FromMilliseconds(3), told.MaxAckDelay);
        Assert.Equal(TimeSpan.FromMilliseconds(3), pair.Server.Space(PacketNumberSpace.Application)!.Acknowledgements.Policy.MaxAckDelay);
        Assert.Equal(1000, told.MaxDatagramFrameSize);
        Assert.Equal(5ul, told.InitialMaxStreamsBidi);
    }

    /// <summary>RFC 9218 §4: under a small congestion window data arrives in the order of the priorities, whatever the order of writing.</summary>
    [Fact]
    public void StreamsArriveInTheOrderOfTheirPriorities()
    {
        var finished = new List<ulong>();
        Pair pair = Pair.Connected(each => each.ServerHost.OnTurn = connection =>
        {
            for (ulong id = 2; id <= 14; id += 4)
            {
                Read(connection, new StreamId(id), finished);
            }
        });
        StreamPriority[] priorities = [new(6, false), new(3, true), new(1, false), new(1, false)];
        foreach (StreamPriority priority in priorities)
        {
            Assert.True(pair.Client.Streams.TryOpen(StreamDirection.Unidirectional, out StreamId id));
            pair.Client.Streams.SetPriority(id, priority);
            pair.Client.Streams.Write(id, new byte[100_000], out int accepted);
            Assert.Equal(100_000, accepted);
            pair.Client.Streams.Finish(id);
        }

        pair.ClientHost.Turn(pair.Client);
        pair.Pass(5000);
        Assert.Equal([10ul, 14, 6, 2], finished);
    }

    private static void Read(Connection connection, StreamId id, List<ulong> finished)
    {
        byte[] buffer = new byte[65536];
        while (connection.Streams.TryGet(id, out QuicStreamState? stream) && connection.Streams.Read(stream, buffer, out StreamRead read) == StreamResult.Done)
        {
            if (read.IsEnd)
            {
                finished.Add(id.Value);
                return;
            }

            if (read.Count == 0)
            {
                return;
            }
        }
    }
}
