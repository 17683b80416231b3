using System.Numerics;
using HotQuic.Core.Frames;

namespace HotQuic.Core.Recovery;

/// <summary>
/// What the recovery of one shard's connections has and may have again: rings, rented while packets are outstanding, and spaces, which
/// Initial and Handshake are not for long.
/// </summary>
internal sealed class RecoveryMemory
{
    private const int RetainedSpaces = 1024;

    private readonly Stack<RecoverySpace> _spaces = new();

    public RecoveryMemory()
    {
        Discarded = new RecoverySpace(this) { IsDiscarded = true };
    }

    public RingPool<SentPacket> Packets { get; } = new();

    public RingPool<SentFrame> Frames { get; } = new();

    /// <summary>Stands for every space that is discarded for good: nothing is ever written to it.</summary>
    public RecoverySpace Discarded { get; }

    public RecoverySpace RentSpace() => _spaces.TryPop(out RecoverySpace? space) ? space : new RecoverySpace(this);

    /// <summary>Takes back a space that was cleared and trimmed.</summary>
    public void Return(RecoverySpace space)
    {
        if (_spaces.Count < RetainedSpaces)
        {
            _spaces.Push(space);
        }
    }
}

/// <summary>
/// Arrays of plain values whose lengths are powers of two. They come as they were left: the renter writes a place before it reads
/// it. One thread uses the pool, so it has no lock.
/// </summary>
/// <remarks>
/// Kept are at most as many elements of one length as <see cref="RetainedElements"/> says, and no array above that: what a burst
/// needed goes to the garbage collector.
/// </remarks>
internal sealed class RingPool<T>
    where T : unmanaged
{
    /// <summary>Elements that are kept of each length: 1,024 arrays of the shortest, 16 elements.</summary>
    public const int RetainedElements = 16 * 1024;

    private readonly Stack<T[]>[] _free = new Stack<T[]>[BitOperations.Log2(RetainedElements) + 1];

    /// <summary>Elements rented and not returned.</summary>
    public long Outstanding { get; private set; }

    /// <param name="length">A power of two.</param>
    public T[] Rent(int length)
    {
        Outstanding += length;
        int order = BitOperations.Log2((uint)length);
        return order < _free.Length && _free[order] is { } free && free.TryPop(out T[]? array) ? array : new T[length];
    }

    /// <summary>Takes an array back; an empty one, which was never rented, is passed over.</summary>
    public void Return(T[] array)
    {
        if (array.Length == 0)
        {
            return;
        }

        Outstanding -= array.Length;
        int order = BitOperations.Log2((uint)array.Length);
        if (order < _free.Length)
        {
            Stack<T[]> free = _free[order] ??= new Stack<T[]>();
            if (free.Count < RetainedElements >> order)
            {
                free.Push(array);
            }
        }
    }
}
