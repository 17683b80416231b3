using System.Buffers;
using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>What a unidirectional stream begins with: the integer that says what it is for (RFC 9114 §6.2).</summary>
internal static class Http3StreamHeader
{
    /// <summary>Reads the type from the front of what has arrived; false where it ends early: then more bytes are needed.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> source, out Http3StreamType type, out int consumed)
    {
        Span<byte> joined = stackalloc byte[VarInt.MaxLength];
        int count = (int)Math.Min(source.Length, VarInt.MaxLength);
        source.Slice(0, count).CopyTo(joined);
        bool isWhole = VarInt.TryRead(joined[..count], out ulong value, out consumed);
        type = (Http3StreamType)value;
        return isWhole;
    }
}
