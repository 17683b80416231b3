using System.Buffers;

namespace HotQuic.Streams;

/// <summary>
/// A received chunk as the application sees it: part of the list that <see cref="PipeReading"/> describes. It always covers its whole
/// chunk, at the chunk's stream offset; which part of the first and the last one is data, the sequence says that is made of them.
/// </summary>
internal sealed class LentSegment : ReadOnlySequenceSegment<byte>
{
    /// <summary>The next one: in the list, or among those that wait for reuse.</summary>
    public LentSegment? Following => (LentSegment?)Next;

    public ulong Start => (ulong)RunningIndex;

    /// <summary>
    /// The stream offset after which the data lies in the next segment: the chunk's end, or earlier, where everything in the chunk was
    /// read and it went back to its pool before it was full.
    /// </summary>
    public ulong End { get; private set; }

    public byte[]? Chunk { get; private set; }

    public void Begin(byte[] chunk, ulong start)
    {
        Chunk = chunk;
        Memory = chunk;
        RunningIndex = (long)start;
        End = start + (ulong)chunk.Length;
        Next = null;
    }

    public void Link(LentSegment? next) => Next = next;

    /// <summary>What comes after this offset lies in another chunk.</summary>
    public void Close(ulong end) => End = end;

    /// <summary>Forgets the chunk, so that an application that keeps a sequence for too long finds nothing in it.</summary>
    public void Clear()
    {
        Chunk = null;
        Memory = default;
    }
}
