namespace HotQuic.Core.Streams;

/// <summary>
/// A chunk that a writer on another thread fills, on its way to a <see cref="SendBuffer"/>: a node of the list that it hands over. One
/// thread has it at a time.
/// </summary>
internal sealed class WrittenChunk
{
    /// <summary>The memory; null once a send buffer has it.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>Where in the memory what was written begins: its stream offset modulo the chunk's size.</summary>
    public int Start { get; set; }

    /// <summary>Where it ends.</summary>
    public int End { get; set; }

    public WrittenChunk? Next { get; set; }
}
