namespace HotQuic.Http3.Frames;

/// <summary>The streams on which frames arrive, by their type and by who sends on them (RFC 9114 §7, table 1).</summary>
[Flags]
internal enum Http3FramePlaces
{
    None = 0,

    /// <summary>A client's control stream, behind its SETTINGS.</summary>
    ControlFromClient = 1 << 0,

    /// <summary>A server's control stream, behind its SETTINGS.</summary>
    ControlFromServer = 1 << 1,

    /// <summary>A request on a request stream.</summary>
    Request = 1 << 2,

    /// <summary>A response on a request stream.</summary>
    Response = 1 << 3,

    /// <summary>A push stream, behind its push ID.</summary>
    Push = 1 << 4,

    Control = ControlFromClient | ControlFromServer,
    Message = Request | Response | Push,
}
