using HotQuic.Core.Errors;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Packets;

/// <summary>Whether a packet whose fixed bit is 0 is dropped.</summary>
internal enum FixedBitRule : byte
{
    /// <summary>The bit must be 1 (RFC 9000 §17.2, §17.3.1).</summary>
    Required = 0,

    /// <summary>We sent grease_quic_bit, so that the bit may have either value (RFC 9287 §3).</summary>
    Ignored = 1,
}

/// <summary>
/// One packet of a datagram, still protected. Call
/// <see cref="TryRead(ReadOnlySpan{byte}, int, out ProtectedPacket)"/> on the datagram, then on what follows
/// <see cref="Length"/> bytes, until nothing is left: packets may be coalesced (RFC 9000 §12.2).
/// </summary>
internal readonly ref struct ProtectedPacket
{
    /// <summary>The header protection sample starts this far behind the start of the packet number (RFC 9001 §5.4.2).</summary>
    public const int SampleOffset = 4;

    public const int SampleLength = 16;

    public PacketType Type { get; private init; }

    /// <summary>Of a long header; 0 in a 1-RTT packet, whose version is its connection's.</summary>
    public QuicVersion Version { get; private init; }

    /// <summary>At most 20 bytes, but up to 255 in a Version Negotiation packet.</summary>
    public ReadOnlySpan<byte> DestinationConnectionId { get; private init; }

    /// <summary>As long as the other may be; empty in a 1-RTT packet, which has none.</summary>
    public ReadOnlySpan<byte> SourceConnectionId { get; private init; }

    /// <summary>Of an Initial or a Retry packet.</summary>
    public ReadOnlySpan<byte> Token { get; private init; }

    /// <summary>Where the packet number begins; 0 in Retry and Version Negotiation packets, which have none.</summary>
    public int PacketNumberOffset { get; private init; }

    /// <summary>The whole packet. The rest of the datagram follows, if it is longer.</summary>
    public int Length { get; private init; }

    /// <summary>Reads the packet at the front of what is left of a datagram.</summary>
    /// <returns>
    /// <see cref="DropReason.None"/>, or why the packet is to be dropped. <see cref="Length"/> is then 0 where no further
    /// packet can be found behind it, and otherwise still says where that begins.
    /// </returns>
    public static DropReason TryRead(ReadOnlySpan<byte> remaining, int localConnectionIdLength, out ProtectedPacket packet) =>
        TryRead(remaining, localConnectionIdLength, FixedBitRule.Required, out packet);

    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, int, out ProtectedPacket)"/>
    public static DropReason TryRead(
        ReadOnlySpan<byte> remaining, int localConnectionIdLength, FixedBitRule fixedBit, out ProtectedPacket packet)
    {
        packet = default;
        if (!InvariantHeader.TryRead(remaining, localConnectionIdLength, out InvariantHeader header))
        {
            return DropReason.HeaderTruncated;
        }

        bool isFixedBitWrong = (header.FirstByte & HeaderBits.Fixed) == 0 && fixedBit == FixedBitRule.Required;
        if (!header.IsLongHeader)
        {
            return isFixedBitWrong ? DropReason.FixedBitClear : ReadOneRtt(remaining, in header, out packet);
        }

        // A Version Negotiation packet has neither a fixed bit nor a limit of 20 bytes (RFC 9000 §17.2.1).
        if (header.Version == QuicVersion.Negotiation)
        {
            packet = Whole(PacketType.VersionNegotiation, in header, remaining.Length);
            return DropReason.None;
        }

        if (!header.Version.IsSupported())
        {
            return DropReason.UnsupportedVersion;
        }

        if (isFixedBitWrong)
        {
            return DropReason.FixedBitClear;
        }

        // RFC 9000 §17.2
        if (header.DestinationConnectionId.Length > ConnectionId.MaxLength || header.SourceConnectionId.Length > ConnectionId.MaxLength)
        {
            return DropReason.ConnectionIdTooLong;
        }

        PacketType type = PacketTypeExtensions.FromFirstByte(header.FirstByte, header.Version);
        return type == PacketType.Retry
            ? ReadRetry(remaining, in header, out packet)
            : ReadLong(remaining, type, in header, out packet);
    }

    private static DropReason ReadOneRtt(ReadOnlySpan<byte> remaining, scoped in InvariantHeader header, out ProtectedPacket packet)
    {
        // A short header has no Length: it ends with its datagram (RFC 9000 §12.2).
        packet = new ProtectedPacket
        {
            Type = PacketType.OneRtt,
            DestinationConnectionId = header.DestinationConnectionId,
            PacketNumberOffset = header.Length,
            Length = remaining.Length,
        };
        return CheckSample(in packet);
    }

    private static DropReason ReadRetry(ReadOnlySpan<byte> remaining, scoped in InvariantHeader header, out ProtectedPacket packet)
    {
        packet = default;
        if (remaining.Length - header.Length < RetryPacket.IntegrityTagLength)
        {
            return DropReason.HeaderTruncated;
        }

        ReadOnlySpan<byte> token = remaining[header.Length..^RetryPacket.IntegrityTagLength];
        packet = Whole(PacketType.Retry, in header, remaining.Length) with { Token = token };
        return DropReason.None;
    }

    private static DropReason ReadLong(
        ReadOnlySpan<byte> remaining, PacketType type, scoped in InvariantHeader header, out ProtectedPacket packet)
    {
        packet = default;
        var reader = new WireReader(remaining[header.Length..]);
        ReadOnlySpan<byte> token = default;
        if ((type == PacketType.Initial && !reader.TryReadVarIntPrefixed(out token)) || !reader.TryReadVarInt(out ulong length))
        {
            return DropReason.HeaderTruncated;
        }

        if (length > (ulong)reader.Remaining)
        {
            return DropReason.LengthExceedsDatagram;
        }

        int packetNumberOffset = header.Length + reader.Position;
        packet = Whole(type, in header, packetNumberOffset + (int)length) with { Token = token, PacketNumberOffset = packetNumberOffset };
        return CheckSample(in packet);
    }

    // RFC 9001 §5.4.2: a packet that is too short for a complete sample is discarded.
    private static DropReason CheckSample(scoped in ProtectedPacket packet) =>
        packet.Length - packet.PacketNumberOffset < SampleOffset + SampleLength ? DropReason.TooShortToSample : DropReason.None;

    private static ProtectedPacket Whole(PacketType type, scoped in InvariantHeader header, int length) => new()
    {
        Type = type,
        Version = header.Version,
        DestinationConnectionId = header.DestinationConnectionId,
        SourceConnectionId = header.SourceConnectionId,
        Length = length,
    };
}
