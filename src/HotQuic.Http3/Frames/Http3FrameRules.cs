using HotQuic.Core.Wire;

namespace HotQuic.Http3.Frames;

/// <summary>
/// Which frame may arrive where and how long it may be (RFC 9114 §7.2, RFC 9218 §7.2). Ask with a frame's header, before its
/// payload: <see cref="CheckFirst"/> for the first frame of a control stream, <see cref="Check"/> for every other.
/// The order of HEADERS and DATA within a message is the message's own rule.
/// </summary>
internal static class Http3FrameRules
{
    /// <summary>The longest payload of SETTINGS that is accepted, in bytes: <see cref="Http3Settings.MaximumCount"/> settings of 16 bytes.</summary>
    public const int MaximumSettingsLength = Http3Settings.MaximumCount * 2 * VarInt.MaxLength;

    private static readonly Http3Error UnexpectedFrame = new(Http3ErrorCode.FrameUnexpected, "a frame is not permitted on this stream");
    private static readonly Http3Error Http2Frame = new(Http3ErrorCode.FrameUnexpected, "a frame type of HTTP/2 has no place in HTTP/3");
    private static readonly Http3Error SecondSettings = new(Http3ErrorCode.FrameUnexpected, "SETTINGS is the first frame of a control stream and comes once");
    private static readonly Http3Error WrongLength = new(Http3ErrorCode.FrameError, "a frame's length does not fit its fields");
    private static readonly Http3Error NoSettings = new(Http3ErrorCode.MissingSettings, "the first frame of a control stream is not SETTINGS");
    private static readonly Http3Error LongSettings = new(Http3ErrorCode.ExcessiveLoad, "SETTINGS is longer than is accepted");

    /// <summary>Checks the first frame of a control stream, which is SETTINGS (RFC 9114 §6.2.1).</summary>
    public static Http3Error? CheckFirst(Http3FrameHeader header)
    {
        if (header.Type != Http3FrameType.Settings)
        {
            return NoSettings;
        }

        return header.PayloadLength > MaximumSettingsLength ? LongSettings : null;
    }

    /// <summary>Checks any later frame. Unknown types are permitted everywhere, and skipped (RFC 9114 §9).</summary>
    public static Http3Error? Check(Http3FrameHeader header, Http3FramePlaces place)
    {
        if (IsHttp2Only(header.Type))
        {
            return Http2Frame;
        }

        if (header.Type == Http3FrameType.Settings)
        {
            return (place & Http3FramePlaces.Control) != 0 ? SecondSettings : UnexpectedFrame;
        }

        (Http3FramePlaces places, ulong shortest, ulong longest) = RuleOf(header.Type);
        if ((places & place) == 0)
        {
            return UnexpectedFrame;
        }

        return header.PayloadLength < shortest || header.PayloadLength > longest ? WrongLength : null;
    }

    /// <summary>PRIORITY, PING, WINDOW_UPDATE and CONTINUATION (RFC 9114 §7.2.8, §11.2.1).</summary>
    public static bool IsHttp2Only(Http3FrameType type) => (ulong)type is 0x02 or 0x06 or 0x08 or 0x09;

    /// <summary>Where a type may stand, and the least and greatest length of its payload.</summary>
    private static (Http3FramePlaces Places, ulong Shortest, ulong Longest) RuleOf(Http3FrameType type) => type switch
    {
        Http3FrameType.Data => (Http3FramePlaces.Message, 0, VarInt.MaxValue),
        Http3FrameType.Headers => (Http3FramePlaces.Message, 0, VarInt.MaxValue),
        Http3FrameType.CancelPush => (Http3FramePlaces.Control, 1, VarInt.MaxLength),
        Http3FrameType.PushPromise => (Http3FramePlaces.Response, 1, VarInt.MaxValue),
        Http3FrameType.GoAway => (Http3FramePlaces.Control, 1, VarInt.MaxLength),
        Http3FrameType.MaxPushId => (Http3FramePlaces.ControlFromClient, 1, VarInt.MaxLength),
        Http3FrameType.PriorityUpdateRequest => (Http3FramePlaces.ControlFromClient, 1, VarInt.MaxValue),
        Http3FrameType.PriorityUpdatePush => (Http3FramePlaces.ControlFromClient, 1, VarInt.MaxValue),
        _ => (Http3FramePlaces.Control | Http3FramePlaces.Message, 0, VarInt.MaxValue),
    };
}
