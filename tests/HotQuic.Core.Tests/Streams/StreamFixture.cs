using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Streams;

/// <summary>A set at one end with a peer that the test plays, or two sets that know each other's limits.</summary>
internal sealed class StreamFixture
{
    public static readonly PeerStreamLimits Generous = new()
    {
        MaximumData = 1 << 20,
        MaximumStreamDataBidirectionalLocal = 1 << 18,
        MaximumStreamDataBidirectionalRemote = 1 << 18,
        MaximumStreamDataUnidirectional = 1 << 18,
        BidirectionalStreams = 100,
        UnidirectionalStreams = 100,
    };

    public StreamFixture(StreamLimits? local = null, PeerStreamLimits? peer = null, EndpointRole role = EndpointRole.Client)
    {
        Set = new StreamSet(role, local ?? new StreamLimits(), Buffers);
        Set.OnPeerParameters(peer ?? Generous);
        TakeEvents();
    }

    public StreamBufferPool Buffers { get; } = new();

    public StreamSet Set { get; }

    public static StreamId Client(StreamDirection direction, ulong index) => new(EndpointRole.Client, direction, index);

    public static StreamId Server(StreamDirection direction, ulong index) => new(EndpointRole.Server, direction, index);

    /// <summary>The limits that an end with these local limits announces.</summary>
    public static PeerStreamLimits Announced(StreamLimits local) => new()
    {
        MaximumData = local.ConnectionWindow,
        MaximumStreamDataBidirectionalLocal = local.StreamWindowBidirectionalLocal,
        MaximumStreamDataBidirectionalRemote = local.StreamWindowBidirectionalRemote,
        MaximumStreamDataUnidirectional = local.StreamWindowUnidirectional,
        BidirectionalStreams = local.BidirectionalStreams,
        UnidirectionalStreams = local.UnidirectionalStreams,
    };

    /// <summary>Two ends that know each other's limits, over one pool.</summary>
    public static (StreamSet Client, StreamSet Server) Pair(StreamLimits limits, StreamBufferPool buffers)
    {
        var streams = new StreamStatePool(buffers);
        var client = new StreamSet(EndpointRole.Client, limits, buffers, streams);
        var server = new StreamSet(EndpointRole.Server, limits, buffers, streams);
        client.OnPeerParameters(Announced(limits));
        server.OnPeerParameters(Announced(limits));
        return (client, server);
    }

    public StreamId Open(StreamDirection direction = StreamDirection.Bidirectional)
    {
        Assert.True(Set.TryOpen(direction, out StreamId id));
        return id;
    }

    public TransportError? Receive(StreamId id, ulong offset, int length, bool fin = false) =>
        Set.OnStream(new StreamFrame(id, offset, Bytes(offset, length), fin ? StreamFrameOptions.Fin : StreamFrameOptions.None));

    /// <summary>The frames of the next packet.</summary>
    public List<SentFrame> Transmit(int size = 1200) => Transmit(size, out _);

    public List<SentFrame> Transmit(int size, out byte[] payload)
    {
        byte[] buffer = new byte[size];
        var writer = new FrameWriter(buffer, new SentFrame[64]);
        Set.Transmit(ref writer, new Instant(1), TimeSpan.Zero);
        writer.Tail.CopyTo(buffer.AsSpan(writer.Wire.Position));
        payload = buffer[..writer.Length];
        return [.. writer.Logged];
    }

    public void Acknowledge(IEnumerable<SentFrame> frames)
    {
        foreach (SentFrame frame in frames)
        {
            Set.OnAcknowledged(frame);
        }
    }

    public void Lose(IEnumerable<SentFrame> frames)
    {
        foreach (SentFrame frame in frames)
        {
            Set.OnLost(frame);
        }
    }

    public List<StreamEvent> TakeEvents()
    {
        List<StreamEvent> events = [];
        while (Set.TryTakeEvent(out StreamEvent item))
        {
            events.Add(item);
        }

        return events;
    }

    public List<StreamEventKind> TakeKinds() => [.. TakeEvents().Select(item => item.Kind)];

    public StreamRead Read(StreamId id, int max = int.MaxValue)
    {
        byte[] buffer = new byte[Math.Min(max, 1 << 20)];
        Assert.Equal(StreamResult.Done, Set.Read(id, buffer, out StreamRead read));
        return read;
    }

    public static byte[] Bytes(ulong offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = ByteAt(offset + (ulong)i);
        }

        return bytes;
    }

    /// <summary>What every test stream carries at an offset: no short period, so a misplaced chunk shows.</summary>
    public static byte ByteAt(ulong offset) => (byte)((offset * 0x9e3779b97f4a7c15) >> 56);

    public static bool IsError(TransportError? error, TransportErrorCode code, FrameType type) =>
        error is not null && error.Code == code && error.FrameType == (ulong)type;
}
