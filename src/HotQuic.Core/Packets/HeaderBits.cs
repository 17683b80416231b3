namespace HotQuic.Core.Packets;

/// <summary>The bits of a packet's first byte (RFC 9000 §17.2, §17.3.1); those below the form and fixed bits differ by form.</summary>
internal static class HeaderBits
{
    public const byte LongForm = 0x80;
    public const byte Fixed = 0x40;

    public const byte LongPacketType = 0x30;
    public const int LongPacketTypeShift = 4;
    public const byte LongReserved = 0x0c;

    /// <summary>The bits of a long header's first byte that header protection covers (RFC 9001 §5.4.1).</summary>
    public const byte LongProtected = 0x0f;

    public const byte Spin = 0x20;
    public const byte ShortReserved = 0x18;
    public const byte KeyPhase = 0x04;

    /// <summary>The bits of a short header's first byte that header protection covers (RFC 9001 §5.4.1).</summary>
    public const byte ShortProtected = 0x1f;

    /// <summary>Holds one less than the length of the packet number, in both forms.</summary>
    public const byte PacketNumberLength = 0x03;

    public static bool IsLong(byte firstByte) => (firstByte & LongForm) != 0;

    /// <summary>
    /// True where a reserved bit is set: a connection error, but only once both protections are removed (RFC 9000 §17.2, §17.3.1).
    /// </summary>
    public static bool HasReservedBits(byte unprotectedFirstByte) =>
        (unprotectedFirstByte & (IsLong(unprotectedFirstByte) ? LongReserved : ShortReserved)) != 0;

    /// <summary>Length of the packet number, 1 to 4, once header protection is removed.</summary>
    public static int PacketNumberLengthOf(byte unprotectedFirstByte) => (unprotectedFirstByte & PacketNumberLength) + 1;
}
