namespace HotQuic.Http3.Frames;

/// <summary>The frame types that are known here (RFC 9114 §7.2, RFC 9218 §7.2). Any other value may arrive and is skipped.</summary>
internal enum Http3FrameType : ulong
{
    Data = 0x00,
    Headers = 0x01,
    CancelPush = 0x03,
    Settings = 0x04,
    PushPromise = 0x05,
    GoAway = 0x07,
    MaxPushId = 0x0d,
    PriorityUpdateRequest = 0xf0700,
    PriorityUpdatePush = 0xf0701,
}
