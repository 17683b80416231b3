using BenchmarkDotNet.Attributes;
using HotQuic.Core.Acknowledgements;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Benchmarks.Rooms;

/// <summary>ACK frames on both sides: four packets arrive, the second last or never, and are acknowledged; the sender hears of it.</summary>
[MemoryDiagnoser]
public class AcknowledgementBenchmarks : ISentFrameOwner, IHasRooms
{
    private const int Packets = 4;
    private const int Exponent = 3;

    private readonly AckTracker _tracker = new(PacketNumberSpace.Application, new AckPolicy());
    private readonly LossRecovery _recovery;
    private readonly byte[] _payload = new byte[1200];
    private readonly SentFrame[] _log = new SentFrame[8];
    private readonly SentFrame[] _frames = [new SentFrame(FrameType.Stream, 1000, 0, 0)];
    private readonly AckRange[] _acknowledged = new AckRange[1];
    private Instant _now = new(TimeSpan.TicksPerSecond);
    private long _received;
    private long _sent;
    private long _settled;

    public AcknowledgementBenchmarks()
    {
        RecoveryOptions options = RecoveryOptions.Default;
        _recovery = new LossRecovery(EndpointRole.Server, new Cubic(options.Congestion), options);
        _recovery.DiscardSpace(PacketNumberSpace.Initial, _now);
        _recovery.DiscardSpace(PacketNumberSpace.Handshake, _now);
        _recovery.OnHandshakeConfirmed(_now);
    }

    public static IEnumerable<Room> Rooms =>
    [
        new("ACK frame sent for four packets, out of order", () => new AcknowledgementBenchmarks().Receive),
        new("ACK frame received for four packets", () => new AcknowledgementBenchmarks().SendAll),
        new("ACK frame received for three of four packets, one lost", () => new AcknowledgementBenchmarks().SendAndLoseOne),
    ];

    [Benchmark]
    public void SendAll() => Send(isOneLost: false);

    /// <summary>Loss detection finds one (RFC 9002 §6.1), and the congestion controller hears of it.</summary>
    [Benchmark]
    public void SendAndLoseOne() => Send(isOneLost: true);

    void ISentFrameOwner.OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame) => _settled++;

    void ISentFrameOwner.OnFrameLost(PacketNumberSpace space, in SentFrame frame) => _settled++;

    void ISentFrameOwner.OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet)
    {
    }

    void ISentFrameOwner.OnPacketLost(PacketNumberSpace space, in PacketReport packet)
    {
    }

    [Benchmark]
    public void Receive()
    {
        _now += TimeSpan.FromMilliseconds(1);
        foreach (int number in (ReadOnlySpan<int>)[0, 2, 3, 1])
        {
            var packet = new PacketNumber(_received + number);
            Expect.True(!_tracker.IsDuplicate(packet));
            _tracker.OnPacketReceived(new ReceivedPacketInfo(packet, IsAckEliciting: true, EcnCodepoint.Ect0, _now));
        }

        _received += Packets;
        var writer = new FrameWriter(_payload, _log);
        Expect.True(_tracker.UrgencyAt(_now) == AckUrgency.Now && _tracker.TryWrite(ref writer, _now, Exponent));

        // The one before has been acknowledged by now.
        _tracker.OnAckAcknowledged(new PacketNumber(Math.Max(0, _received - (2 * Packets))));
    }

    private void Send(bool isOneLost)
    {
        long first = _sent;
        for (; _sent < first + Packets; _sent++)
        {
            _recovery.OnPacketSent(
                new SentPacketInfo { Space = PacketNumberSpace.Application, Number = new PacketNumber(_sent), SentAt = _now, Size = 1200, IsAckEliciting = true, IsInFlight = true },
                _frames);
        }

        _now += TimeSpan.FromMilliseconds(1);
        _acknowledged[0] = new AckRange(new PacketNumber(first + (isOneLost ? 1 : 0)), new PacketNumber(_sent - 1));
        var writer = new WireWriter(_payload);
        _ = AckFrame.Write(ref writer, new AckFrameContent(_acknowledged));
        var reader = new WireReader(writer.Written);
        Expect.True(reader.TryReadVarInt(out ulong type) && AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame)
            && _recovery.OnAckReceived(PacketNumberSpace.Application, in frame, new AckContext(TimeSpan.Zero, _now), this) is null);
        Expect.True(_settled == _sent);
    }
}
