using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>
/// CANCEL_PUSH, GOAWAY and MAX_PUSH_ID: frames whose payload is one stream ID or push ID (RFC 9114 §7.2.3, §7.2.6, §7.2.7).
/// What the ID may be is the reader's rule (H3_ID_ERROR).
/// </summary>
internal static class Http3IdentifierFrame
{
    /// <summary>The longest of these frames with its header, in bytes.</summary>
    public const int MaxLength = 2 + VarInt.MaxLength;

    private static readonly Http3Error WrongPayload = new(Http3ErrorCode.FrameError, "a frame's payload is not exactly one identifier");

    /// <summary>Reads a complete payload.</summary>
    public static Http3Error? Read(ReadOnlySpan<byte> payload, out ulong identifier) =>
        VarInt.TryRead(payload, out identifier, out int length) && length == payload.Length ? null : WrongPayload;

    /// <summary>Writes the whole frame and returns its length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The identifier is above <see cref="VarInt.MaxValue"/>, or the destination too short.</exception>
    public static int Write(Span<byte> destination, Http3FrameType type, ulong identifier)
    {
        int header = new Http3FrameHeader(type, (ulong)VarInt.LengthOf(identifier)).Write(destination);
        return header + VarInt.Write(destination[header..], identifier);
    }
}
