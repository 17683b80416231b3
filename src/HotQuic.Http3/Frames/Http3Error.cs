namespace HotQuic.Http3.Frames;

/// <summary>
/// What a peer did wrong: the code that it is told and a fixed sentence. It is built where the fault is found and returned,
/// never thrown; null means that all is well. Whether it ends a stream or the connection is the code's own rule.
/// </summary>
internal sealed record Http3Error(Http3ErrorCode Code, string Reason)
{
    /// <summary>Whether the peer may do so, but not to this side, whose own limit it is: the stream is given up, and no other.</summary>
    public bool IsLimit { get; init; }
}
