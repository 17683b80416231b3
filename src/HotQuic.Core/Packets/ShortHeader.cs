using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>The bits of a 1-RTT packet's first byte that its sender decides; the values are those of the byte.</summary>
[Flags]
internal enum ShortHeaderBits : byte
{
    None = 0,

    /// <summary>The key phase is odd (RFC 9001 §6).</summary>
    KeyPhase = HeaderBits.KeyPhase,

    /// <summary>The latency spin bit (RFC 9000 §17.4).</summary>
    Spin = HeaderBits.Spin,

    /// <summary>The fixed bit; left out only toward a peer that sent grease_quic_bit (RFC 9287 §3).</summary>
    Fixed = HeaderBits.Fixed,
}

/// <summary>What <see cref="ShortHeader.Write"/> puts into a 1-RTT packet's header.</summary>
internal readonly ref struct ShortHeaderFields
{
    public required ReadOnlySpan<byte> DestinationConnectionId { get; init; }

    public required PacketNumber PacketNumber { get; init; }

    /// <summary>1 to 4; see <see cref="PacketNumberEncoding.LengthFor"/>.</summary>
    public required int PacketNumberLength { get; init; }

    public required ShortHeaderBits Bits { get; init; }
}

/// <summary>Writes short headers (RFC 9000 §17.3.1).</summary>
internal static class ShortHeader
{
    /// <summary>Bytes that <see cref="Write"/> takes, the packet number included.</summary>
    public static int LengthOf(in ShortHeaderFields fields) => 1 + fields.DestinationConnectionId.Length + fields.PacketNumberLength;

    /// <summary>Writes the header, up to and with the packet number, and returns the position of that.</summary>
    public static int Write(ref WireWriter writer, scoped in ShortHeaderFields fields)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(fields.PacketNumberLength - 1), 3u, nameof(fields.PacketNumberLength));

        // The reserved bits are sent as 0 (RFC 9000 §17.3.1).
        writer.WriteByte((byte)((int)fields.Bits | (fields.PacketNumberLength - 1)));
        writer.WriteBytes(fields.DestinationConnectionId);
        int packetNumberOffset = writer.Position;
        PacketNumberEncoding.Write(writer.Rest, fields.PacketNumber, fields.PacketNumberLength);
        writer.Advance(fields.PacketNumberLength);
        return packetNumberOffset;
    }
}
