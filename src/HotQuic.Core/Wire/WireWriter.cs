using System.Buffers.Binary;

namespace HotQuic.Core.Wire;

/// <summary>
/// Writes fields in network order into a span, front to back. The caller asks <see cref="Remaining"/> first;
/// writing past the end is a mistake of ours and throws.
/// </summary>
internal ref struct WireWriter
{
    private readonly Span<byte> _destination;
    private int _position;

    public WireWriter(Span<byte> destination)
    {
        _destination = destination;
        _position = 0;
    }

    /// <summary>Bytes written so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes that still fit.</summary>
    public readonly int Remaining => _destination.Length - _position;

    public readonly Span<byte> Written => _destination[.._position];

    /// <summary>What still fits, for a writer that fills it itself and then calls <see cref="Advance"/>.</summary>
    public readonly Span<byte> Rest => _destination[_position..];

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Remaining);
        _position += count;
    }

    public void WriteByte(byte value) => _destination[_position++] = value;

    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_destination[_position..], value);
        _position += 2;
    }

    public void WriteUInt24(int value)
    {
        _destination[_position + 2] = (byte)value;
        _destination[_position + 1] = (byte)(value >> 8);
        _destination[_position] = (byte)(value >> 16);
        _position += 3;
    }

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_destination[_position..], value);
        _position += 4;
    }

    public void WriteVarInt(ulong value) => _position += VarInt.Write(_destination[_position..], value);

    public void WriteBytes(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_destination[_position..]);
        _position += bytes.Length;
    }

    public void WriteZeros(int count)
    {
        _destination.Slice(_position, count).Clear();
        _position += count;
    }
}
