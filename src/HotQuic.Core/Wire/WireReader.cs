using System.Buffers.Binary;

namespace HotQuic.Core.Wire;

/// <summary>
/// Reads fields in network order from a span, front to back. Every method answers false where the bytes end too
/// early and then leaves the reader where it was, so what a peer sends is never out of bounds and never throws.
/// </summary>
internal ref struct WireReader
{
    private readonly ReadOnlySpan<byte> _source;
    private int _position;

    public WireReader(ReadOnlySpan<byte> source)
    {
        _source = source;
        _position = 0;
    }

    /// <summary>Bytes consumed so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not yet consumed.</summary>
    public readonly int Remaining => _source.Length - _position;

    public readonly bool IsEmpty => _position == _source.Length;

    /// <summary>Everything not yet consumed, without consuming it.</summary>
    public readonly ReadOnlySpan<byte> Rest => _source[_position..];

    /// <summary>What was consumed since <paramref name="start"/>, a value of <see cref="Position"/> taken earlier.</summary>
    public readonly ReadOnlySpan<byte> ConsumedSince(int start) => _source[start.._position];

    public bool TryReadByte(out byte value)
    {
        if (Remaining < 1)
        {
            value = 0;
            return false;
        }

        value = _source[_position++];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        if (Remaining < 2)
        {
            value = 0;
            return false;
        }

        value = BinaryPrimitives.ReadUInt16BigEndian(_source[_position..]);
        _position += 2;
        return true;
    }

    public bool TryReadUInt24(out int value)
    {
        if (Remaining < 3)
        {
            value = 0;
            return false;
        }

        value = (_source[_position] << 16) | (_source[_position + 1] << 8) | _source[_position + 2];
        _position += 3;
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        if (Remaining < 4)
        {
            value = 0;
            return false;
        }

        value = BinaryPrimitives.ReadUInt32BigEndian(_source[_position..]);
        _position += 4;
        return true;
    }

    public bool TryReadVarInt(out ulong value)
    {
        if (!VarInt.TryRead(_source[_position..], out value, out int length))
        {
            value = 0;
            return false;
        }

        _position += length;
        return true;
    }

    /// <summary>Reads a given number of bytes as a view of the source.</summary>
    public bool TryReadBytes(ulong count, out ReadOnlySpan<byte> bytes)
    {
        if (count > (ulong)Remaining)
        {
            bytes = default;
            return false;
        }

        bytes = _source.Slice(_position, (int)count);
        _position += (int)count;
        return true;
    }

    /// <summary>Reads a length as a variable-length integer, then that many bytes.</summary>
    public bool TryReadVarIntPrefixed(out ReadOnlySpan<byte> bytes)
    {
        int start = _position;
        if (TryReadVarInt(out ulong length) && TryReadBytes(length, out bytes))
        {
            return true;
        }

        _position = start;
        bytes = default;
        return false;
    }

    /// <summary>Consumes everything that is left.</summary>
    public ReadOnlySpan<byte> ReadRest()
    {
        ReadOnlySpan<byte> rest = Rest;
        _position = _source.Length;
        return rest;
    }

    /// <summary>Consumes the run of zero bytes that comes next and returns its length.</summary>
    public int SkipZeros()
    {
        ReadOnlySpan<byte> rest = Rest;
        int zeros = rest.IndexOfAnyExcept((byte)0);
        zeros = zeros < 0 ? rest.Length : zeros;
        _position += zeros;
        return zeros;
    }
}
