using System.Numerics;

namespace HotQuic.Core.Datagrams;

/// <summary>
/// Datagrams in the order of their coming, each with a token, copied into one ring of bytes that grows by doubling and is
/// kept: no allocation once it is as large as the traffic wants. Bounded by count and by bytes.
/// </summary>
internal sealed class DatagramFifo
{
    private const int MinBytes = 2048;
    private const int MinEntries = 16;

    /// <summary>Memory beyond this is dropped when the connection is over.</summary>
    private const int RetainedBytes = 2048;

    private int _maxCount;
    private int _maxBytes;
    private byte[] _bytes = [];
    private Entry[] _entries = [];
    private int _first;

    public DatagramFifo(int maxCount, int maxBytes) => Begin(maxCount, maxBytes);

    public int Count { get; private set; }

    /// <summary>Bytes held; an empty datagram takes one, so that each has a place of its own.</summary>
    public int Bytes { get; private set; }

    /// <summary>Starts anew and empty, for another connection.</summary>
    public void Begin(int maxCount, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, 1 << 28);
        _maxCount = maxCount;
        _maxBytes = maxBytes;
        _first = 0;
        Count = 0;
        Bytes = 0;
        _bytes = _bytes.Length > RetainedBytes ? [] : _bytes;
        _entries = _entries.Length > MinEntries ? [] : _entries;
    }

    /// <summary>Copies a datagram in; false where a bound forbids it.</summary>
    public bool TryEnqueue(ReadOnlySpan<byte> data, ulong token)
    {
        int size = Math.Max(1, data.Length);
        if (Count == _maxCount || size > _maxBytes - Bytes)
        {
            return false;
        }

        int offset = FindRoom(size);
        if (offset < 0)
        {
            // A ring of twice the bytes held has room for one more however they lie: where none was found it is smaller.
            MoveTo((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(MinBytes, 2 * (Bytes + size))));
            offset = Bytes;
        }

        if (Count == _entries.Length)
        {
            GrowEntries();
        }

        data.CopyTo(_bytes.AsSpan(offset));
        _entries[(_first + Count) & (_entries.Length - 1)] = new Entry(offset, data.Length, token);
        Count++;
        Bytes += size;
        return true;
    }

    /// <summary>The oldest datagram, valid until the next call that changes the queue; there must be one.</summary>
    public ReadOnlySpan<byte> Peek(out ulong token)
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("No datagram is queued.");
        }

        Entry entry = _entries[_first];
        token = entry.Token;
        return _bytes.AsSpan(entry.Offset, entry.Length);
    }

    /// <summary>Removes the oldest datagram; there must be one.</summary>
    public void Dequeue()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("No datagram is queued.");
        }

        Bytes -= _entries[_first].Size;
        _first = (_first + 1) & (_entries.Length - 1);
        Count--;
    }

    /// <summary>Where so many bytes lie free in one piece, behind the newest datagram or before the oldest; -1 for nowhere.</summary>
    private int FindRoom(int size)
    {
        if (Count == 0)
        {
            return size <= _bytes.Length ? 0 : -1;
        }

        int start = _entries[_first].Offset;
        Entry newest = _entries[(_first + Count - 1) & (_entries.Length - 1)];
        int end = newest.Offset + newest.Size;
        if (end <= start)
        {
            return start - end >= size ? end : -1;
        }

        if (_bytes.Length - end >= size)
        {
            return end;
        }

        return start >= size ? 0 : -1;
    }

    private void MoveTo(int capacity)
    {
        byte[] bytes = new byte[capacity];
        int offset = 0;
        for (int i = 0; i < Count; i++)
        {
            ref Entry entry = ref _entries[(_first + i) & (_entries.Length - 1)];
            _bytes.AsSpan(entry.Offset, entry.Length).CopyTo(bytes.AsSpan(offset));
            entry = entry with { Offset = offset };
            offset += entry.Size;
        }

        _bytes = bytes;
    }

    private void GrowEntries()
    {
        var entries = new Entry[Math.Max(MinEntries, 2 * _entries.Length)];
        for (int i = 0; i < Count; i++)
        {
            entries[i] = _entries[(_first + i) & (_entries.Length - 1)];
        }

        _entries = entries;
        _first = 0;
    }

    private readonly record struct Entry(int Offset, int Length, ulong Token)
    {
        public int Size => Math.Max(1, Length);
    }
}
