using System.Text.Json;
using HotQuic.Core.Parameters;
using HotQuic.Core.Wire;

namespace HotQuic.Diagnostics;

/// <summary>
/// Transport parameters from their encoding to the fields of parameters_set (draft-ietf-quic-qlog-quic-events §5.3). What the
/// draft does not name is listed in unknown_parameters. Stateless reset tokens are secrets and left out, but for the one of a
/// preferred address, which the draft requires: that whole parameter counts as unknown, without a value.
/// </summary>
internal static class QlogParameters
{
    private enum Kind
    {
        Integer,
        ConnectionId,
        Flag,
        Secret,
    }

    private static readonly Dictionary<TransportParameterId, (string Name, Kind Kind)> Known = new()
    {
        [TransportParameterId.OriginalDestinationConnectionId] = ("original_destination_connection_id", Kind.ConnectionId),
        [TransportParameterId.MaxIdleTimeout] = ("max_idle_timeout", Kind.Integer),
        [TransportParameterId.StatelessResetToken] = (string.Empty, Kind.Secret),
        [TransportParameterId.MaxUdpPayloadSize] = ("max_udp_payload_size", Kind.Integer),
        [TransportParameterId.InitialMaxData] = ("initial_max_data", Kind.Integer),
        [TransportParameterId.InitialMaxStreamDataBidiLocal] = ("initial_max_stream_data_bidi_local", Kind.Integer),
        [TransportParameterId.InitialMaxStreamDataBidiRemote] = ("initial_max_stream_data_bidi_remote", Kind.Integer),
        [TransportParameterId.InitialMaxStreamDataUni] = ("initial_max_stream_data_uni", Kind.Integer),
        [TransportParameterId.InitialMaxStreamsBidi] = ("initial_max_streams_bidi", Kind.Integer),
        [TransportParameterId.InitialMaxStreamsUni] = ("initial_max_streams_uni", Kind.Integer),
        [TransportParameterId.AckDelayExponent] = ("ack_delay_exponent", Kind.Integer),
        [TransportParameterId.MaxAckDelay] = ("max_ack_delay", Kind.Integer),
        [TransportParameterId.DisableActiveMigration] = ("disable_active_migration", Kind.Flag),
        [TransportParameterId.ActiveConnectionIdLimit] = ("active_connection_id_limit", Kind.Integer),
        [TransportParameterId.InitialSourceConnectionId] = ("initial_source_connection_id", Kind.ConnectionId),
        [TransportParameterId.RetrySourceConnectionId] = ("retry_source_connection_id", Kind.ConnectionId),
        [TransportParameterId.MaxDatagramFrameSize] = ("max_datagram_frame_size", Kind.Integer),
        [TransportParameterId.GreaseQuicBit] = ("grease_quic_bit", Kind.Flag),
    };

    /// <param name="json">Inside the event's data.</param>
    /// <param name="encoded">The parameters as they travel, checked already.</param>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> encoded)
    {
        var reader = new WireReader(encoded);
        while (TryRead(ref reader, out ulong id, out ReadOnlySpan<byte> value))
        {
            if (Known.TryGetValue((TransportParameterId)id, out (string Name, Kind Kind) known))
            {
                WriteKnown(json, known.Name, known.Kind, value);
            }
        }

        json.WriteStartArray("unknown_parameters"u8);
        reader = new WireReader(encoded);
        while (TryRead(ref reader, out ulong id, out ReadOnlySpan<byte> value))
        {
            if (!Known.ContainsKey((TransportParameterId)id))
            {
                WriteUnknown(json, id, value);
            }
        }

        json.WriteEndArray();
    }

    private static bool TryRead(ref WireReader reader, out ulong id, out ReadOnlySpan<byte> value)
    {
        value = default;
        return reader.TryReadVarInt(out id) && reader.TryReadVarIntPrefixed(out value);
    }

    private static void WriteKnown(Utf8JsonWriter json, string name, Kind kind, ReadOnlySpan<byte> value)
    {
        switch (kind)
        {
            case Kind.Integer when new WireReader(value).TryReadVarInt(out ulong integer):
                json.WriteNumber(name, integer);
                break;
            case Kind.ConnectionId:
                json.WritePropertyName(name);
                json.WriteHexValue(value);
                break;
            case Kind.Flag:
                json.WriteBoolean(name, true);
                break;
            default:
                break;
        }
    }

    private static void WriteUnknown(Utf8JsonWriter json, ulong id, ReadOnlySpan<byte> value)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, id);
        if ((TransportParameterId)id != TransportParameterId.PreferredAddress)
        {
            json.WriteHex("value"u8, value);
        }

        json.WriteEndObject();
    }
}
