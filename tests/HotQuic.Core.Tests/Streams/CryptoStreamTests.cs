using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Streams;

public class CryptoStreamTests
{
    private readonly StreamBufferPool _buffers = new();

    [Fact]
    public void HandshakeBytesArriveInOrderAcrossLossAndReordering()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var sender = new CryptoStream(_buffers);
            var receiver = new CryptoStream(_buffers);
            byte[] message = StreamFixture.Bytes(0, 9000);
            sender.Write(message);
            List<byte> received = [];
            int steps = 0;
            List<(byte[] Payload, SentFrame[] Log)> flying = [];
            while (received.Count < message.Length || !sender.IsAcknowledged)
            {
                Assert.True(++steps < 10_000, $"seed {seed}: nothing moves");
                if (sender.HasPendingData)
                {
                    byte[] payload = new byte[random.Next(60, 1200)];
                    var writer = new FrameWriter(payload, new SentFrame[8]);
                    sender.Transmit(ref writer);
                    writer.Tail.CopyTo(payload.AsSpan(writer.Wire.Position));
                    flying.Add((payload[..writer.Length], writer.Logged.ToArray()));
                }

                int index = random.Next(flying.Count);
                (byte[] landed, SentFrame[] log) = flying[index];
                flying.RemoveAt(index);
                bool isLost = random.Next(3) == 0;
                foreach (SentFrame frame in log)
                {
                    if (isLost)
                    {
                        sender.OnLost(frame);
                    }
                    else
                    {
                        sender.OnAcknowledged(frame);
                    }
                }

                if (!isLost)
                {
                    Deliver(receiver, landed);
                    byte[] read = new byte[receiver.ReadableBytes];
                    receiver.Read(read);
                    received.AddRange(read);
                }
            }

            Assert.True(message.AsSpan().SequenceEqual(received.ToArray()), $"seed {seed}");
            Assert.True(_buffers.Outstanding == 0, $"seed {seed}");
        }
    }

    [Fact]
    public void AFrameThatDoesNotFillThePacketLeavesNoTailSoThatPaddingMayFollow()
    {
        var stream = new CryptoStream(_buffers);
        stream.Write(new byte[300]);
        var writer = new FrameWriter(new byte[1200], new SentFrame[4]);
        stream.Transmit(ref writer);
        Assert.True(writer.Tail.IsEmpty);
        Assert.True(writer.Remaining > 0);
    }

    [Fact]
    public void Fc07_WhatArrivesOutOfOrderIsBufferedUpToTheLimit()
    {
        var stream = new CryptoStream(_buffers, CryptoStream.SmallestReceiveLimit);
        Assert.Null(stream.OnCrypto(new CryptoFrame(1, new byte[4095])));
        TransportError? error = stream.OnCrypto(new CryptoFrame(4096, new byte[1]));
        Assert.True(StreamFixture.IsError(error, TransportErrorCode.CryptoBufferExceeded, FrameType.Crypto));
    }

    [Fact]
    public void Fc07_WhatTlsConsumedMakesRoom()
    {
        var stream = new CryptoStream(_buffers, CryptoStream.SmallestReceiveLimit);
        Assert.Null(stream.OnCrypto(new CryptoFrame(0, new byte[4096])));
        stream.Consume(100);
        Assert.Null(stream.OnCrypto(new CryptoFrame(4096, new byte[100])));
        Assert.NotNull(stream.OnCrypto(new CryptoFrame(4196, new byte[1])));
    }

    [Fact]
    public void Fc07_ALimitBelow4096IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new CryptoStream(_buffers, 4095));

    [Fact]
    public void Fc05_DataPastTheLargestOffsetIsAFrameEncodingError()
    {
        var stream = new CryptoStream(_buffers);
        TransportError? error = stream.OnCrypto(new CryptoFrame((1UL << 62) - 1, new byte[1]));
        Assert.True(StreamFixture.IsError(error, TransportErrorCode.FrameEncodingError, FrameType.Crypto));
    }

    [Fact]
    public void Bind02_AnOldLevelBringsNothingNew()
    {
        var stream = new CryptoStream(_buffers);
        Assert.Null(stream.OnCrypto(new CryptoFrame(0, new byte[100])));
        stream.Consume(100);
        Assert.Null(stream.OnHigherKeys());
        Assert.Null(stream.OnCrypto(new CryptoFrame(50, new byte[50])));
        TransportError? error = stream.OnCrypto(new CryptoFrame(50, new byte[51]));
        Assert.True(StreamFixture.IsError(error, TransportErrorCode.ProtocolViolation, FrameType.Crypto));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Bind02_NothingMayBeLeftWhenTheKeysRise(ulong offset)
    {
        var stream = new CryptoStream(_buffers);
        Assert.Null(stream.OnCrypto(new CryptoFrame(offset, new byte[5])));
        Assert.True(StreamFixture.IsError(stream.OnHigherKeys(), TransportErrorCode.ProtocolViolation, FrameType.Crypto));
    }

    [Fact]
    public void AReleasedLevelHoldsNoMemory()
    {
        var stream = new CryptoStream(_buffers);
        stream.Write(new byte[9000]);
        stream.OnCrypto(new CryptoFrame(5000, new byte[100]));
        stream.Release();
        Assert.Equal(0, _buffers.Outstanding + _buffers.Maps.Outstanding);
        Assert.False(stream.HasPendingData);
    }

    private static void Deliver(CryptoStream target, byte[] payload)
    {
        var reader = new WireReader(payload);
        while (!reader.IsEmpty)
        {
            Assert.True(reader.TryReadVarInt(out ulong type));
            Assert.Equal((ulong)FrameType.Crypto, type);
            Assert.True(CryptoFrame.TryRead(ref reader, out CryptoFrame frame));
            Assert.Null(target.OnCrypto(frame));
        }
    }
}
