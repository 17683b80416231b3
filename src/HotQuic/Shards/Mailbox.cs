using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HotQuic.Shards;

/// <summary>
/// The way into a shard: a bounded ring without locks, that any thread posts to and the shard drains. <see cref="TryPost"/> from anywhere;
/// <see cref="TryTake"/> on the shard's thread, until it gives false; and <see cref="IsEmpty"/> before sleeping.
/// </summary>
/// <remarks>
/// Every slot carries a sequence number. A producer claims the next position when the slot's number equals it, fills the slot, and
/// publishes it with position + 1; the consumer empties it and hands it to the next lap with position + capacity.
/// <code>
///            claim (CAS on tail)        publish              take
///   free: n ───────────────────► n ───────────► full: n + 1 ─────► free: n + capacity
/// </code>
/// </remarks>
internal sealed class Mailbox
{
    public const int DefaultCapacity = 4096;

    private readonly Slot[] _slots;
    private readonly int _mask;
    private Positions _positions;

    /// <param name="capacity">Messages that may wait, a power of two.</param>
    public Mailbox(int capacity = DefaultCapacity)
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

    /// <summary>True where nothing waits. What is being posted at this moment may be missed: its poster wakes the shard after.</summary>
    public bool IsEmpty => Volatile.Read(ref _slots[(int)_positions.Head & _mask].Sequence) != _positions.Head + 1;

    /// <summary>Adds a message; false where the ring is full.</summary>
    public bool TryPost(in ShardMessage message)
    {
        if (!TryClaim(out long position))
        {
            return false;
        }

        Publish(position, message);
        return true;
    }

    /// <summary>The first half of <see cref="TryPost"/>: a place, which <see cref="Publish"/> has to follow; false where the ring is full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // A sixth of a post otherwise: MailboxBenchmarks.
    public bool TryClaim(out long position)
    {
        position = Volatile.Read(ref _positions.Tail);
        while (true)
        {
            long distance = Volatile.Read(ref _slots[(int)position & _mask].Sequence) - position;
            if (distance == 0)
            {
                long seen = Interlocked.CompareExchange(ref _positions.Tail, position + 1, position);
                if (seen == position)
                {
                    return true;
                }

                position = seen;
            }
            else if (distance < 0)
            {
                return false;
            }
            else
            {
                position = Volatile.Read(ref _positions.Tail);
            }
        }
    }

    /// <summary>The second half: the message can be taken, once those before it can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Publish(long position, in ShardMessage message)
    {
        ref Slot slot = ref _slots[(int)position & _mask];
        slot.Message = message;
        Volatile.Write(ref slot.Sequence, position + 1);
    }

    /// <summary>
    /// Whether nobody has claimed a place behind this one. Somebody who has may have published before it was, and woken a shard that could
    /// not get past it. To be asked behind a barrier after <see cref="Publish"/>.
    /// </summary>
    public bool IsLast(long position) => Volatile.Read(ref _positions.Tail) == position + 1;

    /// <summary>Takes the oldest message; false where there is none. One thread only.</summary>
    public bool TryTake(out ShardMessage message)
    {
        long position = _positions.Head;
        ref Slot slot = ref _slots[(int)position & _mask];
        if (Volatile.Read(ref slot.Sequence) != position + 1)
        {
            message = default;
            return false;
        }

        message = slot.Message;
        slot.Message = default;
        Volatile.Write(ref slot.Sequence, position + _slots.Length);
        _positions.Head = position + 1;
        return true;
    }

    private struct Slot
    {
        public long Sequence;
        public ShardMessage Message;
    }

    /// <summary>Producers' and consumer's positions, on cache lines of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Positions
    {
        [FieldOffset(64)]
        public long Tail;

        [FieldOffset(192)]
        public long Head;
    }
}
