using System.Buffers;
using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>A frame's type and the length of its payload in bytes (RFC 9114 §7.1).</summary>
internal readonly record struct Http3FrameHeader(Http3FrameType Type, ulong PayloadLength)
{
    /// <summary>The longest frame header, in bytes.</summary>
    public const int MaxLength = 2 * VarInt.MaxLength;

    /// <summary>How many bytes <see cref="Write"/> writes.</summary>
    public int Length => VarInt.LengthOf((ulong)Type) + VarInt.LengthOf(PayloadLength);

    /// <summary>Reads a header from the front of what has arrived; false where it ends early: then more bytes are needed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out Http3FrameHeader header, out int consumed)
    {
        if (VarInt.TryRead(source, out ulong type, out int typeLength)
            && VarInt.TryRead(source[typeLength..], out ulong payloadLength, out int lengthLength))
        {
            header = new Http3FrameHeader((Http3FrameType)type, payloadLength);
            consumed = typeLength + lengthLength;
            return true;
        }

        header = default;
        consumed = 0;
        return false;
    }

    /// <summary>Reads a header that may lie in several segments, as <see cref="TryRead(ReadOnlySpan{byte}, out Http3FrameHeader, out int)"/> does.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> source, out Http3FrameHeader header, out int consumed)
    {
        if (source.IsSingleSegment || source.FirstSpan.Length >= MaxLength)
        {
            return TryRead(source.FirstSpan, out header, out consumed);
        }

        Span<byte> joined = stackalloc byte[MaxLength];
        int count = (int)Math.Min(source.Length, MaxLength);
        source.Slice(0, count).CopyTo(joined);
        return TryRead(joined[..count], out header, out consumed);
    }

    /// <summary>Writes the header in its shortest form and returns its length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too short.</exception>
    public int Write(Span<byte> destination)
    {
        int typeLength = VarInt.Write(destination, (ulong)Type);
        return typeLength + VarInt.Write(destination[typeLength..], PayloadLength);
    }
}
