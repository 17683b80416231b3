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

    /// <summary>The priority changes; the value is a <see cref="QuicStreamPriority"/>.</summary>
    SetPriority,

    /// <summary>The handle, which is the argument, is to be told when the peer aborts the stream or the connection ends.</summary>
    WatchAborts,

    /// <summary>The handle was disposed of; the argument is the <see cref="StreamDisposal"/>.</summary>
    Dispose,

    /// <summary>A result was taken that kept the stream's state from going back to its pool.</summary>
    Return,

    /// <summary>The pipe's reader wants to see what is received.</summary>
    PipeAttach,

    /// <summary>The pipe's reader has read on; the value is a <see cref="StreamAdvance"/>.</summary>
    PipeAdvance,

    /// <summary>The pipe's reader waits for so many bytes before it reads on.</summary>
    PipeRequire,

    /// <summary>The pipe's reader was completed.</summary>
    PipeCompleteRead,

    /// <summary>The pipe's writer was flushed; the argument is what was written, as a list of chunks.</summary>
    PipeFlush,

    /// <summary>The pipe's writer was completed; the argument is what was written since the last flush.</summary>
    PipeCompleteWrite,

    /// <summary>The pipe's writer was completed with an exception: the stream is reset.</summary>
    PipeResetWrite,
}

/// <summary>How far a pipe's reader has read, and whether it waits for more while it keeps what it was shown.</summary>
internal readonly record struct StreamAdvance(ulong Consumed, bool NeedsMore)
{
    public StreamAdvance(long word)
        : this((ulong)word >> 1, (word & 1) != 0)
    {
    }

    public long Word => ((long)Consumed << 1) + (NeedsMore ? 1 : 0);
}
