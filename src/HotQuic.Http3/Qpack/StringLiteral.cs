namespace HotQuic.Http3.Qpack;

/// <summary>A string literal as it stands on the wire, not yet decoded (RFC 9204 §4.1.2).</summary>
internal readonly ref struct StringLiteral
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isHuffman;

    public StringLiteral(ReadOnlySpan<byte> bytes, bool isHuffman)
    {
        _bytes = bytes;
        _isHuffman = isHuffman;
    }

    /// <summary>How many bytes of scratch <see cref="TryDecode"/> may use: none for a plain string.</summary>
    public long ScratchLength => _isHuffman ? Huffman.MaximumDecodedLength(_bytes.Length) : 0;

    /// <summary>
    /// The string, either where it stands or decoded to the front of the scratch, of which <paramref name="used"/> bytes are then
    /// taken. False where the Huffman coding is wrong.
    /// </summary>
    public bool TryDecode(Span<byte> scratch, out ReadOnlySpan<byte> text, out int used)
    {
        used = 0;
        text = _bytes;
        if (!_isHuffman)
        {
            return true;
        }

        if (!Huffman.TryDecode(_bytes, scratch, out used))
        {
            return false;
        }

        text = scratch[..used];
        return true;
    }

    /// <summary>Writes a string, Huffman coded where that is shorter. The flag that says so is the bit above the length's prefix.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="flags">The first byte's bits above the flag.</param>
    /// <param name="lengthBits">How many bits of the first byte are the length's.</param>
    /// <param name="text">The string.</param>
    /// <param name="written">How many bytes it took.</param>
    /// <returns>False where the destination is too short.</returns>
    public static bool TryWrite(Span<byte> destination, int flags, int lengthBits, ReadOnlySpan<byte> text, out int written)
    {
        long huffmanLength = Huffman.EncodedLength(text);
        bool isHuffman = huffmanLength < text.Length;
        int length = isHuffman ? (int)huffmanLength : text.Length;
        if (!PrefixedInteger.TryWrite(destination, flags | (isHuffman ? 1 << lengthBits : 0), lengthBits, length, out written)
            || destination.Length - written < length)
        {
            return false;
        }

        if (isHuffman)
        {
            Huffman.Encode(text, destination[written..]);
        }
        else
        {
            text.CopyTo(destination[written..]);
        }

        written += length;
        return true;
    }
}
