namespace HotQuic.Streams;

/// <summary>What a stream's handle asks of the shard. All carry the generation of the stream's state.</summary>
internal enum StreamMessageKind
{
    /// <summary>The read that was begun.</summary>
    Read,

    /// <summary>The write that was begun.</summary>
    Write,

    /// <summary>The token of a read, this one or one before it, was cancelled.</summary>
    CancelRead,

    /// <summary>The token of a write, this one or one before it, was cancelled.</summary>
    CancelWrite,

    /// <summary>Reading is aborted; the value is the code.</summary>
    AbortRead,

    /// <summary>Writing is aborted; the value is the code.</summary>
    AbortWrite,

    /// <summary>No data follows what was written.</summary>
    CompleteWrites,

    /// <summary>The handle was disposed of; the argument is the <see cref="StreamDisposal"/>.</summary>
    Dispose,

    /// <summary>A result was taken that kept the stream's state from going back to its pool.</summary>
    Return,
}
