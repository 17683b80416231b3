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

/// <summary>
/// Somebody waits for a stream to be opened, or has given that up. Who cancels and the shard that opens meet here, so that a stream is
/// opened only for somebody who takes it: none is lost, nor the peer's credit for it.
/// <code>
///   Waiting ──TryBegin──► Opening ──Complete──► the stream is the waiter's
///      ▲ │                  │  │
///      │ │                  │  └──Cancel──► Cancelled
///      │ └──────Cancel──────┼─────────────► Cancelled
///      └─────TryWaitOn──────┘
/// </code>
/// </summary>
internal sealed class OpenRequest(StreamDirection direction, CancellationToken token)
{
    private const int Waiting = 0;
    private const int Opening = 1;
    private const int Cancelled = 2;

    private int _state;

    public StreamDirection Direction { get; } = direction;

    /// <summary>What the stream begins with.</summary>
    public StreamPriority Priority { get; init; } = StreamPriority.Default;

    public TaskCompletionSource<AwaitedStream> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives the wait up, unless the stream is opened already. From any thread.</summary>
    public void Cancel()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Waiting) == Waiting)
        {
            Completion.TrySetCanceled(token);
        }
        else
        {
            Interlocked.CompareExchange(ref _state, Cancelled, Opening);
        }
    }

    /// <summary>On the shard: false where nobody waits any more. What follows is <see cref="Complete"/> or <see cref="TryWaitOn"/>.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Opening, Waiting) == Waiting;

    /// <summary>On the shard: there is no stream yet. False where the wait was given up meanwhile.</summary>
    public bool TryWaitOn()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Opening) == Opening)
        {
            return true;
        }

        Completion.TrySetCanceled(token);
        return false;
    }

    /// <summary>On the shard: here is the stream. A cancellation that came while it was opened came too late.</summary>
    public void Complete(AwaitedStream stream) => Completion.TrySetResult(stream);
}
