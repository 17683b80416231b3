using System.Buffers.Binary;
using HotQuic.Core.Wire;

namespace HotQuic.Core.Frames;

/// <summary>PATH_CHALLENGE, type 0x1a (RFC 9000 §19.17): eight unpredictable bytes for the peer to send back.</summary>
internal readonly record struct PathChallengeFrame(ulong Data)
{
    private const int DataLength = sizeof(ulong);

    /// <summary>Bytes on the wire, the type included.</summary>
    public const int Length = 1 + DataLength;

    public static bool TryRead(ref WireReader reader, out PathChallengeFrame frame)
    {
        frame = default;
        if (!reader.TryReadBytes(DataLength, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        frame = new PathChallengeFrame(BinaryPrimitives.ReadUInt64BigEndian(data));
        return true;
    }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarInt((ulong)FrameType.PathChallenge);
        BinaryPrimitives.WriteUInt64BigEndian(writer.Rest, Data);
        writer.Advance(DataLength);
    }
}
