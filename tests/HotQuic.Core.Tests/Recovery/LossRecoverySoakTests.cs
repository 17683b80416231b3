using HotQuic.Core.Acknowledgements;
using HotQuic.Core.CongestionControl;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Recovery;
using HotQuic.Core.Time;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Recovery;

/// <summary>A sender and a receiver over a path that loses, delays and reorders packets and ACK frames, from a seed.</summary>
public class LossRecoverySoakTests
{
    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.02, 0)]
    [InlineData(0.02, 30)]
    [InlineData(0.3, 5)]
    [InlineData(0.9, 5)]
    public void EveryFrameIsAcknowledgedOrLostExactlyOnce(double loss, int reordering)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            foreach (ICongestionController congestion in new ICongestionController[]
                { new NewReno(CongestionOptions.Default), new Cubic(CongestionOptions.Default) })
            {
                new LossyPath(seed, loss, reordering, congestion).Run(packets: 1500);
            }
        }
    }

    [Fact]
    public void SteadyStateAllocatesNothing()
    {
        var path = new SteadyPath();
        path.Run(rounds: 2000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        path.Run(rounds: 2000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(path.FramesLost > 0);
    }

    private sealed class LossyPath(int seed, double loss, int reordering, ICongestionController congestion) : ISentFrameOwner
    {
        private readonly Random _random = new(seed);
        private readonly LossRecovery _recovery = new(EndpointRole.Server, congestion, RecoveryOptions.Default);
        private readonly AckTracker _receiver = new(PacketNumberSpace.Application, new AckPolicy());
        private readonly PriorityQueue<(long Number, EcnCodepoint Ecn), long> _packets = new();
        private readonly PriorityQueue<byte[], long> _acks = new();
        private readonly HashSet<ulong> _settled = [];
        private readonly HashSet<long> _skipped = [];
        private readonly SentFrame[] _log = new SentFrame[4];
        private readonly byte[] _payload = new byte[1200];
        private long _now = TimeSpan.TicksPerSecond;
        private long _nextNumber;
        private int _sent;
        private int _probes;
        private ulong _nextFrame;

        private Instant Now => new(_now);

        public void Run(int packets)
        {
            _recovery.DiscardSpace(PacketNumberSpace.Initial, Now);
            _recovery.DiscardSpace(PacketNumberSpace.Handshake, Now);
            _recovery.OnHandshakeConfirmed(Now);
            while (_sent < packets || _recovery.BytesInFlight > 0)
            {
                SendWhatMayGo(packets);
                Check();
                Step(packets);
                Check();
            }

            Verify(_settled.Count == (int)_nextFrame, "frames are left unsettled");
            Verify(_recovery.Packets(PacketNumberSpace.Application).IsEmpty, "packets are left outstanding");
        }

        private void SendWhatMayGo(int packets)
        {
            while (_probes > 0 || (_sent < packets && _recovery.Constraint == TransmitConstraint.None
                && _recovery.Pacer.Allowance(Now) >= 1200))
            {
                _probes = Math.Max(_probes - 1, 0);
                SendOne();
            }

            if (_sent >= packets || _random.Next(10) == 0)
            {
                _recovery.OnApplicationLimited();
            }
        }

        private void SendOne()
        {
            if (_random.Next(50) == 0)
            {
                _skipped.Add(_nextNumber++);
            }

            long number = _nextNumber++;
            EcnCodepoint ecn = _recovery.Ecn.CodepointToSend;
            int frames = 1 + _random.Next(3);
            for (int i = 0; i < frames; i++)
            {
                _log[i] = new SentFrame(FrameType.Stream, 1, 0, _nextFrame++);
            }

            _recovery.OnPacketSent(
                new SentPacketInfo
                {
                    Space = PacketNumberSpace.Application,
                    Number = new PacketNumber(number),
                    SentAt = Now,
                    Size = (ushort)(40 + _random.Next(1160)),
                    IsAckEliciting = true,
                    IsInFlight = true,
                    Ecn = ecn,
                },
                _log.AsSpan(0, frames));
            _sent++;
            if (_random.NextDouble() >= loss)
            {
                EcnCodepoint arriving = ecn != EcnCodepoint.NotEct && _random.Next(200) == 0 ? EcnCodepoint.Ce : ecn;
                _packets.Enqueue((number, arriving), Arrival());
            }
        }

        private long Arrival() =>
            _now + (10 * TimeSpan.TicksPerMillisecond) + (_random.Next(1 + reordering) * TimeSpan.TicksPerMillisecond);

        /// <summary>Moves the clock to whatever happens next, and lets it happen.</summary>
        private void Step(int packets)
        {
            long packet = _packets.TryPeek(out _, out long packetAt) ? packetAt : long.MaxValue;
            long ack = _acks.TryPeek(out _, out long ackAt) ? ackAt : long.MaxValue;
            long acknowledge = _receiver.Deadline.Ticks;
            long timer = _recovery.Deadline.Ticks;
            bool isPaced = _sent < packets && _recovery.Constraint == TransmitConstraint.None;
            long pacer = isPaced ? _recovery.Pacer.NextSend(Now).Ticks : long.MaxValue;
            long next = Math.Min(Math.Min(Math.Min(packet, ack), Math.Min(acknowledge, timer)), Math.Max(pacer, _now + 1));
            Verify(next != long.MaxValue, "nothing will ever happen");
            _now = Math.Max(_now, next);
            while (_packets.TryPeek(out (long Number, EcnCodepoint Ecn) arrived, out long at) && at <= _now)
            {
                _packets.Dequeue();
                Verify(!_skipped.Contains(arrived.Number), "a number that was left out arrived");
                _receiver.OnPacketReceived(new ReceivedPacketInfo(new PacketNumber(arrived.Number), true, arrived.Ecn, Now));
            }

            if (_receiver.UrgencyAt(Now) == AckUrgency.Now)
            {
                SendAck();
            }

            while (_acks.TryPeek(out byte[]? frame, out long arrival) && arrival <= _now)
            {
                _acks.Dequeue();
                ReceiveAck(frame);
            }

            if (_recovery.Deadline <= Now)
            {
                TimeoutResult result = _recovery.OnTimeout(Now, this);
                Verify(result.Kind != TimeoutKind.None, "the deadline passed for nothing");
                _probes += result.Probes;
            }
        }

        private void SendAck()
        {
            var writer = new FrameWriter(_payload, _log);
            Verify(_receiver.TryWrite(ref writer, Now, 3), "an urgent ACK was not written");
            if (_random.NextDouble() >= loss)
            {
                _acks.Enqueue(writer.Wire.Written.ToArray(), Arrival());
                if (_random.Next(10) == 0)
                {
                    _receiver.OnAckAcknowledged(new PacketNumber((long)writer.Logged[0].Offset));
                }
            }
        }

        private void ReceiveAck(byte[] bytes)
        {
            var reader = new WireReader(bytes);
            Assert.True(reader.TryReadVarInt(out ulong type));
            Assert.True(AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame));
            var context = new AckContext(AckDelay.Decode(frame.AckDelay, 3), Now);
            Verify(_recovery.OnAckReceived(PacketNumberSpace.Application, in frame, in context, this) is null, "an ACK frame was refused");
        }

        private void Check()
        {
            Verify(_recovery.BytesInFlight >= 0, "bytes in flight are negative");
            bool hasPackets = _recovery.HasAckElicitingInFlight(PacketNumberSpace.Application);
            Verify(hasPackets == _recovery.BytesInFlight > 0, "bytes and packets in flight disagree");
            Verify(congestion.CongestionWindow >= 2400, "the window is below its minimum");
        }

        private void Settle(in SentFrame frame) => Verify(_settled.Add(frame.Offset), "a frame was settled twice");

        private void Verify(bool condition, string otherwise)
        {
            if (!condition)
            {
                Assert.Fail($"seed {seed}, loss {loss}, reordering {reordering}, {congestion.Name}, sent {_sent}: {otherwise}");
            }
        }

        void ISentFrameOwner.OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame) => Settle(frame);

        void ISentFrameOwner.OnFrameLost(PacketNumberSpace space, in SentFrame frame) => Settle(frame);

        void ISentFrameOwner.OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet)
        {
        }

        void ISentFrameOwner.OnPacketLost(PacketNumberSpace space, in PacketReport packet)
        {
        }
    }

    /// <summary>Bulk in trains of 32 packets over a path that loses every hundredth, acknowledged once a train.</summary>
    private sealed class SteadyPath : ISentFrameOwner
    {
        private readonly LossRecovery _recovery = new(EndpointRole.Server, new Cubic(CongestionOptions.Default), RecoveryOptions.Default);
        private readonly AckTracker _receiver = new(PacketNumberSpace.Application, new AckPolicy { AckElicitingThreshold = 32 });
        private readonly SentFrame[] _frames = new SentFrame[4];
        private readonly byte[] _payload = new byte[1200];
        private Instant _now = new(TimeSpan.TicksPerSecond);
        private long _next;

        public SteadyPath()
        {
            _recovery.OnHandshakeConfirmed(_now);
        }

        public long FramesLost { get; private set; }

        public void Run(int rounds)
        {
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < 32; i++)
                {
                    SendOne(_next++);
                }

                _now += TimeSpan.FromTicks(300);
                Acknowledge();
                if (_recovery.Deadline <= _now)
                {
                    _recovery.OnTimeout(_now, this);
                }
            }
        }

        private void SendOne(long number)
        {
            EcnCodepoint ecn = _recovery.Ecn.CodepointToSend;
            _recovery.Pacer.Allowance(_now);
            _recovery.OnPacketSent(
                new SentPacketInfo
                {
                    Space = PacketNumberSpace.Application,
                    Number = new PacketNumber(number),
                    SentAt = _now,
                    Size = 1200,
                    IsAckEliciting = true,
                    IsInFlight = true,
                    Ecn = ecn,
                },
                _frames.AsSpan(0, 2));
            if (number % 100 != 99)
            {
                _receiver.OnPacketReceived(new ReceivedPacketInfo(new PacketNumber(number), true, ecn, _now));
            }
        }

        private void Acknowledge()
        {
            var writer = new FrameWriter(_payload, _frames);
            if (!_receiver.TryWrite(ref writer, _now, 3))
            {
                return;
            }

            _receiver.OnAckAcknowledged(new PacketNumber((long)writer.Logged[0].Offset - 500));
            var reader = new WireReader(writer.Wire.Written);
            reader.TryReadVarInt(out ulong type);
            AckFrame.TryRead((FrameType)type, ref reader, out AckFrame frame);
            var context = new AckContext(TimeSpan.Zero, _now);
            if (_recovery.OnAckReceived(PacketNumberSpace.Application, in frame, in context, this) is not null)
            {
                throw new InvalidOperationException("The ACK frame was refused.");
            }
        }

        void ISentFrameOwner.OnFrameAcknowledged(PacketNumberSpace space, in SentFrame frame)
        {
        }

        void ISentFrameOwner.OnFrameLost(PacketNumberSpace space, in SentFrame frame) => FramesLost++;

        void ISentFrameOwner.OnPacketAcknowledged(PacketNumberSpace space, in PacketReport packet)
        {
        }

        void ISentFrameOwner.OnPacketLost(PacketNumberSpace space, in PacketReport packet)
        {
        }
    }
}
