using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

internal enum StreamEventKind : byte
{
    /// <summary>The peer opened the stream; streams of a type come in the order of their IDs.</summary>
    Opened = 0,

    /// <summary>More can be read, the waiting reader's memory got data, or the end came behind what was not read yet.</summary>
    Readable,

    /// <summary>A write was cut short because the send buffer was full, and now there is room.</summary>
    Writable,

    /// <summary>The peer has all data and the FIN.</summary>
    SendAcknowledged,

    /// <summary>The peer asked to stop sending; the value is its code.</summary>
    SendStopped,

    /// <summary>The peer reset the stream; the value is its code. What was not read is gone.</summary>
    ReceiveReset,

    /// <summary>The end of the stream arrived when everything before it had been read, so no read told of it.</summary>
    ReceiveFinished,

    /// <summary>The peer lets us open more streams of <see cref="StreamEvent.Direction"/>; the value is how many.</summary>
    StreamsAvailable,

    /// <summary>
    /// Both parts ended. The last event of a stream: its object is back in the pool when this is taken, so only the event's
    /// own fields may be used.
    /// </summary>
    Closed,
}

/// <summary>Something that the application may want to know, taken from <see cref="StreamSet.TryTakeEvent"/>.</summary>
internal readonly record struct StreamEvent(StreamEventKind Kind, StreamId Id)
{
    /// <summary>The stream, with <see cref="Generation"/>; null for <see cref="StreamEventKind.StreamsAvailable"/> and <see cref="StreamEventKind.Closed"/>.</summary>
    public QuicStreamState? Stream { get; init; }

    public uint Generation { get; init; }

    /// <summary>The stream's <see cref="QuicStreamState.UserState"/> when the event was taken.</summary>
    public object? UserState { get; init; }

    /// <summary>An application error code or a count; the kind says which.</summary>
    public ulong Value { get; init; }

    public StreamDirection Direction { get; init; }
}
