using System.Numerics;

namespace HotQuic.Core.Streams;

/// <summary>
/// Pooled chunks that cover a moving part of a stream and are addressed by stream offset: chunk n holds the bytes from
/// n times the chunk size. Ask <see cref="Writable"/> for the place of an offset (it rents what is missing),
/// <see cref="Readable"/> for what is there, and let go of the front with <see cref="ReleaseBefore"/>.
/// </summary>
/// <remarks>
/// Chunks may be missing in the middle, so data that arrives out of order lies at its final place at once. The owner
/// bounds how far ahead of the front it writes. A mutable struct: keep it in a field, do not copy it.
/// </remarks>
internal struct ChunkQueue(StreamBufferPool pool)
{
    /// <summary>A slot array larger than this is dropped when its stream is recycled.</summary>
    private const int RetainedSlots = 256;

    private readonly StreamBufferPool _pool = pool;
    private byte[]?[] _slots = [];
    private int _head;
    private int _count;
    private ulong _first;

    /// <summary>True while no chunk is held.</summary>
    public readonly bool IsEmpty => _count == 0;

    /// <summary>The room from <paramref name="offset"/> to the end of its chunk, which is rented if it is missing.</summary>
    public Span<byte> Writable(ulong offset)
    {
        int index = (int)((offset >> _pool.ChunkShift) - _first);
        if (index >= _count)
        {
            Extend(index + 1);
        }

        ref byte[]? slot = ref _slots[(_head + index) & (_slots.Length - 1)];
        slot ??= _pool.Rent();
        return slot.AsSpan((int)offset & (_pool.ChunkSize - 1));
    }

    /// <summary>The bytes from <paramref name="offset"/> to the end of its chunk; empty where the chunk is missing.</summary>
    public readonly ReadOnlySpan<byte> Readable(ulong offset)
    {
        ulong index = (offset >> _pool.ChunkShift) - _first;
        if (index >= (ulong)_count)
        {
            return default;
        }

        byte[]? chunk = _slots[(_head + (int)index) & (_slots.Length - 1)];
        return chunk is null ? default : chunk.AsSpan((int)offset & (_pool.ChunkSize - 1));
    }

    /// <summary>The chunk that holds the byte at <paramref name="offset"/>, which must be there.</summary>
    public readonly byte[] ChunkAt(ulong offset) => _slots[(_head + (int)((offset >> _pool.ChunkShift) - _first)) & (_slots.Length - 1)]!;

    /// <summary>Takes a chunk from elsewhere as the place of the byte at <paramref name="offset"/>; false where there is one.</summary>
    public bool TryPlace(ulong offset, byte[] chunk)
    {
        int index = (int)((offset >> _pool.ChunkShift) - _first);
        if (index >= _count)
        {
            Extend(index + 1);
        }

        ref byte[]? slot = ref _slots[(_head + index) & (_slots.Length - 1)];
        if (slot is not null)
        {
            return false;
        }

        _pool.Adopt(chunk);
        slot = chunk;
        return true;
    }

    /// <summary>Gives up the chunks that hold anything before <paramref name="offset"/>, without giving them back: somebody may still look at them.</summary>
    public readonly void WriteOffBefore(ulong offset)
    {
        for (int i = 0; i < _count && (_first + (ulong)i) << _pool.ChunkShift < offset; i++)
        {
            ref byte[]? slot = ref _slots[(_head + i) & (_slots.Length - 1)];
            if (slot is not null)
            {
                _pool.WriteOff();
                slot = null;
            }
        }
    }

    /// <summary>Copies <paramref name="data"/> to its place.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            Span<byte> room = Writable(offset);
            int count = Math.Min(room.Length, data.Length);
            data[..count].CopyTo(room);
            data = data[count..];
            offset += (ulong)count;
        }
    }

    /// <summary>Returns the chunks that lie wholly before <paramref name="offset"/>.</summary>
    public void ReleaseBefore(ulong offset)
    {
        ulong number = offset >> _pool.ChunkShift;
        while (_first < number && _count > 0)
        {
            ReleaseHead();
            _first++;
        }

        _first = Math.Max(_first, number);
    }

    /// <summary>Returns every chunk; what comes next lies at or after <paramref name="offset"/>.</summary>
    public void ReleaseAll(ulong offset)
    {
        while (_count > 0)
        {
            ReleaseHead();
        }

        _first = offset >> _pool.ChunkShift;
    }

    /// <summary>Returns every chunk and starts again at offset 0, for another stream.</summary>
    public void Reset()
    {
        ReleaseAll(0);
        _head = 0;
        if (_slots.Length > RetainedSlots)
        {
            _slots = [];
        }
    }

    private void ReleaseHead()
    {
        ref byte[]? slot = ref _slots[_head];
        if (slot is not null)
        {
            _pool.Return(slot);
            slot = null;
        }

        _head = (_head + 1) & (_slots.Length - 1);
        _count--;
    }

    private void Extend(int count)
    {
        if (count > _slots.Length)
        {
            byte[]?[] larger = new byte[]?[Math.Max(2, (int)BitOperations.RoundUpToPowerOf2((uint)count))];
            for (int i = 0; i < _count; i++)
            {
                larger[i] = _slots[(_head + i) & (_slots.Length - 1)];
            }

            _slots = larger;
            _head = 0;
        }

        _count = count;
    }
}
