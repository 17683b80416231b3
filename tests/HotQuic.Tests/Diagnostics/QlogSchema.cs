using System.Text.Json;
using System.Text.RegularExpressions;

namespace HotQuic.Tests.Diagnostics;

/// <summary>
/// The definitions of draft-ietf-quic-qlog-main-schema and -quic-events that our logs use, transcribed from their CDDL as
/// tables: a field that starts with "?" is optional, any field that is not listed is a fault. A type is a scalar (uint64,
/// uint32, uint16, uint8, float, bool, text, hex, datetime), an enum "a|b", another definition, or an array "[type]".
/// </summary>
internal static partial class QlogSchema
{
    private const string PacketTypes = "initial|handshake|0RTT|1RTT|retry|version_negotiation|stateless_reset|unknown";
    private const string Errors = "no_error|internal_error|connection_refused|flow_control_error|stream_limit_error|stream_state_error"
        + "|final_size_error|frame_encoding_error|transport_parameter_error|connection_id_limit_error|protocol_violation|invalid_token"
        + "|application_error|crypto_buffer_exceeded|key_update_error|aead_limit_reached|no_viable_path|unknown|CryptoError";

    private const string States = "attempted|handshake_started|handshake_complete|closed|peer_validated|early_write|handshake_confirmed|closing|draining";
    private const string KeyTypes = "server_initial_secret|client_initial_secret|server_handshake_secret|client_handshake_secret"
        + "|server_0rtt_secret|client_0rtt_secret|server_1rtt_secret|client_1rtt_secret";

    private static readonly Dictionary<string, string[]> Definitions = new()
    {
        ["QlogFileSeq"] = ["file_schema: urn:ietf:params:qlog:file:sequential", "serialization_format: application/qlog+json-seq", "?title: text", "?description: text", "trace: TraceSeq"],
        ["TraceSeq"] = ["?title: text", "?description: text", "?common_fields: CommonFields", "?vantage_point: VantagePoint", "event_schemas: [text]"],
        ["CommonFields"] = ["?tuple: text", "?time_format: relative_to_epoch|relative_to_previous_event", "?reference_time: ReferenceTime", "?group_id: text"],
        ["ReferenceTime"] = ["clock_type: system|monotonic", "epoch: unknown|datetime", "?wall_clock_time: datetime"],
        ["VantagePoint"] = ["?name: text", "type: client|server|network|unknown", "?flow: client|server|unknown"],
        ["Event"] = ["time: float", "name: text", "data: any"],
        ["RawInfo"] = ["?length: uint64", "?payload_length: uint64", "?data: hex"],
        ["Endpoint"] = ["?ip_v4: text", "?port_v4: uint16", "?ip_v6: text", "?port_v6: uint16", "?connection_ids: [hex]"],
        ["Alpn"] = ["?byte_value: hex", "?string_value: text"],
        ["UnknownParameter"] = ["id: uint64", "?value: hex"],
        ["Reason"] = ["reason: text"],
        ["Token"] = ["?type: retry|resumption", "?raw: RawInfo"],
        ["PacketHeader"] =
        [
            $"packet_type: {PacketTypes}", "?packet_type_bytes: uint64", "?spin_bit: bool", "?key_phase: uint64", "?key_phase_bit: bool", "?packet_number_length: uint8",
            "?packet_number: uint64", "?token: Token", "?length: uint16", "?version: hex", "?scil: uint8", "?dcil: uint8", "?scid: hex", "?dcid: hex",
        ],

        ["quic:connection_started"] = ["local: Endpoint", "remote: Endpoint"],
        ["quic:connection_closed"] =
        [
            "?initiator: local|remote", $"?connection_error: {Errors}", "?application_error: unknown", "?error_code: uint64", "?internal_code: uint64", "?reason: text",
            "?trigger: idle_timeout|application|error|version_mismatch|stateless_reset|aborted|unspecified",
        ],
        ["quic:connection_state_updated"] = [$"?old: {States}", $"new: {States}"],
        ["quic:mtu_updated"] = ["?old: uint32", "new: uint32", "?done: bool"],
        ["quic:version_information"] = ["?server_versions: [hex]", "?client_versions: [hex]", "?chosen_version: hex"],
        ["quic:alpn_information"] = ["?server_alpns: [Alpn]", "?client_alpns: [Alpn]", "?chosen_alpn: Alpn"],
        ["quic:parameters_set"] =
        [
            "?initiator: local|remote", "?resumption_allowed: bool", "?early_data_enabled: bool", "?tls_cipher: text", "?original_destination_connection_id: hex",
            "?initial_source_connection_id: hex", "?retry_source_connection_id: hex", "?stateless_reset_token: hex", "?disable_active_migration: bool",
            "?max_idle_timeout: uint64", "?max_udp_payload_size: uint64", "?ack_delay_exponent: uint64", "?max_ack_delay: uint64", "?active_connection_id_limit: uint64",
            "?initial_max_data: uint64", "?initial_max_stream_data_bidi_local: uint64", "?initial_max_stream_data_bidi_remote: uint64",
            "?initial_max_stream_data_uni: uint64", "?initial_max_streams_bidi: uint64", "?initial_max_streams_uni: uint64",
            "?unknown_parameters: [UnknownParameter]", "?max_datagram_frame_size: uint64", "?grease_quic_bit: bool", "?reset_stream_at: bool",
        ],
        ["quic:packet_sent"] =
        [
            "header: PacketHeader", "?frames: [Frame]", "?stateless_reset_token: hex", "?supported_versions: [hex]", "?raw: RawInfo", "?datagram_payload_checksum: uint32",
            "?is_mtu_probe_packet: bool", "?trigger: retransmit_reordered|retransmit_timeout|pto_probe|retransmit_crypto|cc_bandwidth_probe",
        ],
        ["quic:packet_received"] =
        [
            "header: PacketHeader", "?frames: [Frame]", "?stateless_reset_token: hex", "?supported_versions: [hex]", "?raw: RawInfo", "?datagram_payload_checksum: uint32",
            "?trigger: keys_available",
        ],
        ["quic:packet_dropped"] =
        [
            "?header: PacketHeader", "?raw: RawInfo", "?datagram_payload_checksum: uint32", "?details: Reason",
            "?trigger: internal_error|rejected|unsupported|invalid|duplicate|connection_unknown|decryption_failure|key_unavailable|general",
        ],
        ["quic:key_updated"] = [$"key_type: {KeyTypes}", "?old: hex", "?new: hex", "?key_phase: uint64", "?trigger: tls|remote_update|local_update"],
        ["quic:recovery_metrics_updated"] =
        [
            "?min_rtt: float", "?smoothed_rtt: float", "?latest_rtt: float", "?rtt_variance: float", "?pto_count: uint16", "?congestion_window: uint64",
            "?bytes_in_flight: uint64", "?ssthresh: uint64", "?packets_in_flight: uint64", "?pacing_rate: uint64",
        ],
        ["quic:packet_lost"] = ["?header: PacketHeader", "?frames: [Frame]", "?is_mtu_probe_packet: bool", "?trigger: reordering_threshold|time_threshold|pto_expired"],
        ["loglevel:warning"] = ["?code: uint64", "?message: text", "?dropped: uint64"],

        ["padding"] = ["frame_type: padding", "?raw: RawInfo"],
        ["ping"] = ["frame_type: ping", "?raw: RawInfo"],
        ["ack"] = ["frame_type: ack", "?ack_delay: float", "?acked_ranges: [AckRange]", "?ect1: uint64", "?ect0: uint64", "?ce: uint64", "?raw: RawInfo"],
        ["reset_stream"] = ["frame_type: reset_stream", "stream_id: uint64", "error: unknown", "?error_code: uint64", "final_size: uint64", "?raw: RawInfo"],
        ["stop_sending"] = ["frame_type: stop_sending", "stream_id: uint64", "error: unknown", "?error_code: uint64", "?raw: RawInfo"],
        ["crypto"] = ["frame_type: crypto", "offset: uint64", "raw: RawInfo"],
        ["new_token"] = ["frame_type: new_token", "token: Token", "?raw: RawInfo"],
        ["stream"] = ["frame_type: stream", "stream_id: uint64", "?offset: uint64", "?fin: bool", "?raw: RawInfo"],
        ["max_data"] = ["frame_type: max_data", "maximum: uint64", "?raw: RawInfo"],
        ["max_stream_data"] = ["frame_type: max_stream_data", "stream_id: uint64", "maximum: uint64", "?raw: RawInfo"],
        ["max_streams"] = ["frame_type: max_streams", "stream_type: unidirectional|bidirectional", "maximum: uint64", "?raw: RawInfo"],
        ["data_blocked"] = ["frame_type: data_blocked", "limit: uint64", "?raw: RawInfo"],
        ["stream_data_blocked"] = ["frame_type: stream_data_blocked", "stream_id: uint64", "limit: uint64", "?raw: RawInfo"],
        ["streams_blocked"] = ["frame_type: streams_blocked", "stream_type: unidirectional|bidirectional", "limit: uint64", "?raw: RawInfo"],
        ["new_connection_id"] =
            ["frame_type: new_connection_id", "sequence_number: uint64", "retire_prior_to: uint64", "?connection_id_length: uint8", "connection_id: hex", "?stateless_reset_token: hex", "?raw: RawInfo"],
        ["retire_connection_id"] = ["frame_type: retire_connection_id", "sequence_number: uint64", "?raw: RawInfo"],
        ["path_challenge"] = ["frame_type: path_challenge", "?data: hex", "?raw: RawInfo"],
        ["path_response"] = ["frame_type: path_response", "?data: hex", "?raw: RawInfo"],
        ["connection_close"] =
            ["frame_type: connection_close", "?error_space: transport|application", $"?error: {Errors}", "?error_code: uint64", "?reason: text", "?reason_bytes: hex", "?trigger_frame_type: uint64", "?raw: RawInfo"],
        ["handshake_done"] = ["frame_type: handshake_done", "?raw: RawInfo"],
        ["unknown"] = ["frame_type: unknown", "frame_type_bytes: uint64", "?raw: RawInfo"],
        ["datagram"] = ["frame_type: datagram", "?raw: RawInfo"],
    };

    /// <summary>Null where the value is of the definition; otherwise where and how it is not.</summary>
    public static string? Fault(string definition, JsonElement value, string path = "$")
    {
        if (value.ValueKind != JsonValueKind.Object || !Definitions.TryGetValue(definition, out string[]? fields))
        {
            return $"{path}: no {definition}";
        }

        int known = 0;
        foreach (string field in fields)
        {
            string[] parts = field.Split(": ", 2);
            bool isPresent = value.TryGetProperty(parts[0].TrimStart('?'), out JsonElement element);
            known += isPresent ? 1 : 0;
            string at = $"{path}.{parts[0].TrimStart('?')}";
            if (!isPresent && parts[0][0] != '?')
            {
                return $"{at}: missing";
            }

            if (isPresent && FaultOfType(parts[1], element, at) is { } fault)
            {
                return fault;
            }
        }

        return known == value.EnumerateObject().Count() ? null : $"{path}: a field is not of {definition}, or occurs twice: {value}";
    }

    /// <summary>An event record: its envelope, then its data by its name.</summary>
    public static string? FaultOfEvent(JsonElement record)
    {
        if (Fault("Event", record) is { } fault)
        {
            return fault;
        }

        string name = record.GetProperty("name").GetString()!;
        return name.Contains(':', StringComparison.Ordinal) ? Fault(name, record.GetProperty("data"), name) : $"{name}: no event";
    }

    private static string? FaultOfType(string type, JsonElement value, string path)
    {
        if (type[0] == '[')
        {
            return FaultOfArray(type[1..^1], value, path);
        }

        if (type == "Frame")
        {
            return value.TryGetProperty("frame_type", out JsonElement name) ? Fault(name.GetString()!, value, path) : $"{path}: no frame";
        }

        bool? isFit = type switch
        {
            "any" => value.ValueKind == JsonValueKind.Object,
            "uint64" => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out _),
            "uint32" => value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out _),
            "uint16" => value.ValueKind == JsonValueKind.Number && value.TryGetUInt16(out _),
            "uint8" => value.ValueKind == JsonValueKind.Number && value.TryGetByte(out _),
            "float" => value.ValueKind == JsonValueKind.Number && value.GetDouble() >= 0,
            "bool" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "text" => value.ValueKind == JsonValueKind.String,
            "hex" => IsMatch(HexString(), value),
            "datetime" => IsMatch(DateTime(), value),
            "AckRange" => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is 1 or 2 && value.EnumerateArray().All(n => n.TryGetUInt64(out _)),
            _ => null,
        };
        return isFit is { } fit ? fit ? null : $"{path}: {value} is no {type}"
            : Definitions.ContainsKey(type) && char.IsUpper(type[0]) ? Fault(type, value, path)
            : FaultOfEnum(type, value, path);
    }

    private static string? FaultOfArray(string type, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return $"{path}: no array";
        }

        int index = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            if (FaultOfType(type, element, $"{path}[{index++}]") is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static string? FaultOfEnum(string values, JsonElement value, string path)
    {
        foreach (string word in values.Split('|'))
        {
            bool isFit = word switch
            {
                "datetime" => IsMatch(DateTime(), value),
                "CryptoError" => IsMatch(CryptoError(), value),
                _ => value.ValueKind == JsonValueKind.String && value.GetString() == word,
            };
            if (isFit)
            {
                return null;
            }
        }

        return $"{path}: {value} is none of {values}";
    }

    private static bool IsMatch(Regex pattern, JsonElement value) => value.ValueKind == JsonValueKind.String && pattern.IsMatch(value.GetString()!);

    [GeneratedRegex("^([0-9a-f]{2})*$")]
    private static partial Regex HexString();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex DateTime();

    [GeneratedRegex("^crypto_error_0x1[0-9a-f][0-9a-f]$")]
    private static partial Regex CryptoError();
}
