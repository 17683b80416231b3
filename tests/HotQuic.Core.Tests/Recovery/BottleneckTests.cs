using HotQuic.Core.Acknowledgements;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>A bulk sender behind a link with a rate, a delay and a queue that drops what does not fit.</summary>
public class BottleneckTests
{
    private const ushort Size = 1200;

    [Theory]
    [InlineData("newreno", 10, 40, 0.8)]
    [InlineData("cubic", 10, 40, 0.85)]
    [InlineData("newreno", 100, 20, 0.8)]
    [InlineData("cubic", 100, 20, 0.85)]
    [InlineData("cubic", 1000, 1, 0.85)]
    public void Cc10_ALinkWithAQueueOfOneRoundTripIsUsed(string name, double megabits, double rttMilliseconds, double share)
    {
        var path = new Bottleneck(New(name), megabits, rttMilliseconds);
        double seconds = megabits >= 1000 ? 1 : 10;
        path.Run(seconds);
        Assert.InRange(path.Delivered * 8 / seconds / 1e6 / megabits, share, 1.0);
        Assert.True(path.Recovery.Statistics.PersistentCongestions == 0);
        Assert.Equal(0, path.Recovery.Statistics.SpuriousLosses);

        // Slow start overshoots once; later reductions lose little.
        Assert.InRange(path.Recovery.Statistics.PacketsLost, 1, path.Delivered / Size / 20);
    }

    [Fact]
    public void Cc08_OnAFastPathWithoutLossNeitherWindowNorPacerIsInTheWay()
    {
        // 20 Gbit/s and 60 us, as on loopback: most of it is used within half a second.
        var path = new Bottleneck(New("cubic"), megabits: 20_000, rttMilliseconds: 0.06);
        path.Run(seconds: 0.3);
        long before = path.Delivered;
        path.Run(seconds: 0.2);
        Assert.InRange((path.Delivered - before) * 8 / 0.2 / 1e6, 0.8 * 20_000, 20_001);
    }

    private static ICongestionController New(string name) =>
        name == "cubic" ? new Cubic(CongestionOptions.Default) : new NewReno(CongestionOptions.Default);

    private sealed class Bottleneck : ISentFrameOwner
    {
        private readonly AckTracker _receiver = new(PacketNumberSpace.Application, new AckPolicy { AckElicitingThreshold = 10 });
        private readonly Queue<(long Number, long At)> _packets = new();
        private readonly Queue<(byte[] Frame, long At)> _acks = new();
        private readonly SentFrame[] _log = new SentFrame[1];
        private readonly byte[] _payload = new byte[1200];
        private readonly double _ticksPerByte;
        private readonly long _oneWay;
        private readonly double _queueTicks;
        private double _busyUntil;
        private long _now = TimeSpan.TicksPerSecond;
        private long _next;

        public Bottleneck(ICongestionController congestion, double megabits, double rttMilliseconds)
        {
            Recovery = new LossRecovery(EndpointRole.Server, congestion, RecoveryOptions.Default with { UseEcn = false });
            Recovery.OnHandshakeConfirmed(Now);
            _ticksPerByte = 8 * TimeSpan.TicksPerSecond / (megabits * 1e6);
            _oneWay = (long)(rttMilliseconds * TimeSpan.TicksPerMillisecond / 2);
            _queueTicks = Math.Max(2.0 * _oneWay, 100 * Size * _ticksPerByte);
        }

        public LossRecovery Recovery { get; }

        public long Delivered { get; private set; }

        private Instant Now => new(_now);

        public void Run(double seconds)
        {
            for (long end = _now + (long)(seconds * TimeSpan.TicksPerSecond); _now < end;)
            {
                while (Recovery.Constraint == TransmitConstraint.None && Recovery.Pacer.Allowance(Now) >= Size)
                {
                    Send();
                }

                Step();
            }
        }

        private void Send()
        {
            long number = _next++;
            Recovery.OnPacketSent(
                new SentPacketInfo
                {
                    Space = PacketNumberSpace.Application,
                    Number = new PacketNumber(number),
                    SentAt = Now,
                    Size = Size,
                    IsAckEliciting = true,
                    IsInFlight = true,
                },
                []);
            if (_busyUntil - _now <= _queueTicks)
            {
                _busyUntil = Math.Max(_busyUntil, _now) + (Size * _ticksPerByte);
                _packets.Enqueue((number, (long)_busyUntil + _oneWay));
            }
        }

        private void Step()
        {
            long packet = _packets.TryPeek(out (long Number, long At) first) ? first.At : long.MaxValue;
            long ack = _acks.TryPeek(out (byte[] Frame, long At) firstAck) ? firstAck.At : long.MaxValue;
            long pacer = Recovery.Constraint == TransmitConstraint.None ? Recovery.Pacer.NextSend(Now).Ticks : long.MaxValue;
            long timers = Math.Min(_receiver.Deadline.Ticks, Recovery.Deadline.Ticks);
            _now = Math.Max(_now, Math.Min(Math.Min(packet, ack), Math.Min(pacer, timers)));
            while (_packets.TryPeek(out (long Number, long At) arrived) && arrived.At <= _now)
            {
                _packets.Dequeue();
                Delivered += Size;
                _receiver.OnPacketReceived(new ReceivedPacketInfo(new PacketNumber(arrived.Number), true, EcnCodepoint.NotEct, Now));
            }

            if (_receiver.UrgencyAt(Now) == AckUrgency.Now)
            {
                var writer = new FrameWriter(_payload, _log);
                Assert.True(_receiver.TryWrite(ref writer, Now, 3));
                _receiver.OnAckAcknowledged(new PacketNumber((long)writer.Logged[0].Offset - 2000));
                _acks.Enqueue((writer.Wire.Written.ToArray(), _now + _oneWay));
            }

            while (_acks.TryPeek(out (byte[] Frame, long At) acknowledged) && acknowledged.At <= _now)
            {
                _acks.Dequeue();
                Receive(acknowledged.Frame);
            }

            if (Recovery.Deadline <= Now)
            {
                Recovery.OnTimeout(Now, this);
            }
        }

        private void Receive(byte[] bytes)
        {
            var reader = new WireReader(bytes);
            Assert.True(reader.TryReadVarInt(out ulong type));
            Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
            var context = new AckContext(AckDelay.Decode(frame.AckDelay, 3), Now);
            Assert.Null(Recovery.OnAckReceived(PacketNumberSpace.Application, in frame, in context, this));
        }

        void ISentFrameOwner.OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame)
        {
        }

        void ISentFrameOwner.OnFrameLost(PacketNumberSpace space, in SentFrame frame)
        {
        }

        void ISentFrameOwner.OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet)
        {
        }

        void ISentFrameOwner.OnPacketLost(PacketNumberSpace space, in PacketReport packet)
        {
        }
    }
}
