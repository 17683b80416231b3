namespace HotQuic.Http3.Qpack;

/// <summary>
/// Encodes field sections with the static table and Huffman coding, never with a dynamic table, which RFC 9204 §2.1 leaves to
/// the encoder. A section is <see cref="TryWritePrefix"/>, then <see cref="TryWriteField"/> once a field line. Stateless: any thread.
/// </summary>
internal static class QpackEncoder
{
    /// <summary>The length of the section prefix in bytes.</summary>
    public const int PrefixLength = 2;

    /// <summary>A cookie shorter than this can be guessed; in bytes.</summary>
    private const int GuessableCookieLength = 20;

    /// <summary>A length that always suffices for <see cref="TryWriteField"/>, in bytes.</summary>
    public static long MaximumFieldLength(int nameLength, int valueLength) => (long)nameLength + valueLength + 12;

    /// <summary>Writes what a section begins with: Required Insert Count 0, Base 0 (RFC 9204 §4.5.1).</summary>
    /// <returns>False where the destination is too short; nothing is written then.</returns>
    public static bool TryWritePrefix(Span<byte> destination, out int written)
    {
        if (destination.Length < PrefixLength)
        {
            written = 0;
            return false;
        }

        destination[..PrefixLength].Clear();
        written = PrefixLength;
        return true;
    }

    /// <summary>
    /// Writes one field line in its shortest form. What is secret, or short enough to be guessed, is marked as never to be indexed:
    /// authorization, proxy-authorization, set-cookie, and cookie of under 20 bytes (RFC 9204 §7.1.3).
    /// </summary>
    /// <param name="name">The field name, which HTTP/3 has in lower case.</param>
    /// <param name="value">The field value.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>False where the destination is too short; its content is then undefined.</returns>
    public static bool TryWriteField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination, out int written)
    {
        int index = StaticTable.Find(name, value, out int nameIndex);
        bool isSensitive = IsSensitive(name, value);
        if (index >= 0 && !isSensitive)
        {
            // Indexed Field Line, static (RFC 9204 §4.5.2).
            return PrefixedInteger.TryWrite(destination, 0xc0, 6, index, out written);
        }

        // Literal Field Line with Name Reference, static (§4.5.4), or with Literal Name (§4.5.6).
        bool isNameWritten = nameIndex >= 0
            ? PrefixedInteger.TryWrite(destination, 0x50 | (isSensitive ? 0x20 : 0), 4, nameIndex, out written)
            : StringLiteral.TryWrite(destination, 0x20 | (isSensitive ? 0x10 : 0), 3, name, out written);
        if (!isNameWritten || !StringLiteral.TryWrite(destination[written..], 0, 7, value, out int valueLength))
        {
            written = 0;
            return false;
        }

        written += valueLength;
        return true;
    }

    private static bool IsSensitive(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => name.Length switch
    {
        6 => value.Length < GuessableCookieLength && name.SequenceEqual("cookie"u8),
        10 => name.SequenceEqual("set-cookie"u8),
        13 => name.SequenceEqual("authorization"u8),
        19 => name.SequenceEqual("proxy-authorization"u8),
        _ => false,
    };
}
