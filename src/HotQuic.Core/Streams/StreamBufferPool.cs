using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace HotQuic.Core.Streams;

/// <summary>
/// The memory of one shard's streams: a stack of equal chunks, rented and returned by the buffers of every stream of
/// every connection of the shard. One thread uses it, so it has no lock.
/// </summary>
/// <remarks>
/// What is kept for later is bounded by the retained count; a chunk returned beyond it goes to the garbage collector.
/// <see cref="Outstanding"/> is the ledger: 0 once every connection is gone. Debug builds also notice a chunk that is
/// returned twice or was never ours.
/// </remarks>
internal sealed class StreamBufferPool
{
    public const int DefaultChunkSize = 4096;

    /// <summary>4096 chunks of 4 KiB: 16 MiB a shard at rest.</summary>
    public const int DefaultRetainedChunks = 4096;

    private readonly int _retained;
    private readonly bool _clears;
    private byte[][] _free = new byte[16][];
    private int _freeCount;

    /// <exception cref="ArgumentOutOfRangeException">The chunk size is not a power of two from 64 to 1 MiB, or the count is negative.</exception>
    public StreamBufferPool(int chunkSize = DefaultChunkSize, int retainedChunks = DefaultRetainedChunks)
        : this(CheckedChunkSize(chunkSize), retainedChunks, new StreamBufferPool(chunkSize / 8, retainedChunks / 8, maps: null))
    {
    }

    private StreamBufferPool(int chunkSize, int retainedChunks, StreamBufferPool? maps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retainedChunks);
        ChunkSize = chunkSize;
        ChunkShift = BitOperations.Log2((uint)chunkSize);
        _retained = retainedChunks;
        _clears = maps is null;
        Maps = maps ?? this;
    }

    /// <summary>Bytes of a chunk, a power of two.</summary>
    public int ChunkSize { get; }

    /// <summary>The base-two logarithm of <see cref="ChunkSize"/>.</summary>
    public int ChunkShift { get; }

    /// <summary>Chunks rented and not returned.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Chunks kept for the next renter.</summary>
    public int Retained => _freeCount;

    /// <summary>Cleared chunks that hold one bit for each byte of a chunk of this pool (see <see cref="ReceivedMap"/>).</summary>
    public StreamBufferPool Maps { get; }

    public byte[] Rent()
    {
        Outstanding++;
        if (_freeCount == 0)
        {
            return _clears ? new byte[ChunkSize] : GC.AllocateUninitializedArray<byte>(ChunkSize);
        }

        byte[] chunk = _free[--_freeCount];
        _free[_freeCount] = null!;
        if (_clears)
        {
            chunk.AsSpan().Clear();
        }

        return chunk;
    }

    public void Return(byte[] chunk)
    {
        Debug.Assert(chunk.Length == ChunkSize, "A chunk goes back to the pool it came from.");
        Debug.Assert(Outstanding > 0, "More chunks were returned than rented.");
        DebugNotReturnedTwice(chunk);
        Outstanding--;
        if (_freeCount == _retained)
        {
            return;
        }

        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, _free.Length * 2);
        }

        _free[_freeCount++] = chunk;
    }

    /// <summary>A chunk from elsewhere, such as <see cref="TryTake"/> gave before, counts as rented from now on.</summary>
    public void Adopt(byte[] chunk)
    {
        Debug.Assert(chunk.Length == ChunkSize, "A chunk of another pool's size.");
        Outstanding++;
    }

    /// <summary>A rented chunk will never come back: somebody may still look at it, so that it is the garbage collector's.</summary>
    public void WriteOff()
    {
        Debug.Assert(Outstanding > 0, "More chunks were written off than rented.");
        Outstanding--;
    }

    /// <summary>Takes a free chunk out of the pool, for good or until it is adopted.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? chunk)
    {
        if (_freeCount == 0)
        {
            chunk = null;
            return false;
        }

        chunk = _free[--_freeCount];
        _free[_freeCount] = null!;
        return true;
    }

    private static int CheckedChunkSize(int chunkSize)
    {
        if (chunkSize is < 64 or > 1 << 20 || !BitOperations.IsPow2(chunkSize))
        {
            throw new ArgumentOutOfRangeException(nameof(chunkSize), chunkSize, "Expected a power of two from 64 to 1048576.");
        }

        return chunkSize;
    }

    /// <summary>Looks at the newest few only, so that debug builds stay usable with thousands of free chunks.</summary>
    [Conditional("DEBUG")]
    private void DebugNotReturnedTwice(byte[] chunk)
    {
        for (int i = Math.Max(0, _freeCount - 32); i < _freeCount; i++)
        {
            Debug.Assert(!ReferenceEquals(_free[i], chunk), "A chunk was returned twice.");
        }
    }
}
