namespace HotQuic.Core.Streams;

/// <summary>How a call of the application went, where the peer may have overtaken it. Calls that are wrong in themselves throw.</summary>
internal enum StreamResult : byte
{
    Done = 0,

    /// <summary>No stream of that ID is open: it was never opened, or both its parts have ended.</summary>
    NoSuchStream,

    /// <summary>The sending part was reset by this end.</summary>
    SendReset,

    /// <summary>The sending part was reset because the peer asked to stop; <see cref="SendStream.StopCode"/> has its code.</summary>
    SendStopped,

    /// <summary>The peer reset the receiving part; <see cref="ReceiveStream.ResetCode"/> has its code.</summary>
    ReceiveReset,

    /// <summary>The application itself asked for no more data.</summary>
    ReceiveStopped,

    /// <summary>The connection is closed: nothing can be sent.</summary>
    ConnectionClosed,
}
