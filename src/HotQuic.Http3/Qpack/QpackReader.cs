namespace HotQuic.Http3.Qpack;

/// <summary>
/// Reads integers and strings front to back, from a field section or from an instruction of which the end may not have arrived.
/// A read that fails says by <see cref="NeededLength"/> which it was: too early, or wrong.
/// </summary>
internal ref struct QpackReader
{
    private readonly ReadOnlySpan<byte> _source;
    private int _position;

    public QpackReader(ReadOnlySpan<byte> source)
    {
        _source = source;
        _position = 0;
        NeededLength = 0;
    }

    /// <summary>Bytes consumed so far.</summary>
    public readonly int Position => _position;

    public readonly bool IsEmpty => _position == _source.Length;

    /// <summary>The next byte, without consuming it; there has to be one.</summary>
    public readonly byte Next => _source[_position];

    /// <summary>Everything not yet consumed.</summary>
    public readonly ReadOnlySpan<byte> Rest => _source[_position..];

    /// <summary>After a read that failed: the least length of the source with which it could succeed, or 0 where what is there is wrong.</summary>
    public long NeededLength { get; private set; }

    public bool TryReadInteger(int prefixBits, out long value)
    {
        int length = PrefixedInteger.Read(_source[_position..], prefixBits, out value);
        if (length > 0)
        {
            _position += length;
            return true;
        }

        NeededLength = length == PrefixedInteger.Incomplete ? _source.Length + 1L : 0;
        return false;
    }

    /// <summary>Reads a string whose Huffman flag is the bit above its length.</summary>
    /// <param name="lengthBits">How many bits of the first byte are the length's.</param>
    /// <param name="maximumLength">The longest that the string may be when decoded, in bytes; one that must be longer is wrong, however little of it is there.</param>
    /// <param name="literal">The string.</param>
    public bool TryReadString(int lengthBits, long maximumLength, out StringLiteral literal)
    {
        literal = default;
        bool isHuffman = !IsEmpty && (Next >> lengthBits & 1) != 0;
        if (!TryReadInteger(lengthBits, out long length))
        {
            return false;
        }

        if ((isHuffman ? Huffman.MinimumDecodedLength(length) : length) > maximumLength)
        {
            NeededLength = 0;
            return false;
        }

        if (length > _source.Length - _position)
        {
            NeededLength = _position + length;
            return false;
        }

        literal = new StringLiteral(_source.Slice(_position, (int)length), isHuffman);
        _position += (int)length;
        return true;
    }
}
