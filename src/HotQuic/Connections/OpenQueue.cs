using HotQuic.Core.Frames;
using HotQuic.Core.Streams;
using HotQuic.Streams;

namespace HotQuic.Connections;

/// <summary>Streams of one direction that we open: who waits, how many were opened, and how many may be in all.</summary>
internal sealed class OpenQueue
{
    public Queue<OpenRequest> Waiting { get; } = new();

    public ulong Opened { get; set; }

    public ulong Limit { get; set; }
}

/// <summary>Somebody waits for a stream to be opened.</summary>
internal sealed class OpenRequest(StreamDirection direction, StreamPriority priority)
{
    /// <summary>What the stream begins with.</summary>
    public StreamPriority Priority { get; } = priority;

    public StreamDirection Direction { get; } = direction;

    public TaskCompletionSource<AwaitedStream> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
