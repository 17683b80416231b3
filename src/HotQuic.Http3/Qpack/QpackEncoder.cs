namespace HotQuic.Http3.Qpack;

/// <summary>
/// Encodes field sections with the static table and Huffman coding, never with a dynamic table, which RFC 9204 §2.1 leaves to
/// the encoder. A section is <see cref="TryWritePrefix"/>, then <see cref="TryWriteField"/> once a field line. Stateless: any thread.
/// </summary>
internal static class QpackEncoder
{
    /// <summary>The length of the section prefix in bytes.</summary>
    public const int PrefixLength = 2;

    /// <summary>A length that always suffices for <see cref="TryWriteField"/>, in bytes.</summary>
    public static long MaximumFieldLength(int nameLength, int valueLength) => (long)nameLength + valueLength + 12;

    /// <summary>Writes what a section begins with: Required Insert Count 0, Base 0 (RFC 9204 §4.5.1).</summary>
    /// <returns>False where the destination is too short; nothing is written then.</returns>
    public static bool TryWritePrefix(Span<byte> destination, out int written) => throw new NotSupportedException();

    /// <summary>
    /// Writes one field line in its shortest form. What is secret and short enough to be guessed is marked as never to be indexed:
    /// authorization, set-cookie, and cookie of under 20 bytes (RFC 9204 §7.1.3).
    /// </summary>
    /// <param name="name">The field name, which HTTP/3 has in lower case.</param>
    /// <param name="value">The field value.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>False where the destination is too short; its content is then undefined.</returns>
    public static bool TryWriteField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination, out int written) =>
        throw new NotSupportedException();
}
