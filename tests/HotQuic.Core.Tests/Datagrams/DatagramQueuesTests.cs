using HotQuic.Core.Datagrams;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Tests.Wire;

namespace HotQuic.Core.Tests.Datagrams;

/// <summary>Unreliable datagrams, RFC 9221.</summary>
public class DatagramQueuesTests
{
    private const int PathLimit = 1150;

    [Fact]
    public void Frm30_ADatagramThatWasNotAskedForIsAProtocolViolation()
    {
        DatagramQueues queues = NewQueues(maxFrameSize: 0);
        TransportError? error = queues.OnDatagram(new DatagramFrame(new byte[1]));
        Assert.Equal((TransportErrorCode.ProtocolViolation, 0x31UL), (error!.Code, error.FrameType));
    }

    [Fact]
    public void Frm30_AFrameLargerThanWeTakeIsAProtocolViolation()
    {
        DatagramQueues queues = NewQueues(maxFrameSize: 100);
        Assert.Null(queues.OnDatagram(DatagramFrame.ToEndOfPacket(new byte[99])));
        Assert.Equal((TransportErrorCode.ProtocolViolation, 0x30UL), Of(queues.OnDatagram(DatagramFrame.ToEndOfPacket(new byte[100]))));
        Assert.Null(queues.OnDatagram(new DatagramFrame(new byte[97]))); // type, a Length field of two bytes, 97
        Assert.Equal((TransportErrorCode.ProtocolViolation, 0x31UL), Of(queues.OnDatagram(new DatagramFrame(new byte[98]))));
        Assert.Equal(2, queues.ReceivedCount);
    }

    [Fact]
    public void Dgram01_NothingIsSentBeforeThePeerTakesDatagrams()
    {
        var queues = new DatagramQueues(new DatagramLimits { MaxFrameSize = 65535 });
        queues.OnPathLimit(PathLimit);
        Assert.Equal(DatagramSendResult.NotSupported, queues.TrySend([1], 0));
        Assert.True(queues.MaxDataLength < 0);
        queues.OnPeerLimit(0);
        Assert.Equal(DatagramSendResult.NotSupported, queues.TrySend([1], 0));
        queues.OnPeerLimit(65535);
        Assert.Equal(DatagramSendResult.Queued, queues.TrySend([1], 0));
    }

    [Theory]
    [InlineData(65535, PathLimit - 3)]
    [InlineData(100, 97)]
    [InlineData(3, 1)]
    [InlineData(2, 0)]
    public void Dgram01_NothingLargerThanThePeerAndThePathTakeIsQueued(int peerLimit, int expected)
    {
        DatagramQueues queues = NewQueues();
        queues.OnPeerLimit(peerLimit);
        Assert.Equal(expected, queues.MaxDataLength);
        Assert.Equal(DatagramSendResult.TooLarge, queues.TrySend(new byte[expected + 1], 0));
        Assert.Equal(DatagramSendResult.Queued, queues.TrySend(new byte[expected], 0));
        SentFrame sent = Assert.Single(Transmit(queues, 2000, out byte[] payload));
        Assert.True(payload.Length <= peerLimit);
        Assert.Equal((uint)expected, sent.Length);
    }

    [Fact]
    public void Dgram02_DatagramsAreWrittenInOrderAsFarAsTheyFit()
    {
        DatagramQueues queues = NewQueues();
        _ = queues.TrySend(Hex.Bytes("aabb"), 7);
        _ = queues.TrySend([], 8);
        _ = queues.TrySend(new byte[100], 9);
        _ = queues.TrySend(Hex.Bytes("cc"), 10);
        SentFrame[] frames = Transmit(queues, 50, out byte[] payload);
        Assert.Equal("3102aabb" + "3100", Hex.Of(payload));
        Assert.Equal([new SentFrame(FrameType.DatagramWithLength, 2, 7, 0), new SentFrame(FrameType.DatagramWithLength, 0, 8, 0)], frames);
        Assert.True(queues.HasPendingFrames);

        // What does not fit waits for the next packet, and nothing overtakes it.
        Assert.Equal([9UL, 10UL], Transmit(queues, 1000, out _).Select(frame => frame.Id));
        Assert.False(queues.HasPendingFrames);
        Assert.Empty(Transmit(queues, 1000, out _));
    }

    [Fact]
    public void Dgram02_TheDataIsCopiedWhenItIsQueued()
    {
        DatagramQueues queues = NewQueues();
        byte[] data = [1, 2, 3];
        _ = queues.TrySend(data, 0);
        data[0] = 99;
        _ = Transmit(queues, 100, out byte[] payload);
        Assert.Equal("3103010203", Hex.Of(payload));
    }

    [Fact]
    public void Dgram03_AFullSendingQueueRefuses()
    {
        var queues = new DatagramQueues(new DatagramLimits { MaxFrameSize = 65535, MaxCount = 3 });
        queues.OnPeerLimit(65535);
        queues.OnPathLimit(PathLimit);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(DatagramSendResult.Queued, queues.TrySend([(byte)i], 0));
        }

        Assert.Equal(DatagramSendResult.QueueFull, queues.TrySend([3], 0));
        _ = Transmit(queues, 3, out _);
        Assert.Equal(DatagramSendResult.Queued, queues.TrySend([3], 0));
    }

    [Fact]
    public void Dgram03_TheSendingQueueIsBoundedInBytesToo()
    {
        DatagramQueues queues = NewQueues();
        int queued = 0;
        while (queues.TrySend(new byte[1000], 0) == DatagramSendResult.Queued)
        {
            queued++;
        }

        Assert.Equal(new DatagramLimits().MaxBytes / 1000, queued);
    }

    [Fact]
    public void Dgram03_AFullReceivingQueueDropsTheOldest()
    {
        var queues = new DatagramQueues(new DatagramLimits { MaxFrameSize = 65535, MaxCount = 3 });
        for (int i = 0; i < 5; i++)
        {
            Assert.Null(queues.OnDatagram(new DatagramFrame([(byte)i])));
        }

        Assert.Equal((3, 2L), (queues.ReceivedCount, queues.ReceivedDropped));
        for (int i = 2; i < 5; i++)
        {
            Assert.True(queues.TryPeek(out ReadOnlySpan<byte> data));
            Assert.Equal([(byte)i], data.ToArray());
            queues.Remove();
        }

        Assert.False(queues.TryPeek(out _));
        Assert.Throws<InvalidOperationException>(queues.Remove);
    }

    [Fact]
    public void Dgram03_TheReceivingQueueIsBoundedInBytesToo()
    {
        var queues = new DatagramQueues(new DatagramLimits { MaxFrameSize = 65535, MaxBytes = DatagramLimits.MinBytes });
        for (int i = 0; i < 100; i++)
        {
            Assert.Null(queues.OnDatagram(new DatagramFrame(new byte[1000])));
        }

        Assert.Equal((65, 35L), (queues.ReceivedCount, queues.ReceivedDropped));
        Assert.Null(queues.OnDatagram(new DatagramFrame(new byte[65000])));
        Assert.Equal((1, 100L), (queues.ReceivedCount, queues.ReceivedDropped));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DatagramQueues(new DatagramLimits { MaxBytes = 1000 }));
    }

    [Fact]
    public void Dgram04_TheFateOfADatagramIsReportedByItsToken()
    {
        DatagramQueues queues = NewQueues();
        _ = queues.TrySend([1], 11);
        _ = queues.TrySend([2], 0); // asks for no report
        _ = queues.TrySend([3], 13);
        SentFrame[] frames = Transmit(queues, 100, out _);
        Assert.False(queues.TryTakeReport(out _));
        queues.OnLost(frames[0]);
        queues.OnLost(frames[1]);
        queues.OnAcknowledged(frames[2]);
        queues.OnAcknowledged(frames[0]); // declared lost too early

        Assert.Equal(
            [new(11, DatagramOutcome.Lost), new(13, DatagramOutcome.Acknowledged), new(11, DatagramOutcome.Acknowledged)],
            Reports(queues));
    }

    [Fact]
    public void Dgram04_ManyReportsComeInTheirOrder()
    {
        DatagramQueues queues = NewQueues();
        for (uint round = 0; round < 5; round++)
        {
            for (uint i = 1; i <= 40; i++)
            {
                queues.OnAcknowledged(new SentFrame(FrameType.DatagramWithLength, 0, i, 0));
            }

            Assert.Equal(Enumerable.Range(1, 40).Select(i => (ulong)i), Reports(queues).Select(report => report.Token));
        }
    }

    [Fact]
    public void Frm97_ALostDatagramIsNeverSentAgain()
    {
        DatagramQueues queues = NewQueues();
        _ = queues.TrySend([1], 11);
        queues.OnLost(Assert.Single(Transmit(queues, 100, out _)));
        Assert.False(queues.HasPendingFrames);
        Assert.Empty(Transmit(queues, 100, out _));
    }

    [Fact]
    public void Dgram06_WhatThePathNoLongerCarriesIsDroppedAndReported()
    {
        DatagramQueues queues = NewQueues();
        _ = queues.TrySend(new byte[1100], 21);
        _ = queues.TrySend(new byte[10], 22);
        queues.OnPathLimit(900);
        SentFrame sent = Assert.Single(Transmit(queues, 900, out _));
        Assert.Equal(22UL, sent.Id);
        Assert.Equal(1, queues.SendDropped);
        Assert.Equal([new(21, DatagramOutcome.Dropped)], Reports(queues));
    }

    private static DatagramQueues NewQueues(int maxFrameSize = 65535)
    {
        var queues = new DatagramQueues(new DatagramLimits { MaxFrameSize = maxFrameSize });
        queues.OnPeerLimit(65535);
        queues.OnPathLimit(PathLimit);
        return queues;
    }

    private static (TransportErrorCode Code, ulong FrameType) Of(TransportError? error) => (error!.Code, error.FrameType);

    private static SentFrame[] Transmit(DatagramQueues queues, int room, out byte[] payload)
    {
        var writer = new FrameWriter(new byte[room], new SentFrame[64]);
        queues.Transmit(ref writer);
        payload = writer.Wire.Written.ToArray();
        return writer.Logged.ToArray();
    }

    private static List<DatagramReport> Reports(DatagramQueues queues)
    {
        var reports = new List<DatagramReport>();
        while (queues.TryTakeReport(out DatagramReport report))
        {
            reports.Add(report);
        }

        return reports;
    }
}
