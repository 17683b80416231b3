using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>
/// The settings of one side (RFC 9114 §7.2.4, RFC 9204 §5, RFC 9220 §3, RFC 9297 §2.1.1). The default value is what holds
/// until the peer's SETTINGS have arrived.
/// </summary>
internal readonly record struct Http3Settings()
{
    /// <summary>How many settings one frame may hold before it is refused as excessive.</summary>
    public const int MaximumCount = 64;

    private const ulong QpackMaximumTableCapacityId = 0x01;
    private const ulong MaximumFieldSectionSizeId = 0x06;
    private const ulong QpackBlockedStreamsId = 0x07;
    private const ulong EnableConnectProtocolId = 0x08;
    private const ulong DatagramId = 0x33;

    private static readonly Http3Error Truncated = new(Http3ErrorCode.FrameError, "SETTINGS ends within a setting");
    private static readonly Http3Error Excessive = new(Http3ErrorCode.ExcessiveLoad, "SETTINGS holds more settings than are accepted");
    private static readonly Http3Error Repeated = new(Http3ErrorCode.SettingsError, "a setting occurs twice");
    private static readonly Http3Error FromHttp2 = new(Http3ErrorCode.SettingsError, "a setting of HTTP/2 has no place in HTTP/3");
    private static readonly Http3Error NotBoolean = new(Http3ErrorCode.SettingsError, "a setting that is 0 or 1 has another value");

    /// <summary>SETTINGS_QPACK_MAX_TABLE_CAPACITY in bytes; 0 is the default.</summary>
    public ulong QpackMaximumTableCapacity { get; init; }

    /// <summary>SETTINGS_MAX_FIELD_SECTION_SIZE in bytes; null is the default, no limit.</summary>
    public ulong? MaximumFieldSectionSize { get; init; }

    /// <summary>SETTINGS_QPACK_BLOCKED_STREAMS; 0 is the default.</summary>
    public ulong QpackBlockedStreams { get; init; }

    /// <summary>SETTINGS_ENABLE_CONNECT_PROTOCOL: extended CONNECT may be sent to this side.</summary>
    public bool EnableConnectProtocol { get; init; }

    /// <summary>SETTINGS_H3_DATAGRAM: HTTP datagrams may be sent to this side.</summary>
    public bool EnableDatagrams { get; init; }

    /// <summary>A reserved setting to send along, which the peer has to ignore: its N in 0x1f * N + 0x21. Never set by <see cref="Read"/>.</summary>
    public ulong? Grease { get; init; }

    /// <summary>Reads a complete payload; unknown settings are ignored.</summary>
    public static Http3Error? Read(ReadOnlySpan<byte> payload, out Http3Settings settings)
    {
        settings = new Http3Settings();
        Span<ulong> seen = stackalloc ulong[MaximumCount];
        int count = 0;
        while (!payload.IsEmpty)
        {
            if (!VarInt.TryRead(payload, out ulong identifier, out int identifierLength)
                || !VarInt.TryRead(payload[identifierLength..], out ulong value, out int valueLength))
            {
                return Truncated;
            }

            payload = payload[(identifierLength + valueLength)..];
            if (count == MaximumCount)
            {
                return Excessive;
            }

            if (seen[..count].Contains(identifier))
            {
                return Repeated;
            }

            seen[count++] = identifier;
            if (Apply(identifier, value, ref settings) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>Writes the whole frame, without the settings that have their default values, and returns its length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is above <see cref="VarInt.MaxValue"/>.</exception>
    /// <exception cref="ArgumentException">The destination is too short; 128 bytes always suffice.</exception>
    public int WriteFrame(Span<byte> destination)
    {
        Span<byte> payload = stackalloc byte[6 * 2 * VarInt.MaxLength];
        int length = 0;
        length += WriteUnlessDefault(payload[length..], QpackMaximumTableCapacityId, QpackMaximumTableCapacity);
        length += MaximumFieldSectionSize is { } size ? WriteOne(payload[length..], MaximumFieldSectionSizeId, size) : 0;
        length += WriteUnlessDefault(payload[length..], QpackBlockedStreamsId, QpackBlockedStreams);
        length += WriteUnlessDefault(payload[length..], EnableConnectProtocolId, EnableConnectProtocol ? 1UL : 0);
        length += WriteUnlessDefault(payload[length..], DatagramId, EnableDatagrams ? 1UL : 0);
        length += Grease is { } seed ? WriteOne(payload[length..], ReservedValue.From(seed), seed & 0x3f) : 0;

        int header = new Http3FrameHeader(Http3FrameType.Settings, (ulong)length).Write(destination);
        payload[..length].CopyTo(destination[header..]);
        return header + length;
    }

    private static Http3Error? Apply(ulong identifier, ulong value, ref Http3Settings settings)
    {
        switch (identifier)
        {
            case QpackMaximumTableCapacityId:
                settings = settings with { QpackMaximumTableCapacity = value };
                return null;
            case MaximumFieldSectionSizeId:
                settings = settings with { MaximumFieldSectionSize = value };
                return null;
            case QpackBlockedStreamsId:
                settings = settings with { QpackBlockedStreams = value };
                return null;
            case EnableConnectProtocolId:
                settings = settings with { EnableConnectProtocol = value == 1 };
                return value > 1 ? NotBoolean : null;
            case DatagramId:
                settings = settings with { EnableDatagrams = value == 1 };
                return value > 1 ? NotBoolean : null;
            case 0x00 or (>= 0x02 and <= 0x05): // RFC 9114 §11.2.2
                return FromHttp2;
            default:
                return null;
        }
    }

    private static int WriteUnlessDefault(Span<byte> destination, ulong identifier, ulong value) =>
        value == 0 ? 0 : WriteOne(destination, identifier, value);

    private static int WriteOne(Span<byte> destination, ulong identifier, ulong value)
    {
        int length = VarInt.Write(destination, identifier);
        return length + VarInt.Write(destination[length..], value);
    }
}
