using System.Buffers.Binary;

namespace HotQuic.Core.Packets;

/// <summary>Packet numbers on the wire: their low 1 to 4 bytes, as many as the peer needs to find the rest (RFC 9000 §17.1).</summary>
internal static class PacketNumberEncoding
{
    public const int MaxLength = 4;

    /// <summary>A number can be this far above the largest acknowledged one, and no further.</summary>
    public const long MaxUnacknowledged = 1L << 31;

    /// <summary>The fewest bytes that cover more than twice the distance to the largest acknowledged number (RFC 9000 §A.2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The number is not above the largest acknowledged, or 2^31 and more above it.
    /// </exception>
    public static int LengthFor(PacketNumber number, PacketNumber largestAcknowledged)
    {
        long unacknowledged = number.Value - largestAcknowledged.Value;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(unacknowledged, nameof(number));
        return unacknowledged switch
        {
            <= 1L << 7 => 1,
            <= 1L << 15 => 2,
            <= 1L << 23 => 3,
            <= MaxUnacknowledged => 4,
            _ => throw new ArgumentOutOfRangeException(nameof(number), number, "At most 2^31 packets can be unacknowledged."),
        };
    }

    /// <summary>Writes the low bytes of a number.</summary>
    public static void Write(Span<byte> destination, PacketNumber number, int length)
    {
        long value = number.Value;
        for (int i = length - 1; i >= 0; i--)
        {
            destination[i] = (byte)value;
            value >>= 8;
        }
    }

    /// <summary>Reads 1 to 4 bytes, once header protection is removed, for <see cref="Decode"/>.</summary>
    public static uint ReadTruncated(ReadOnlySpan<byte> source, int length) => length switch
    {
        1 => source[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(source),
        3 => ((uint)source[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(source[1..]),
        _ => BinaryPrimitives.ReadUInt32BigEndian(source),
    };

    /// <summary>The number with these low bytes that is nearest to the one expected next (RFC 9000 §A.3).</summary>
    /// <param name="truncated">The low bytes.</param>
    /// <param name="length">How many those are, 1 to 4.</param>
    /// <param name="largestReceived">
    /// The largest number of a packet that was opened in the space, or <see cref="PacketNumber.None"/>.
    /// </param>
    public static PacketNumber Decode(uint truncated, int length, PacketNumber largestReceived)
    {
        long expected = largestReceived.Value + 1;
        long window = 1L << (8 * length);
        long half = window / 2;
        long candidate = (expected & ~(window - 1)) | truncated;
        if (candidate <= expected - half && candidate < (1L << 62) - window)
        {
            return new PacketNumber(candidate + window);
        }

        return new PacketNumber(candidate > expected + half && candidate >= window ? candidate - window : candidate);
    }
}
