using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;
using HotQuic.Core.Streams;

namespace HotQuic.Streams;

/// <summary>
/// Where writers on any thread get the chunks that their shard's send buffers are made of: a bounded ring without locks beside the shard's
/// pool, which is its thread's alone.
/// <code>
///   writer: Rent ─► fill ─► flush ─► shard: Adopted ─► send buffer ─► acknowledged ─► pool
///             ▲                                │                                       │
///             └────────────── ring ◄───────────┴──── a free chunk of the pool ◄────────┘
/// </code>
/// </summary>
/// <remarks>
/// For each chunk that a flush brings, the shard puts a free one of its pool into the ring, as soon as there is one; so the ring holds what
/// writers need at a time, and nothing is allocated once there is enough. Ring positions work as in <see cref="Shards.Mailbox"/>, with a
/// compare and swap at either end.
/// </remarks>
internal sealed class ChunkExchange
{
    /// <summary>4 MiB a shard.</summary>
    public const int DefaultCapacity = 1024;

    private readonly Slot[] _slots;
    private readonly int _mask;
    private Positions _positions;
    private int _rented;
    private WrittenChunk? _empty;

    /// <param name="capacity">Chunks kept at most, a power of two.</param>
    public ChunkExchange(int capacity = DefaultCapacity)
    {
        if (capacity < 2 || !BitOperations.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "Expected a power of two, at least 2.");
        }

        _slots = new Slot[capacity];
        _mask = capacity - 1;
        for (int i = 0; i < capacity; i++)
        {
            _slots[i].Sequence = i;
        }
    }

    /// <summary>Bytes of a chunk.</summary>
    public static int ChunkSize => StreamBufferPool.DefaultChunkSize;

    /// <summary>Chunks that writers have, those on their way to the shard included: the ledger.</summary>
    public int Outstanding => Volatile.Read(ref _rented);

    /// <summary>A chunk to be filled from any place on. From any thread.</summary>
    public WrittenChunk Rent()
    {
        Interlocked.Increment(ref _rented);
        return TryTake(out WrittenChunk? chunk)
            ? chunk
            : new WrittenChunk { Bytes = GC.AllocateUninitializedArray<byte>(ChunkSize) };
    }

    /// <summary>Takes chunks back that were not flushed, or could not be sent. From any thread.</summary>
    public void Return(WrittenChunk? first)
    {
        int count = 0;
        while (first is not null)
        {
            WrittenChunk chunk = Unlink(ref first);
            count++;
            _ = TryPut(chunk);
        }

        Interlocked.Add(ref _rented, -count);
    }

    /// <summary>On the shard: a send buffer took these, or copied them; others come into the ring for them.</summary>
    public void Adopted(WrittenChunk? first, StreamBufferPool pool)
    {
        int count = 0;
        while (first is not null)
        {
            WrittenChunk chunk = Unlink(ref first);
            count++;
            if (chunk.Bytes is null)
            {
                chunk.Next = _empty;
                _empty = chunk;
            }
            else
            {
                _ = TryPut(chunk);
            }
        }

        Interlocked.Add(ref _rented, -count);
        while (_empty is { } empty && pool.TryTake(out byte[]? bytes))
        {
            _empty = empty.Next;
            empty.Next = null;
            empty.Bytes = bytes;
            _ = TryPut(empty);
        }
    }

    private static WrittenChunk Unlink(ref WrittenChunk? first)
    {
        WrittenChunk chunk = first!;
        first = chunk.Next;
        chunk.Next = null;
        return chunk;
    }

    /// <summary>False where the ring is full: what does not fit is the garbage collector's.</summary>
    private bool TryPut(WrittenChunk chunk)
    {
        long position = Volatile.Read(ref _positions.Tail);
        while (true)
        {
            ref Slot slot = ref _slots[(int)position & _mask];
            long distance = Volatile.Read(ref slot.Sequence) - position;
            if (distance < 0)
            {
                return false;
            }

            long seen = distance == 0
                ? Interlocked.CompareExchange(ref _positions.Tail, position + 1, position)
                : Volatile.Read(ref _positions.Tail);
            if (distance == 0 && seen == position)
            {
                slot.Chunk = chunk;
                Volatile.Write(ref slot.Sequence, position + 1);
                return true;
            }

            position = seen;
        }
    }

    private bool TryTake([NotNullWhen(true)] out WrittenChunk? chunk)
    {
        long position = Volatile.Read(ref _positions.Head);
        while (true)
        {
            ref Slot slot = ref _slots[(int)position & _mask];
            long distance = Volatile.Read(ref slot.Sequence) - (position + 1);
            if (distance < 0)
            {
                chunk = null;
                return false;
            }

            long seen = distance == 0
                ? Interlocked.CompareExchange(ref _positions.Head, position + 1, position)
                : Volatile.Read(ref _positions.Head);
            if (distance == 0 && seen == position)
            {
                chunk = slot.Chunk!;
                slot.Chunk = null;
                Volatile.Write(ref slot.Sequence, position + _slots.Length);
                return true;
            }

            position = seen;
        }
    }

    private struct Slot
    {
        public long Sequence;
        public WrittenChunk? Chunk;
    }

    /// <summary>The two ends, on cache lines of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Positions
    {
        [FieldOffset(64)]
        public long Tail;

        [FieldOffset(192)]
        public long Head;
    }
}
