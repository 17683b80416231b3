using System.Buffers;
using System.Diagnostics;
using HotQuic.Http3.Frames;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// Carries out the instructions on the peer's encoder stream (RFC 9204 §4.3), cut anywhere. What is kept of an instruction whose
/// end has not arrived is bounded by the table's capacity.
/// </summary>
internal sealed class EncoderStreamReader
{
    private static readonly Http3Error TooLarge = Failure("an integer or a string on the encoder stream is larger than it may be");
    private static readonly Http3Error WrongHuffman = Failure("a string on the encoder stream is not Huffman coded as it says");
    private static readonly Http3Error CapacityAboveLimit = Failure("the dynamic table's capacity is set above the limit");
    private static readonly Http3Error EntryTooLarge = Failure("a dynamic table entry is larger than the table's capacity");
    private static readonly Http3Error NoSuchEntry = Failure("an encoder instruction refers to an entry that is not in its table");

    private readonly DynamicTable _table;

    /// <summary>The beginning of one instruction, never more than that.</summary>
    private byte[] _held = [];
    private int _heldLength;

    public EncoderStreamReader(DynamicTable table) => _table = table;

    /// <summary>How much memory is taken for the beginning of an instruction, in bytes.</summary>
    public int AllocatedBytes => _held.Length;

    /// <summary>The next bytes of the stream.</summary>
    /// <returns>The connection error, or null.</returns>
    public Http3Error? Read(ReadOnlySpan<byte> bytes)
    {
        while (_heldLength > 0 || !bytes.IsEmpty)
        {
            var reader = new QpackReader(_heldLength > 0 ? _held.AsSpan(0, _heldLength) : bytes);
            if (Execute(ref reader, out bool isComplete) is { } error)
            {
                return error;
            }

            if (!isComplete)
            {
                if (bytes.IsEmpty)
                {
                    return null;
                }

                Hold(ref bytes, reader.NeededLength);
            }
            else if (_heldLength > 0)
            {
                Debug.Assert(reader.Position == _heldLength, "More than one instruction was held.");
                _heldLength = 0;
            }
            else
            {
                bytes = bytes[reader.Position..];
            }
        }

        return null;
    }

    /// <summary>Keeps as many of the bytes as the instruction needs at least.</summary>
    private void Hold(ref ReadOnlySpan<byte> bytes, long neededLength)
    {
        int count = (int)Math.Min(bytes.Length, neededLength - _heldLength);
        if (_held.Length - _heldLength < count)
        {
            Array.Resize(ref _held, Math.Max(64, Math.Max(_heldLength + count, (int)Math.Min(neededLength, 2L * _held.Length))));
        }

        bytes[..count].CopyTo(_held.AsSpan(_heldLength));
        _heldLength += count;
        bytes = bytes[count..];
    }

    private Http3Error? Execute(ref QpackReader reader, out bool isComplete)
    {
        switch (reader.Next)
        {
            case >= 0x80:
                return InsertWithNameReference(ref reader, out isComplete);
            case >= 0x40:
                return InsertWithLiteralName(ref reader, out isComplete);
            case >= 0x20:
                return SetCapacity(ref reader, out isComplete);
            default:
                return Duplicate(ref reader, out isComplete);
        }
    }

    /// <summary>RFC 9204 §4.3.1.</summary>
    private Http3Error? SetCapacity(ref QpackReader reader, out bool isComplete)
    {
        isComplete = reader.TryReadInteger(5, out long capacity);
        if (!isComplete)
        {
            return TooLargeUnlessEarly(ref reader);
        }

        return _table.TrySetCapacity(capacity) ? null : CapacityAboveLimit;
    }

    /// <summary>RFC 9204 §4.3.2.</summary>
    private Http3Error? InsertWithNameReference(ref QpackReader reader, out bool isComplete)
    {
        isComplete = false;
        bool isStatic = (reader.Next & 0x40) != 0;
        if (!reader.TryReadInteger(6, out long index))
        {
            return TooLargeUnlessEarly(ref reader);
        }

        long absoluteIndex = _table.InsertCount - 1 - index;
        if (isStatic ? index >= StaticTable.Count : !_table.Contains(absoluteIndex))
        {
            return NoSuchEntry;
        }

        if (!reader.TryReadString(7, _table.Capacity - FieldSize.Overhead, out StringLiteral literal))
        {
            return TooLargeUnlessEarly(ref reader);
        }

        isComplete = true;
        byte[] scratch = ArrayPool<byte>.Shared.Rent((int)literal.ScratchLength);
        try
        {
            if (!literal.TryDecode(scratch, out ReadOnlySpan<byte> value, out _))
            {
                return WrongHuffman;
            }

            bool isInserted = isStatic
                ? _table.TryInsert(StaticTable.Name((int)index), value)
                : _table.TryInsertNamedAs(absoluteIndex, value);
            return isInserted ? null : EntryTooLarge;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>RFC 9204 §4.3.3.</summary>
    private Http3Error? InsertWithLiteralName(ref QpackReader reader, out bool isComplete)
    {
        isComplete = false;
        if (!reader.TryReadString(5, _table.Capacity - FieldSize.Overhead, out StringLiteral nameLiteral)
            || !reader.TryReadString(7, _table.Capacity - FieldSize.Overhead, out StringLiteral valueLiteral))
        {
            return TooLargeUnlessEarly(ref reader);
        }

        isComplete = true;
        byte[] scratch = ArrayPool<byte>.Shared.Rent((int)(nameLiteral.ScratchLength + valueLiteral.ScratchLength));
        try
        {
            if (!nameLiteral.TryDecode(scratch, out ReadOnlySpan<byte> name, out int used)
                || !valueLiteral.TryDecode(scratch.AsSpan(used), out ReadOnlySpan<byte> value, out _))
            {
                return WrongHuffman;
            }

            return _table.TryInsert(name, value) ? null : EntryTooLarge;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>RFC 9204 §4.3.4.</summary>
    private Http3Error? Duplicate(ref QpackReader reader, out bool isComplete)
    {
        isComplete = reader.TryReadInteger(5, out long index);
        if (!isComplete)
        {
            return TooLargeUnlessEarly(ref reader);
        }

        long absoluteIndex = _table.InsertCount - 1 - index;
        if (!_table.Contains(absoluteIndex))
        {
            return NoSuchEntry;
        }

        _table.Duplicate(absoluteIndex);
        return null;
    }

    private static Http3Error? TooLargeUnlessEarly(ref QpackReader reader) => reader.NeededLength > 0 ? null : TooLarge;

    private static Http3Error Failure(string reason) => new(Http3ErrorCode.QpackEncoderStreamError, reason);
}
