namespace HotQuic.Core.Packets;

/// <summary>The kinds of packet (RFC 9000 §17).</summary>
internal enum PacketType : byte
{
    Initial = 0,
    ZeroRtt = 1,
    Handshake = 2,
    Retry = 3,
    VersionNegotiation = 4,
    OneRtt = 5,
}

internal static class PacketTypeExtensions
{
    // The Long Packet Type bits, by version: RFC 9000 §17.2 and RFC 9369 §3.2.
    private static ReadOnlySpan<byte> BitsOfVersion1 => [0b00, 0b01, 0b10, 0b11];

    private static ReadOnlySpan<byte> BitsOfVersion2 => [0b01, 0b10, 0b11, 0b00];

    private static ReadOnlySpan<byte> TypesOfVersion1 =>
        [(byte)PacketType.Initial, (byte)PacketType.ZeroRtt, (byte)PacketType.Handshake, (byte)PacketType.Retry];

    private static ReadOnlySpan<byte> TypesOfVersion2 =>
        [(byte)PacketType.Retry, (byte)PacketType.Initial, (byte)PacketType.ZeroRtt, (byte)PacketType.Handshake];

    /// <summary>The Long Packet Type of a first byte, in a version that is supported.</summary>
    public static PacketType FromFirstByte(byte firstByte, QuicVersion version)
    {
        int bits = (firstByte & HeaderBits.LongPacketType) >> HeaderBits.LongPacketTypeShift;
        return (PacketType)(version == QuicVersion.Version2 ? TypesOfVersion2[bits] : TypesOfVersion1[bits]);
    }

    /// <summary>The first byte of a long header but for its low four bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type has no Long Packet Type: Version Negotiation and 1-RTT.</exception>
    public static byte LongHeaderBits(this PacketType type, QuicVersion version)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)type, (int)PacketType.Retry, nameof(type));
        int bits = version == QuicVersion.Version2 ? BitsOfVersion2[(int)type] : BitsOfVersion1[(int)type];
        return (byte)(HeaderBits.LongForm | HeaderBits.Fixed | (bits << HeaderBits.LongPacketTypeShift));
    }

    /// <summary>True for the packets that have a packet number and are sealed with keys of a level.</summary>
    public static bool IsProtected(this PacketType type) => type is not (PacketType.Retry or PacketType.VersionNegotiation);

    /// <summary>The level whose keys protect the packet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Retry and Version Negotiation packets have none.</exception>
    public static EncryptionLevel Level(this PacketType type) => type switch
    {
        PacketType.Initial => EncryptionLevel.Initial,
        PacketType.ZeroRtt => EncryptionLevel.ZeroRtt,
        PacketType.Handshake => EncryptionLevel.Handshake,
        PacketType.OneRtt => EncryptionLevel.OneRtt,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only a packet with a packet number has an encryption level."),
    };

    /// <summary>The packet that is protected by the keys of a level.</summary>
    public static PacketType ToPacketType(this EncryptionLevel level) => level switch
    {
        EncryptionLevel.Initial => PacketType.Initial,
        EncryptionLevel.ZeroRtt => PacketType.ZeroRtt,
        EncryptionLevel.Handshake => PacketType.Handshake,
        _ => PacketType.OneRtt,
    };
}
