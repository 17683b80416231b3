using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Streams;
using HotQuic.Core.Time;

namespace HotQuic.Core.Tests.Streams;

/// <summary>Two ends over a pipe that loses, reorders and repeats packets, and applications that write, read, reset and stop at random.</summary>
public class StreamTransferTests
{
    [Fact]
    public void Str03_WhateverThePipeDoesStreamsArriveWholeOrWithTheErrorCode()
    {
        for (int seed = 1; seed <= 150; seed++)
        {
            new Run(seed).Complete();
        }
    }

    private sealed class Run
    {
        private const int MaximumSteps = 200_000;

        private readonly Random _random;
        private readonly int _seed;
        private readonly StreamBufferPool _buffers = new(256);
        private readonly End[] _ends;
        private readonly List<Flight> _flying = [];
        private readonly Dictionary<ulong, ulong> _resetCodes = [];
        private Instant _now = new(1);

        public Run(int seed)
        {
            _seed = seed;
            _random = new Random(seed);
            var limits = new StreamLimits
            {
                ConnectionWindow = (ulong)_random.Next(500, 5000),
                MaximumConnectionWindow = 20_000,
                StreamWindowBidirectionalLocal = (ulong)_random.Next(100, 3000),
                StreamWindowBidirectionalRemote = (ulong)_random.Next(100, 3000),
                StreamWindowUnidirectional = (ulong)_random.Next(100, 3000),
                MaximumStreamWindow = 10_000,
                BidirectionalStreams = (ulong)_random.Next(1, 6),
                UnidirectionalStreams = (ulong)_random.Next(1, 6),
                SendBufferLimit = (ulong)_random.Next(50, 4000),
            };
            (StreamSet client, StreamSet server) = StreamFixture.Pair(limits, _buffers);
            _ends = [new End(client, EndpointRole.Client), new End(server, EndpointRole.Server)];
        }

        public void Complete()
        {
            int step = 0;
            for (; !IsDone && step < MaximumSteps; step++)
            {
                _now += TimeSpan.FromMilliseconds(_random.Next(3));
                int side = _random.Next(2);
                Check(_ends[side].Act(_random, _resetCodes));
                if (_random.Next(2) == 0)
                {
                    Send(side);
                }

                Land();
            }

            Check(step < MaximumSteps, "streams are stuck");
            foreach (End end in _ends)
            {
                end.VerifyAgainst(_ends[1 - (int)end.Role], _resetCodes, message => Check(false, message));
                end.Set.Release();
            }

            Check(_buffers.Outstanding == 0 && _buffers.Maps.Outstanding == 0, "memory is left");
        }

        private bool IsDone => _ends.All(end => end.IsDone);

        private void Send(int side)
        {
            var packet = new StreamPacket();
            if (packet.Fill(_ends[side].Set, _now, TimeSpan.FromMilliseconds(5)))
            {
                _flying.Add(new Flight(packet, side));
            }
        }

        /// <summary>One packet of those in flight arrives, is acknowledged, lost, or probed for.</summary>
        private void Land()
        {
            if (_flying.Count == 0 || _random.Next(2) == 0)
            {
                return;
            }

            int index = _random.Next(_flying.Count);
            Flight flight = _flying[index];
            StreamSet from = _ends[flight.Side].Set;
            StreamSet to = _ends[1 - flight.Side].Set;
            switch (_random.Next(10))
            {
                case 0:
                    // Lost; a spurious loss where it had arrived before.
                    flight.Packet.LoseTo(from);
                    _flying.RemoveAt(index);
                    break;
                case 1:
                    // A probe: sent again although it may still arrive.
                    flight.Packet.LoseTo(from);
                    break;
                case 2:
                    Deliver(flight, to);
                    break;
                default:
                    Deliver(flight, to);
                    flight.Packet.AcknowledgeTo(from);
                    _flying.RemoveAt(index);
                    break;
            }
        }

        private void Deliver(Flight flight, StreamSet to)
        {
            string? error = flight.Packet.DeliverTo(to)?.Reason;
            Check(error is null, error ?? "");
        }

        private void Check(bool isTrue, string message = "the application got what was not sent") =>
            Assert.True(isTrue, $"seed {_seed}: {message}");

        private readonly record struct Flight(StreamPacket Packet, int Side);
    }

    /// <summary>One end with its application.</summary>
    private sealed class End(StreamSet set, EndpointRole role)
    {
        private const int StreamsToOpen = 6;

        private readonly Dictionary<ulong, int> _sizes = [];
        private readonly Dictionary<ulong, int> _written = [];
        private readonly Dictionary<ulong, int> _read = [];
        private readonly HashSet<ulong> _ended = [];
        private readonly HashSet<ulong> _stopped = [];
        private readonly Dictionary<ulong, ulong> _resets = [];
        private readonly Dictionary<ulong, ulong> _expectedNext = [];
        private readonly HashSet<ulong> _closed = [];
        private int _opened;

        public StreamSet Set => set;

        public EndpointRole Role => role;

        public bool IsDone => _closed.Count == 4 * StreamsToOpen && set.Count == 0;

        /// <summary>One random thing that an application does; false if what it sees is wrong.</summary>
        public bool Act(Random random, Dictionary<ulong, ulong> resetCodes)
        {
            while (set.TryTakeEvent(out StreamEvent item))
            {
                if (!OnEvent(item, random))
                {
                    return false;
                }
            }

            if (_opened < 2 * StreamsToOpen && set.TryOpen((StreamDirection)(_opened % 2), out StreamId id))
            {
                _opened++;
                Begin(id, random);
            }

            return Write(random, resetCodes) && Read(random);
        }

        public void VerifyAgainst(End peer, Dictionary<ulong, ulong> resetCodes, Action<string> fail)
        {
            foreach ((ulong id, int size) in peer._sizes)
            {
                if (_stopped.Contains(id))
                {
                    continue;
                }

                if (_resets.TryGetValue(id, out ulong code))
                {
                    if (resetCodes[Key(id, peer.Role)] != code)
                    {
                        fail($"stream {id} was reset with a code that was not sent");
                    }
                }
                else if (!_ended.Contains(id) || _read.GetValueOrDefault(id) != size)
                {
                    fail($"stream {id} ended after {_read.GetValueOrDefault(id)} of {size} bytes");
                }
            }
        }

        private bool OnEvent(in StreamEvent item, Random random)
        {
            ulong id = item.Id.Value;
            switch (item.Kind)
            {
                case StreamEventKind.Opened:
                    ulong kind = id & 3;
                    ulong expected = _expectedNext.GetValueOrDefault(kind);
                    _expectedNext[kind] = expected + 1;
                    if (item.Id.Direction == StreamDirection.Bidirectional)
                    {
                        Begin(item.Id, random);
                    }

                    return item.Id.Index == expected;
                case StreamEventKind.ReceiveReset:
                    return _resets.TryAdd(id, item.Value);
                case StreamEventKind.ReceiveFinished:
                    return _ended.Add(id);
                case StreamEventKind.Closed:
                    return _closed.Add(id);
                default:
                    return true;
            }
        }

        private void Begin(StreamId id, Random random)
        {
            _sizes[id.Value] = random.Next(8000);
            _written[id.Value] = 0;
            set.SetPriority(id, new StreamPriority((byte)random.Next(8), random.Next(2) == 0));
        }

        private bool Write(Random random, Dictionary<ulong, ulong> resetCodes)
        {
            if (_sizes.Count == 0)
            {
                return true;
            }

            ulong value = _sizes.Keys.ElementAt(random.Next(_sizes.Count));
            var id = new StreamId(value);
            if (!set.TryGet(id, out QuicStreamState? stream) || stream.Send.IsFinished)
            {
                return true;
            }

            if (stream.Send.State is SendStreamState.ResetSent or SendStreamState.ResetRecvd)
            {
                resetCodes[Key(value, role)] = stream.Send.ResetCode;
                return true;
            }

            if (random.Next(60) == 0)
            {
                resetCodes[Key(value, role)] = value + 1000;
                return set.Reset(id, value + 1000) == StreamResult.Done;
            }

            int left = _sizes[value] - _written[value];
            if (left == 0)
            {
                return set.Finish(id) == StreamResult.Done;
            }

            int length = Math.Min(left, random.Next(1, 2000));
            StreamResult result = set.Write(id, StreamFixture.Bytes((ulong)_written[value], length), out int accepted);
            _written[value] += accepted;
            return result == StreamResult.Done;
        }

        private bool Read(Random random)
        {
            // The peer's streams and our own bidirectional ones.
            var id = new StreamId((ulong)random.Next(StreamsToOpen * 4));
            if (!set.TryGet(id, out QuicStreamState? stream) || stream.Receive.State == ReceiveStreamState.NoStream || _ended.Contains(id.Value))
            {
                return true;
            }

            if (random.Next(200) == 0 && stream.Receive.State is ReceiveStreamState.Recv or ReceiveStreamState.SizeKnown)
            {
                _stopped.Add(id.Value);
                _ = set.StopSending(id, 7);
                return true;
            }

            byte[] buffer = new byte[random.Next(1, 1500)];
            StreamRead read;
            if (random.Next(2) == 0)
            {
                if (set.SetReadDestination(stream, buffer) != StreamResult.Done)
                {
                    return true;
                }

                read = set.TakeReadDestination(stream);
            }
            else if (set.Read(id, buffer, out read) != StreamResult.Done)
            {
                return true;
            }

            int before = _read.GetValueOrDefault(id.Value);
            _read[id.Value] = before + read.Count;
            return (!read.IsEnd || _ended.Add(id.Value))
                && buffer.AsSpan(0, read.Count).SequenceEqual(StreamFixture.Bytes((ulong)before, read.Count));
        }

        private static ulong Key(ulong id, EndpointRole sender) => (id << 1) | (ulong)sender;
    }
}
