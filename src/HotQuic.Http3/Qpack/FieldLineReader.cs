using System.Buffers;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// Reads the representations of a field section one by one (RFC 9204 §4.5.2 to §4.5.6): while <see cref="TryRead"/> answers true,
/// <see cref="Name"/> and <see cref="Value"/> are the line; false means the end, or <see cref="Error"/>. Dispose gives its scratch back.
/// </summary>
internal ref struct FieldLineReader
{
    private static readonly Http3Error Truncated = Failure("a field section ends within a field line");
    private static readonly Http3Error WrongHuffman = Failure("a string of a field section is not Huffman coded as it says");
    private static readonly Http3Error NoSuchEntry = Failure("a field line refers to an entry that is not in its table");

    private readonly DynamicTable? _table;
    private readonly FieldSectionPrefix _prefix;
    private QpackReader _lines;
    private byte[]? _scratch;

    /// <param name="lines">What follows the section's prefix.</param>
    /// <param name="prefix">The section's prefix.</param>
    /// <param name="table">The dynamic table; null where the section may not refer to it.</param>
    public FieldLineReader(ReadOnlySpan<byte> lines, FieldSectionPrefix prefix, DynamicTable? table)
    {
        _lines = new QpackReader(lines);
        _prefix = prefix;
        _table = table;
    }

    /// <summary>The line's name, good until the next read.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The line's value, good until the next read.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>What is wrong with the section, after a read that answered false.</summary>
    public Http3Error? Error { get; private set; }

    public bool TryRead()
    {
        if (_lines.IsEmpty)
        {
            return false;
        }

        byte first = _lines.Next;
        Error = first switch
        {
            >= 0x80 => ReadIndexed(6, (first & 0x40) != 0 ? Reference.Static : Reference.Relative),
            >= 0x40 => ReadNamed(4, (first & 0x10) != 0 ? Reference.Static : Reference.Relative),
            >= 0x20 => ReadLiteral(),
            >= 0x10 => ReadIndexed(4, Reference.PostBase),
            _ => ReadNamed(3, Reference.PostBase),
        };
        return Error is null;
    }

    public void Dispose()
    {
        if (_scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = null;
        }
    }

    private Http3Error? ReadIndexed(int indexBits, Reference reference)
    {
        if (!_lines.TryReadInteger(indexBits, out long index))
        {
            return Truncated;
        }

        if (!TryGet(reference, index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            return NoSuchEntry;
        }

        Name = name;
        Value = value;
        return null;
    }

    private Http3Error? ReadNamed(int indexBits, Reference reference)
    {
        if (!_lines.TryReadInteger(indexBits, out long index)
            || !_lines.TryReadString(7, long.MaxValue, out StringLiteral literal))
        {
            return Truncated;
        }

        if (!TryGet(reference, index, out ReadOnlySpan<byte> name, out _))
        {
            return NoSuchEntry;
        }

        if (!literal.TryDecode(Scratch(literal.ScratchLength), out ReadOnlySpan<byte> value, out _))
        {
            return WrongHuffman;
        }

        Name = name;
        Value = value;
        return null;
    }

    private Http3Error? ReadLiteral()
    {
        if (!_lines.TryReadString(3, long.MaxValue, out StringLiteral nameLiteral)
            || !_lines.TryReadString(7, long.MaxValue, out StringLiteral valueLiteral))
        {
            return Truncated;
        }

        Span<byte> scratch = Scratch(nameLiteral.ScratchLength + valueLiteral.ScratchLength);
        if (!nameLiteral.TryDecode(scratch, out ReadOnlySpan<byte> name, out int used)
            || !valueLiteral.TryDecode(scratch[used..], out ReadOnlySpan<byte> value, out _))
        {
            return WrongHuffman;
        }

        Name = name;
        Value = value;
        return null;
    }

    /// <summary>Finds the entry that an index means (RFC 9204 §3.2.5, §3.2.6); it has to be below the Required Insert Count (§2.2.3).</summary>
    private readonly bool TryGet(Reference reference, long index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = default;
        value = default;
        if (reference == Reference.Static)
        {
            if (index >= StaticTable.Count)
            {
                return false;
            }

            name = StaticTable.Name((int)index);
            value = StaticTable.Value((int)index);
            return true;
        }

        long absoluteIndex = reference == Reference.Relative ? _prefix.Base - 1 - index : _prefix.Base + index;
        return _table is not null && absoluteIndex < _prefix.RequiredInsertCount && _table.TryGet(absoluteIndex, out name, out value);
    }

    private Span<byte> Scratch(long length)
    {
        if (length == 0)
        {
            return default;
        }

        if (_scratch is null || _scratch.Length < length)
        {
            Dispose();
            _scratch = ArrayPool<byte>.Shared.Rent((int)length);
        }

        return _scratch;
    }

    private static Http3Error Failure(string reason) => new(Http3ErrorCode.QpackDecompressionFailed, reason);

    private enum Reference
    {
        Static,
        Relative,
        PostBase,
    }
}
