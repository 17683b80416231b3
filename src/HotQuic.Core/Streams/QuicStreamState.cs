using System.Runtime.CompilerServices;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Streams;

/// <summary>
/// One stream of one connection: its two parts, and what the connection's <see cref="StreamSet"/> keeps about it. Pooled by
/// the shard: a reference is good only together with the <see cref="Generation"/> it was taken with, which changes when the
/// object goes back.
/// </summary>
internal sealed class QuicStreamState(StreamBufferPool buffers)
{
    private LinkSlots _links;

    /// <summary>The set that the stream lives in, null between lives.</summary>
    public StreamSet? Owner { get; private set; }

    public StreamId Id { get; private set; }

    /// <summary>Counts the lives of this object.</summary>
    public uint Generation { get; private set; } = 1;

    /// <summary>Whatever the owner wants to find again with this stream.</summary>
    public object? UserState { get; set; }

    public SendStream Send { get; } = new(buffers);

    public ReceiveStream Receive { get; } = new(buffers);

    /// <summary>When the stream's data goes out among that of others.</summary>
    public StreamPriority Priority { get; set; } = StreamPriority.Default;

    /// <summary>True once both parts are terminal and the set no longer knows the stream.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Events of this stream that wait to be taken, one bit a kind.</summary>
    public uint PendingEvents { get; set; }

    public bool HasControlFrames => Send.HasControlFrames || Receive.HasControlFrames;

    public bool IsTerminal => Send.IsTerminal && Receive.IsTerminal;

    /// <summary>The stream's place in one of the lists that a stream can be in.</summary>
    public ref StreamLink Link(StreamLinkSlot slot) => ref _links[(int)slot];

    /// <summary>Begins a life; the set then opens the parts that the stream has.</summary>
    public void Begin(StreamSet owner, StreamId id)
    {
        Owner = owner;
        Id = id;
    }

    /// <summary>Ends this life; from now on references of this generation are void.</summary>
    public void Release()
    {
        Send.Release();
        Receive.Release();
        Generation++;
        Owner = null;
        UserState = null;
        Priority = StreamPriority.Default;
        IsClosed = false;
        PendingEvents = 0;
    }

    [InlineArray(2)]
    private struct LinkSlots
    {
        private StreamLink _first;
    }
}
