using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Streams;

/// <summary>The payload of one packet with its log, reused by tests that count allocations.</summary>
internal sealed class StreamPacket
{
    private readonly byte[] _payload = new byte[1200];
    private readonly SentFrame[] _log = new SentFrame[64];
    private int _length;
    private int _logged;

    public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _length);

    public ReadOnlySpan<SentFrame> Log => _log.AsSpan(0, _logged);

    /// <summary>Fills the packet from a set; false if there was nothing to send.</summary>
    public bool Fill(StreamSet source, Instant now, TimeSpan rtt)
    {
        var writer = new FrameWriter(_payload, _log);
        source.Transmit(ref writer, now, rtt);
        writer.Tail.CopyTo(_payload.AsSpan(writer.Wire.Position));
        _length = writer.Length;
        _logged = writer.Logged.Length;
        return _length > 0;
    }

    public TransportError? DeliverTo(StreamSet target) => StreamPipe.Deliver(target, Payload);

    public void AcknowledgeTo(StreamSet source)
    {
        foreach (SentFrame frame in Log)
        {
            source.OnAcknowledged(frame);
        }
    }

    public void LoseTo(StreamSet source)
    {
        foreach (SentFrame frame in Log)
        {
            source.OnLost(frame);
        }
    }
}

/// <summary>Carries packets between two sets without a connection around them.</summary>
internal static class StreamPipe
{
    /// <summary>Gives every frame of a payload to the set that receives it.</summary>
    public static TransportError? Deliver(StreamSet target, ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        while (!reader.IsEmpty)
        {
            Assert.True(reader.TryReadVarInt(out ulong type));
            if (DeliverOne(target, (FrameType)type, ref reader) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>Sends all that both sides have, without loss, and acknowledges it, until nothing is left.</summary>
    public static void Settle(StreamSet a, StreamSet b, StreamPacket packet, Instant now = default, TimeSpan rtt = default)
    {
        bool isMoving = true;
        for (int steps = 0; isMoving; steps++)
        {
            Assert.True(steps < 10_000, "The two sides never come to rest.");
            isMoving = Pass(a, b, packet, now, rtt);
            isMoving |= Pass(b, a, packet, now, rtt);
        }
    }

    /// <summary>Sends one packet if there is something to send, and acknowledges it.</summary>
    public static bool Pass(StreamSet from, StreamSet to, StreamPacket packet, Instant now = default, TimeSpan rtt = default)
    {
        if (!packet.Fill(from, now, rtt))
        {
            Assert.False(from.HasPendingFrames || from.HasPendingData, "Something waits that was not sent.");
            return false;
        }

        Assert.Null(packet.DeliverTo(to));
        packet.AcknowledgeTo(from);
        return true;
    }

    private static TransportError? DeliverOne(StreamSet target, FrameType type, ref WireReader reader)
    {
        switch (type)
        {
            case FrameType.Padding:
                return null;
            case >= FrameType.Stream and <= FrameType.StreamLast:
                Assert.True(StreamFrame.TryRead(type, ref reader, out StreamFrame stream));
                return target.OnStream(stream);
            case FrameType.ResetStream:
                Assert.True(ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame reset));
                return target.OnResetStream(reset);
            case FrameType.StopSending:
                Assert.True(StopSendingFrame.TryRead(ref reader, out StopSendingFrame stop));
                return target.OnStopSending(stop);
            case FrameType.MaxData:
                Assert.True(MaxDataFrame.TryRead(ref reader, out MaxDataFrame maxData));
                return target.OnMaxData(maxData);
            case FrameType.MaxStreamData:
                Assert.True(MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame maxStreamData));
                return target.OnMaxStreamData(maxStreamData);
            case FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional:
                Assert.True(MaxStreamsFrame.TryRead(type, ref reader, out MaxStreamsFrame maxStreams));
                return target.OnMaxStreams(maxStreams);
            case FrameType.DataBlocked:
                Assert.True(DataBlockedFrame.TryRead(ref reader, out DataBlockedFrame blocked));
                return target.OnDataBlocked(blocked);
            case FrameType.StreamDataBlocked:
                Assert.True(StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame streamBlocked));
                return target.OnStreamDataBlocked(streamBlocked);
            case FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional:
                Assert.True(StreamsBlockedFrame.TryRead(type, ref reader, out StreamsBlockedFrame streamsBlocked));
                return target.OnStreamsBlocked(streamsBlocked);
            default:
                Assert.Fail($"A set of streams sent a frame of type {type}.");
                return null;
        }
    }
}
