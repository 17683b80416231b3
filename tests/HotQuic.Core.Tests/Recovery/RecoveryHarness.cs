using HotQuic.Core.CongestionControl;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>One endpoint's loss recovery on a clock in milliseconds, and a list of what it said of frames and packets.</summary>
internal sealed class RecoveryHarness : ISentFrameOwner
{
    public const ushort PacketSize = 1200;

    private readonly byte[] _buffer = new byte[2048];

    public RecoveryHarness(
        EndpointRole role = EndpointRole.Server, RecoveryOptions? options = null, ICongestionController? congestion = null)
    {
        options ??= RecoveryOptions.Default with { UseEcn = false };
        Recovery = new LossRecovery(role, congestion ?? new NewReno(options.Congestion), options);
    }

    public LossRecovery Recovery { get; }

    public double Milliseconds { get; set; } = 1000;

    public Instant Now => At(Milliseconds);

    public List<ulong> AcknowledgedFrames { get; } = [];

    public List<ulong> LostFrames { get; } = [];

    public List<PacketReport> AcknowledgedPackets { get; } = [];

    public List<PacketReport> LostPackets { get; } = [];

    public IEnumerable<long> LostNumbers => LostPackets.Select(packet => packet.Number.Value);

    public static Instant At(double milliseconds) => new((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>A server's connection after the handshake, with one RTT sample in its application space.</summary>
    public static RecoveryHarness Established(
        double rttMilliseconds, RecoveryOptions? options = null, ICongestionController? congestion = null)
    {
        var harness = new RecoveryHarness(EndpointRole.Server, options, congestion);
        harness.Recovery.DiscardSpace(PacketNumberSpace.Initial, harness.Now);
        harness.Recovery.DiscardSpace(PacketNumberSpace.Handshake, harness.Now);
        harness.Recovery.OnHandshakeConfirmed(harness.Now);
        harness.Send(0);
        harness.Milliseconds += rttMilliseconds;
        Assert.Null(harness.Ack([(0, 0)]));
        harness.AcknowledgedFrames.Clear();
        harness.AcknowledgedPackets.Clear();
        return harness;
    }

    /// <summary>Sends an ack-eliciting packet with one frame, whose offset is the packet number.</summary>
    public void Send(long number, PacketNumberSpace space = PacketNumberSpace.Application) => Send(Packet(number, space));

    public void Send(SentPacketInfo info) =>
        Recovery.OnPacketSent(info, [new SentFrame(FrameType.Stream, 1000, 0, (ulong)info.Number.Value)]);

    public void SendAckOnly(long number, PacketNumberSpace space = PacketNumberSpace.Application) => Recovery.OnPacketSent(
        Packet(number, space) with { Size = 40, IsAckEliciting = false, IsInFlight = false },
        [new SentFrame(FrameType.Ack, 0, 0, (ulong)number)]);

    public SentPacketInfo Packet(long number, PacketNumberSpace space = PacketNumberSpace.Application) => new()
    {
        Space = space,
        Number = new PacketNumber(number),
        SentAt = Now,
        Size = PacketSize,
        IsAckEliciting = true,
        IsInFlight = true,
    };

    public TransportError? Ack(
        (long Smallest, long Largest)[] ranges,
        PacketNumberSpace space = PacketNumberSpace.Application,
        double ackDelayMilliseconds = 0,
        EcnCounts? ecn = null)
    {
        AckRange[] descending = [.. ranges.Select(range => new AckRange(new(range.Smallest), new(range.Largest)))];
        return AckDescending(space, new AckFrameContent(descending) { EcnCounts = ecn }, new AckContext(Ms(ackDelayMilliseconds), Now));
    }

    /// <summary>Takes the frame over the wire: written, read back, and handed in.</summary>
    public TransportError? AckDescending(PacketNumberSpace space, AckFrameContent content, AckContext context)
    {
        var writer = new WireWriter(_buffer);
        Assert.Equal(content.Ranges.Length, AckFrame.Write(ref writer, in content));
        var reader = new WireReader(writer.Written);
        Assert.True(reader.TryReadVarInt(out ulong type));
        Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
        return Recovery.OnAckReceived(space, in frame, in context, this);
    }

    public TimeoutResult Timeout() => Recovery.OnTimeout(Now, this);

    public double DeadlineMilliseconds() => (double)Recovery.Deadline.Ticks / TimeSpan.TicksPerMillisecond;

    void ISentFrameOwner.OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame) => AcknowledgedFrames.Add(frame.Offset);

    void ISentFrameOwner.OnFrameLost(PacketNumberSpace space, in SentFrame frame) => LostFrames.Add(frame.Offset);

    void ISentFrameOwner.OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet) => AcknowledgedPackets.Add(packet);

    void ISentFrameOwner.OnPacketLost(PacketNumberSpace space, in PacketReport packet) => LostPackets.Add(packet);
}
