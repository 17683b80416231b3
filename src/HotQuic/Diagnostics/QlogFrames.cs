using System.Text.Json;
using HotQuic.Core.Errors;
using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Diagnostics;

/// <summary>
/// The frames of a packet as the draft defines them (draft-ietf-quic-qlog-quic-events §8.13): lengths and offsets, never the
/// data, and none of the secrets (stateless reset tokens, address validation tokens). A frame that cannot be read is logged as
/// unknown, with what is left of the packet.
/// </summary>
internal static class QlogFrames
{
    /// <param name="json">Inside the object that gets the array.</param>
    /// <param name="payload">The frames.</param>
    /// <param name="ackDelayExponent">The exponent of the packet's sender.</param>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> payload, int ackDelayExponent)
    {
        json.WriteStartArray("frames"u8);
        var reader = new WireReader(payload);
        while (!reader.IsEmpty)
        {
            int remaining = reader.Remaining;
            json.WriteStartObject();
            if (!FrameRules.TryReadFrameType(ref reader, out ulong type, out TransportError? _)
                || !FrameRules.TryGet(type, out FrameRule _)
                || !TryWrite(json, (FrameType)type, ref reader, ackDelayExponent))
            {
                json.WriteString("frame_type"u8, QlogNames.Unknown);
                json.WriteNumber("frame_type_bytes"u8, type);
                json.WriteRawLength(remaining);
                _ = reader.ReadRest();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>False, with nothing written, where the frame is malformed.</summary>
    private static bool TryWrite(Utf8JsonWriter json, FrameType type, ref WireReader reader, int ackDelayExponent) => type switch
    {
        FrameType.Padding => WritePadding(json, ref reader),
        FrameType.Ping => WriteType(json, "ping"u8),
        FrameType.Ack or FrameType.AckEcn => TryWriteAck(json, type, ref reader, ackDelayExponent),
        FrameType.ResetStream => TryWriteResetStream(json, ref reader),
        FrameType.StopSending => TryWriteStopSending(json, ref reader),
        FrameType.Crypto => TryWriteCrypto(json, ref reader),
        FrameType.NewToken => TryWriteNewToken(json, ref reader),
        >= FrameType.Stream and <= FrameType.StreamLast => TryWriteStream(json, type, ref reader),
        FrameType.MaxData => TryWriteMaxData(json, ref reader),
        FrameType.MaxStreamData => TryWriteMaxStreamData(json, ref reader),
        FrameType.MaxStreamsBidirectional or FrameType.MaxStreamsUnidirectional => TryWriteMaxStreams(json, type, ref reader),
        FrameType.DataBlocked => TryWriteDataBlocked(json, ref reader),
        FrameType.StreamDataBlocked => TryWriteStreamDataBlocked(json, ref reader),
        FrameType.StreamsBlockedBidirectional or FrameType.StreamsBlockedUnidirectional => TryWriteStreamsBlocked(json, type, ref reader),
        FrameType.NewConnectionId => TryWriteNewConnectionId(json, ref reader),
        FrameType.RetireConnectionId => TryWriteRetireConnectionId(json, ref reader),
        FrameType.PathChallenge => TryWritePathData(json, "path_challenge"u8, ref reader),
        FrameType.PathResponse => TryWritePathData(json, "path_response"u8, ref reader),
        FrameType.ConnectionCloseTransport or FrameType.ConnectionCloseApplication => TryWriteConnectionClose(json, type, ref reader),
        FrameType.HandshakeDone => WriteType(json, "handshake_done"u8),
        FrameType.Datagram or FrameType.DatagramWithLength => TryWriteDatagram(json, type, ref reader),
        _ => false,
    };

    private static bool WriteType(Utf8JsonWriter json, ReadOnlySpan<byte> name)
    {
        json.WriteString("frame_type"u8, name);
        return true;
    }

    /// <summary>§8.13.1: one for the whole run of them.</summary>
    private static bool WritePadding(Utf8JsonWriter json, ref WireReader reader)
    {
        WriteType(json, "padding"u8);
        json.WriteStartObject("raw"u8);
        json.WriteNumber("payload_length"u8, 1 + reader.SkipZeros());
        json.WriteEndObject();
        return true;
    }

    private static bool TryWriteAck(Utf8JsonWriter json, FrameType type, ref WireReader reader, int ackDelayExponent)
    {
        if (!AckFrame.TryRead(type, ref reader, out AckFrame frame))
        {
            return false;
        }

        WriteType(json, "ack"u8);
        json.WriteMilliseconds("ack_delay"u8, AckDelay.Decode(frame.AckDelay, ackDelayExponent));
        json.WriteStartArray("acked_ranges"u8);
        foreach (AckRange range in frame.Ranges)
        {
            json.WriteStartArray();
            json.WriteNumberValue(range.Smallest.Value);
            if (range.Count > 1)
            {
                json.WriteNumberValue(range.Largest.Value);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (frame.EcnCounts is { } counts)
        {
            json.WriteNumber("ect1"u8, counts.Ect1);
            json.WriteNumber("ect0"u8, counts.Ect0);
            json.WriteNumber("ce"u8, counts.Ce);
        }

        return true;
    }

    private static bool TryWriteResetStream(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!ResetStreamFrame.TryRead(ref reader, out ResetStreamFrame frame))
        {
            return false;
        }

        WriteType(json, "reset_stream"u8);
        WriteStreamId(json, frame.StreamId);
        WriteApplicationError(json, frame.ApplicationErrorCode);
        json.WriteNumber("final_size"u8, frame.FinalSize);
        return true;
    }

    private static bool TryWriteStopSending(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!StopSendingFrame.TryRead(ref reader, out StopSendingFrame frame))
        {
            return false;
        }

        WriteType(json, "stop_sending"u8);
        WriteStreamId(json, frame.StreamId);
        WriteApplicationError(json, frame.ApplicationErrorCode);
        return true;
    }

    /// <summary>§8.13.7: raw.length is the frame's Length field, here as in STREAM and DATAGRAM.</summary>
    private static bool TryWriteCrypto(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!CryptoFrame.TryRead(ref reader, out CryptoFrame frame))
        {
            return false;
        }

        WriteType(json, "crypto"u8);
        json.WriteNumber("offset"u8, frame.Offset);
        json.WriteRawLength(frame.Data.Length);
        return true;
    }

    private static bool TryWriteNewToken(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!NewTokenFrame.TryRead(ref reader, out NewTokenFrame frame))
        {
            return false;
        }

        WriteType(json, "new_token"u8);
        json.WriteStartObject("token"u8);
        json.WriteString("type"u8, "resumption"u8);
        json.WriteRawLength(frame.Token.Length);
        json.WriteEndObject();
        return true;
    }

    private static bool TryWriteStream(Utf8JsonWriter json, FrameType type, ref WireReader reader)
    {
        if (!StreamFrame.TryRead(type, ref reader, out StreamFrame frame))
        {
            return false;
        }

        WriteType(json, "stream"u8);
        WriteStreamId(json, frame.Id);
        json.WriteNumber("offset"u8, frame.Offset);
        if (frame.IsFin)
        {
            json.WriteBoolean("fin"u8, true);
        }

        json.WriteRawLength(frame.Data.Length);
        return true;
    }

    private static bool TryWriteMaxData(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!MaxDataFrame.TryRead(ref reader, out MaxDataFrame frame))
        {
            return false;
        }

        WriteType(json, "max_data"u8);
        json.WriteNumber("maximum"u8, frame.MaximumData);
        return true;
    }

    private static bool TryWriteMaxStreamData(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!MaxStreamDataFrame.TryRead(ref reader, out MaxStreamDataFrame frame))
        {
            return false;
        }

        WriteType(json, "max_stream_data"u8);
        WriteStreamId(json, frame.StreamId);
        json.WriteNumber("maximum"u8, frame.MaximumStreamData);
        return true;
    }

    private static bool TryWriteMaxStreams(Utf8JsonWriter json, FrameType type, ref WireReader reader)
    {
        if (!MaxStreamsFrame.TryRead(type, ref reader, out MaxStreamsFrame frame))
        {
            return false;
        }

        WriteType(json, "max_streams"u8);
        WriteStreamType(json, frame.Direction);
        json.WriteNumber("maximum"u8, frame.MaximumStreams);
        return true;
    }

    private static bool TryWriteDataBlocked(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!DataBlockedFrame.TryRead(ref reader, out DataBlockedFrame frame))
        {
            return false;
        }

        WriteType(json, "data_blocked"u8);
        json.WriteNumber("limit"u8, frame.MaximumData);
        return true;
    }

    private static bool TryWriteStreamDataBlocked(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!StreamDataBlockedFrame.TryRead(ref reader, out StreamDataBlockedFrame frame))
        {
            return false;
        }

        WriteType(json, "stream_data_blocked"u8);
        WriteStreamId(json, frame.StreamId);
        json.WriteNumber("limit"u8, frame.MaximumStreamData);
        return true;
    }

    private static bool TryWriteStreamsBlocked(Utf8JsonWriter json, FrameType type, ref WireReader reader)
    {
        if (!StreamsBlockedFrame.TryRead(type, ref reader, out StreamsBlockedFrame frame))
        {
            return false;
        }

        WriteType(json, "streams_blocked"u8);
        WriteStreamType(json, frame.Direction);
        json.WriteNumber("limit"u8, frame.MaximumStreams);
        return true;
    }

    private static bool TryWriteNewConnectionId(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!NewConnectionIdFrame.TryRead(ref reader, out NewConnectionIdFrame frame))
        {
            return false;
        }

        WriteType(json, "new_connection_id"u8);
        json.WriteNumber("sequence_number"u8, frame.SequenceNumber);
        json.WriteNumber("retire_prior_to"u8, frame.RetirePriorTo);
        ConnectionId id = frame.ConnectionId;
        json.WriteHex("connection_id"u8, id.Span);
        return true;
    }

    private static bool TryWriteRetireConnectionId(Utf8JsonWriter json, ref WireReader reader)
    {
        if (!RetireConnectionIdFrame.TryRead(ref reader, out RetireConnectionIdFrame frame))
        {
            return false;
        }

        WriteType(json, "retire_connection_id"u8);
        json.WriteNumber("sequence_number"u8, frame.SequenceNumber);
        return true;
    }

    /// <summary>PATH_CHALLENGE and PATH_RESPONSE: the same eight bytes.</summary>
    private static bool TryWritePathData(Utf8JsonWriter json, ReadOnlySpan<byte> name, ref WireReader reader)
    {
        if (!reader.TryReadBytes(sizeof(ulong), out ReadOnlySpan<byte> data))
        {
            return false;
        }

        WriteType(json, name);
        json.WriteHex("data"u8, data);
        return true;
    }

    private static bool TryWriteConnectionClose(Utf8JsonWriter json, FrameType type, ref WireReader reader)
    {
        if (!ConnectionCloseFrame.TryRead(type, ref reader, out ConnectionCloseFrame frame))
        {
            return false;
        }

        WriteType(json, "connection_close"u8);
        json.WriteString("error_space"u8, frame.IsApplication ? "application"u8 : "transport"u8);
        if (frame.IsApplication)
        {
            WriteApplicationError(json, frame.ErrorCode);
        }
        else
        {
            WriteTransportError(json, frame.ErrorCode);
            json.WriteNumber("trigger_frame_type"u8, frame.TriggerType);
        }

        json.WriteString("reason"u8, frame.ReasonText());
        return true;
    }

    private static bool TryWriteDatagram(Utf8JsonWriter json, FrameType type, ref WireReader reader)
    {
        if (!DatagramFrame.TryRead(type, ref reader, out DatagramFrame frame))
        {
            return false;
        }

        WriteType(json, "datagram"u8);
        json.WriteRawLength(frame.Data.Length);
        return true;
    }

    private static void WriteStreamId(Utf8JsonWriter json, StreamId id) => json.WriteNumber("stream_id"u8, id.Value);

    private static void WriteStreamType(Utf8JsonWriter json, StreamDirection direction) =>
        json.WriteString("stream_type"u8, direction == StreamDirection.Bidirectional ? "bidirectional"u8 : "unidirectional"u8);

    /// <summary>The transport knows no application's words (§8.13.25).</summary>
    private static void WriteApplicationError(Utf8JsonWriter json, ulong code)
    {
        json.WriteString("error"u8, QlogNames.Unknown);
        json.WriteNumber("error_code"u8, code);
    }

    private static void WriteTransportError(Utf8JsonWriter json, ulong code)
    {
        string name = QlogNames.OfTransportError(code);
        json.WriteString("error"u8, name);
        if (name == QlogNames.Unknown)
        {
            json.WriteNumber("error_code"u8, code);
        }
    }
}
