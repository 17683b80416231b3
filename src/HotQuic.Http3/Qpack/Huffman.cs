namespace HotQuic.Http3.Qpack;

/// <summary>The Huffman code of string literals (RFC 7541 §5.2 and appendix B, by RFC 9204 §4.1.2).</summary>
internal static class Huffman
{
    /// <summary>How many bytes <see cref="Encode"/> writes.</summary>
    public static long EncodedLength(ReadOnlySpan<byte> source) => throw new NotSupportedException();

    /// <summary>A length that always suffices for <see cref="TryDecode"/>, in bytes.</summary>
    public static long MaximumDecodedLength(long encodedLength) => (encodedLength * 8 / 5) + 1;

    /// <summary>Encodes into exactly <see cref="EncodedLength"/> bytes and returns that length.</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();

    /// <summary>
    /// Decodes a whole string. False where it holds the EOS symbol, or ends in padding of more than 7 bits or other than ones.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is shorter than <see cref="MaximumDecodedLength"/> says.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();
}
