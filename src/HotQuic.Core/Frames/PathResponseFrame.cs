using System.Buffers.Binary;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>PATH_RESPONSE, type 0x1b (RFC 9000 §19.18): the bytes of a PATH_CHALLENGE, sent back.</summary>
internal readonly record struct PathResponseFrame(ulong Data)
{
    private const int DataLength = sizeof(ulong);

    /// <summary>Bytes on the wire, the type included.</summary>
    public const int Length = 1 + DataLength;

    public static bool TryRead(ref WireReader reader, out PathResponseFrame frame)
    {
        frame = default;
        if (!reader.TryReadBytes(DataLength, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        frame = new PathResponseFrame(BinaryPrimitives.ReadUInt64BigEndian(data));
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.PathResponse);
        BinaryPrimitives.WriteUInt64BigEndian(writer.Rest, Data);
        writer.Advance(DataLength);
    }
}
