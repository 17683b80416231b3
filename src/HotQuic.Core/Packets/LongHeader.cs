using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>What <see cref="LongHeader.Write"/> puts into an Initial, 0-RTT or Handshake packet's header.</summary>
internal readonly ref struct LongHeaderFields
{
    public required PacketType Type { get; init; }

    public required QuicVersion Version { get; init; }

    public required ReadOnlySpan<byte> DestinationConnectionId { get; init; }

    public required ReadOnlySpan<byte> SourceConnectionId { get; init; }

    /// <summary>Of an Initial packet; unused in others.</summary>
    public ReadOnlySpan<byte> Token { get; init; }

    public required PacketNumber PacketNumber { get; init; }

    /// <summary>1 to 4; see <see cref="PacketNumberEncoding.LengthFor"/>.</summary>
    public required int PacketNumberLength { get; init; }

    /// <summary>Sends the fixed bit as 0, which only a peer that sent grease_quic_bit accepts (RFC 9287 §3).</summary>
    public bool IsFixedBitClear { get; init; }
}

/// <summary>Positions, in the writer's bytes, of what is completed after the header was written.</summary>
internal readonly record struct LongHeaderOffsets(int LengthOffset, int PacketNumberOffset);

/// <summary>
/// Writes long headers (RFC 9000 §17.2). <see cref="Write"/> leaves the Length field open; once the packet is as long as
/// it will be, the authentication tag included, <see cref="FillLength"/> completes it.
/// </summary>
internal static class LongHeader
{
    /// <summary>Packets are shorter than 2^14 bytes, so that the Length field always takes two.</summary>
    private const int LengthFieldLength = 2;

    private const int MaxLengthValue = (1 << 14) - 1;

    /// <summary>Bytes that <see cref="Write"/> takes, the packet number included.</summary>
    public static int LengthOf(in LongHeaderFields fields)
    {
        // First byte, version, and the lengths of the connection IDs.
        int length = 1 + 4 + 1 + fields.DestinationConnectionId.Length + 1 + fields.SourceConnectionId.Length
            + LengthFieldLength + fields.PacketNumberLength;
        return fields.Type == PacketType.Initial ? length + VarInt.LengthOf((ulong)fields.Token.Length) + fields.Token.Length : length;
    }

    /// <summary>Writes the header, up to and with the packet number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type has no packet number, or a field is longer than it may be.</exception>
    public static LongHeaderOffsets Write(ref WireWriter writer, scoped in LongHeaderFields fields)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)fields.Type, (int)PacketType.Handshake, nameof(fields.Type));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(fields.PacketNumberLength - 1), 3u, nameof(fields.PacketNumberLength));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.DestinationConnectionId.Length, ConnectionId.MaxLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.SourceConnectionId.Length, ConnectionId.MaxLength);

        // The reserved bits are sent as 0 (RFC 9000 §17.2).
        int firstByte = fields.Type.LongHeaderBits(fields.Version) | (fields.PacketNumberLength - 1);
        writer.WriteByte((byte)(fields.IsFixedBitClear ? firstByte & ~HeaderBits.Fixed : firstByte));
        WriteConnectionIds(ref writer, fields.Version, fields.DestinationConnectionId, fields.SourceConnectionId);
        if (fields.Type == PacketType.Initial)
        {
            writer.WriteVarInt((ulong)fields.Token.Length);
            writer.WriteBytes(fields.Token);
        }

        int lengthOffset = writer.Position;
        writer.WriteZeros(LengthFieldLength);
        int packetNumberOffset = writer.Position;
        PacketNumberEncoding.Write(writer.Rest, fields.PacketNumber, fields.PacketNumberLength);
        writer.Advance(fields.PacketNumberLength);
        return new LongHeaderOffsets(lengthOffset, packetNumberOffset);
    }

    /// <summary>Completes the Length field.</summary>
    /// <param name="written">The bytes of the writer that <see cref="Write"/> was given.</param>
    /// <param name="offsets">What it returned.</param>
    /// <param name="packetEnd">Where the packet ends in those bytes, its authentication tag included.</param>
    public static void FillLength(Span<byte> written, LongHeaderOffsets offsets, int packetEnd)
    {
        int length = packetEnd - offsets.PacketNumberOffset;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxLengthValue, nameof(packetEnd));
        VarInt.WriteAs(written[offsets.LengthOffset..], (ulong)length, LengthFieldLength);
    }

    /// <summary>Version and connection IDs: what follows the first byte of every long header (RFC 8999 §5.1).</summary>
    internal static void WriteConnectionIds(
        ref WireWriter writer, QuicVersion version, scoped ReadOnlySpan<byte> destination, scoped ReadOnlySpan<byte> source)
    {
        writer.WriteUInt32((uint)version);
        writer.WriteByte((byte)destination.Length);
        writer.WriteBytes(destination);
        writer.WriteByte((byte)source.Length);
        writer.WriteBytes(source);
    }
}
