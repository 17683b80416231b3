using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Tests.Wire;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Tests.Frames;

/// <summary>Reads any frame and writes it again, so that one line tests both directions.</summary>
internal static class FrameCodec
{
    /// <summary>The frame reads, says its length, and is written as the same bytes.</summary>
    public static void AssertRoundTrip(string hex)
    {
        byte[] bytes = Hex.Bytes(hex);
        Assert.True(TryRewrite(bytes, out byte[] rewritten, out int consumed), $"{hex} should read");
        Assert.Equal(Hex.Of(bytes), Hex.Of(rewritten));
        Assert.Equal(bytes.Length, consumed);
    }

    /// <summary>The frame's type is fine, the rest is not: FRAME_ENCODING_ERROR.</summary>
    public static void AssertMalformed(string hex) =>
        Assert.False(TryRewrite(Hex.Bytes(hex), out _, out _), $"{hex} should not read");

    /// <summary>Reads one frame and writes it again; false where it is malformed or its type unknown.</summary>
    public static bool TryRewrite(ReadOnlySpan<byte> bytes, out byte[] rewritten, out int consumed)
    {
        byte[] buffer = new byte[bytes.Length + 64];
        var writer = new WireWriter(buffer);
        var reader = new WireReader(bytes);
        int length = 0;
        bool isRead = FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? _)
            && FrameRules.TryGet(type, out FrameRule _)
            && TryRewriteBody((FrameType)type, ref reader, ref writer, out length);
        rewritten = writer.Written.ToArray();
        consumed = reader.Position;
        if (isRead)
        {
            Assert.Equal(writer.Position, length);
        }

        return isRead;
    }

    private static bool TryRewriteBody(FrameType type, ref WireReader reader, ref WireWriter writer, out int length)
    {
        length = 1;
        switch (type)
        {
            case FrameType.Padding or FrameType.Ping or FrameType.HandshakeDone:
                writer.WriteVarInt((ulong)type);
                return true;
            case FrameType.Ack or FrameType.AckEcn:
                return TryRewriteAck(type, ref reader, ref writer, out length);
            case >= FrameType.Stream and <= FrameType.StreamLast when StreamFrame.TryRead(type, ref reader, out StreamFrame stream):
                stream.Write(ref writer);
                length = stream.Length;
                return true;
            case FrameType.Crypto when CryptoFrame.TryRead(ref reader, out CryptoFrame crypto):
                crypto.Write(ref writer);
                length = crypto.Length;
                return true;
            case FrameType.NewToken when NewTokenFrame.TryRead(ref reader, out NewTokenFrame token):
                token.Write(ref writer);
                length = token.Length;
                return true;
            case FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication
                when ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame close):
                close.Write(ref writer);
                length = close.Length;
                return true;
            case FrameType.Datagram or FrameType.DatagramWithLength
                when DatagramFrame.TryRead(type, ref reader, out DatagramFrame datagram):
                datagram.Write(ref writer);
                length = datagram.Length;
                return true;
            default:
                return TryRewriteValue(type, ref reader, ref writer, out length);
        }
    }

    private static bool TryRewriteValue(FrameType type, ref WireReader reader, ref WireWriter writer, out int length)
    {
        length = 0;
        switch (type)
        {
            case FrameType.ResetStream when ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame reset):
                reset.Write(ref writer);
                length = reset.Length;
                return true;
            case FrameType.StopSending when StopSendingFrame.TryRead(ref reader, out StopSendingFrame stop):
                stop.Write(ref writer);
                length = stop.Length;
                return true;
            case FrameType.MaxData when MaxDataFrame.TryRead(ref reader, out MaxDataFrame maxData):
                maxData.Write(ref writer);
                length = maxData.Length;
                return true;
            case FrameType.MaxStreamData when MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame maxStreamData):
                maxStreamData.Write(ref writer);
                length = maxStreamData.Length;
                return true;
            case FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional
                when MaxStreamsFrame.TryRead(type, ref reader, out MaxStreamsFrame maxStreams):
                maxStreams.Write(ref writer);
                length = maxStreams.Length;
                return true;
            case FrameType.DataBlocked when DataBlockedFrame.TryRead(ref reader, out DataBlockedFrame dataBlocked):
                dataBlocked.Write(ref writer);
                length = dataBlocked.Length;
                return true;
            case FrameType.StreamDataBlocked when StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame streamDataBlocked):
                streamDataBlocked.Write(ref writer);
                length = streamDataBlocked.Length;
                return true;
            case FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional
                when StreamsBlockedFrame.TryRead(type, ref reader, out StreamsBlockedFrame streamsBlocked):
                streamsBlocked.Write(ref writer);
                length = streamsBlocked.Length;
                return true;
            case FrameType.NewConnectionId when NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame newId):
                newId.Write(ref writer);
                length = newId.Length;
                return true;
            case FrameType.RetireConnectionId when RetireConnectionIdFrame.TryRead(ref reader, out RetireConnectionIdFrame retire):
                retire.Write(ref writer);
                length = retire.Length;
                return true;
            case FrameType.PathChallenge when PathChallengeFrame.TryRead(ref reader, out PathChallengeFrame challenge):
                challenge.Write(ref writer);
                length = PathChallengeFrame.Length;
                return true;
            case FrameType.PathResponse when PathResponseFrame.TryRead(ref reader, out PathResponseFrame response):
                response.Write(ref writer);
                length = PathResponseFrame.Length;
                return true;
            default:
                return false;
        }
    }

    private static bool TryRewriteAck(FrameType type, ref WireReader reader, ref WireWriter writer, out int length)
    {
        int start = writer.Position;
        length = 0;
        if (!AckFrame.TryRead(type, ref reader, out AckFrame ack))
        {
            return false;
        }

        var ranges = new List<AckRange>();
        foreach (AckRange range in ack.Ranges)
        {
            ranges.Add(range);
        }

        Assert.Equal(ack.RangeCount, ranges.Count);
        var content = new AckFrameContent(ranges.ToArray()) { AckDelay = ack.AckDelay, EcnCounts = ack.EcnCounts };
        Assert.Equal(ranges.Count, AckFrame.Write(ref writer, in content));
        length = writer.Position - start;
        return true;
    }
}
