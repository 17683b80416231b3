using System.Text.Encodings.Web;
using System.Text.Json;
using HotQuic.Core.Packets;

namespace HotQuic.Diagnostics;

/// <summary>The draft's scalar types on a JSON writer: hexstring, milliseconds, versions.</summary>
internal static class QlogJson
{
    /// <summary>Longer byte strings are cut; the length stands beside them (draft-ietf-quic-qlog-main-schema §11.4).</summary>
    public const int MaxHexBytes = 64;

    /// <summary>Escapes what JSON asks for and no more: these files are not embedded in HTML, and tools look for "+" as it is.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteHex(this Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        json.WritePropertyName(name);
        json.WriteHexValue(bytes);
    }

    public static void WriteMilliseconds(this Utf8JsonWriter json, ReadOnlySpan<byte> name, TimeSpan span) =>
        json.WriteNumber(name, (float)span.TotalMilliseconds);

    public static void WriteVersionValue(this Utf8JsonWriter json, QuicVersion version)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)version);
        json.WriteHexValue(bytes);
    }

    /// <summary>A RawInfo that tells the length of the whole.</summary>
    public static void WriteRawLength(this Utf8JsonWriter json, int length)
    {
        json.WriteStartObject("raw"u8);
        json.WriteNumber("length"u8, length);
        json.WriteEndObject();
    }

    public static void WriteHexValue(this Utf8JsonWriter json, ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[2 * MaxHexBytes];
        _ = Convert.TryToHexStringLower(bytes[..Math.Min(bytes.Length, MaxHexBytes)], text, out int length);
        json.WriteStringValue(text[..length]);
    }
}
