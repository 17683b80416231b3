using System.Globalization;
using System.Text.Json;
using HotQuic.Core.Events;
using HotQuic.Core.Packets;
using HotQuic.Core.Wire;

namespace HotQuic.Diagnostics;

/// <summary>
/// The first record of a file (draft-ietf-quic-qlog-main-schema-14 §5): schema, format, vantage point, and what all events
/// share. Times are milliseconds of a monotonic clock since the connection started, whose wall clock time is given.
/// </summary>
internal static class QlogHeader
{
    /// <summary>The file of a connection, named by its original destination connection ID (quic-events §1.1).</summary>
    public static QlogFile CreateFile(in StartedEvent e, DateTimeOffset utcNow)
    {
        string id = e.OriginalDestinationId.ToString();
        string role = QlogNames.Of(e.Role);
        return new QlogFile($"{id}_{role}", Encode(id, role, utcNow));
    }

    /// <summary>An array of versions from their encoding in a Version Negotiation packet.</summary>
    public static void WriteVersions(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> encoded)
    {
        json.WriteStartArray(name);
        var reader = new WireReader(encoded);
        while (reader.TryReadUInt32(out uint version))
        {
            json.WriteVersionValue((QuicVersion)version);
        }

        json.WriteEndArray();
    }

    private static byte[] Encode(string id, string role, DateTimeOffset utcNow)
    {
        using var block = new QlogBlock();
        block.Append(0x1e);
        using (var json = new Utf8JsonWriter(block, QlogJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("file_schema"u8, "urn:ietf:params:qlog:file:sequential"u8);
            json.WriteString("serialization_format"u8, "application/qlog+json-seq"u8);
            json.WriteString("title"u8, "HotQuic"u8);
            json.WriteStartObject("trace"u8);
            WriteCommonFields(json, id, utcNow);
            json.WriteStartObject("vantage_point"u8);
            json.WriteString("name"u8, "HotQuic"u8);
            json.WriteString("type"u8, role);
            json.WriteEndObject();
            json.WriteStartArray("event_schemas"u8);

            // quic-events §2.1: a draft's schema carries its number.
            json.WriteStringValue("urn:ietf:params:qlog:events:quic-13"u8);
            json.WriteStringValue("urn:ietf:params:qlog:events:loglevel"u8);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        block.Append((byte)'\n');
        return block.Written.ToArray();
    }

    private static void WriteCommonFields(Utf8JsonWriter json, string id, DateTimeOffset utcNow)
    {
        json.WriteStartObject("common_fields"u8);
        json.WriteString("group_id"u8, id);
        json.WriteString("time_format"u8, "relative_to_epoch"u8);
        json.WriteStartObject("reference_time"u8);

        // main-schema §7.1: the epoch of a monotonic clock is unknown.
        json.WriteString("clock_type"u8, "monotonic"u8);
        json.WriteString("epoch"u8, "unknown"u8);
        json.WriteString("wall_clock_time"u8, utcNow.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
