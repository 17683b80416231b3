using System.Numerics;

namespace HotQuic.Http3.Qpack;

/// <summary>
/// The table that the peer's encoder fills (RFC 9204 §3.2). Entries are named by their absolute index, the count of insertions
/// before them. Names and values lie one behind the other in one array, of at most twice the greatest capacity; it grows as it
/// is used, so a capacity that is only offered costs nothing.
/// </summary>
internal sealed class DynamicTable
{
    private const int SmallestBytes = 256;
    private const int SmallestEntries = 8;

    private readonly int _maximumCapacity;
    private byte[] _bytes = [];
    private int _end;

    /// <summary>The entry of absolute index N is at N modulo the length, a power of two.</summary>
    private Entry[] _entries = [];
    private int _count;

    public DynamicTable(int maximumCapacity) => _maximumCapacity = maximumCapacity;

    /// <summary>What the table may hold, in bytes as <see cref="FieldSize"/> counts them: 0 until the encoder sets it.</summary>
    public int Capacity { get; private set; }

    /// <summary>What the table holds, counted likewise.</summary>
    public int Size { get; private set; }

    /// <summary>How many entries were ever inserted: the absolute index of the next.</summary>
    public long InsertCount { get; private set; }

    /// <summary>How many entries there are.</summary>
    public int Count => _count;

    /// <summary>How much memory the table has taken, in bytes.</summary>
    public long AllocatedBytes => _bytes.Length + ((long)_entries.Length * Entry.MemorySize);

    /// <summary>The name and value of an entry; false where it was evicted, or is not there yet.</summary>
    public bool TryGet(long absoluteIndex, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (!Contains(absoluteIndex))
        {
            name = default;
            value = default;
            return false;
        }

        Entry entry = _entries[Slot(absoluteIndex)];
        name = _bytes.AsSpan(entry.Start, entry.NameLength);
        value = _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength);
        return true;
    }

    /// <summary>Changes the capacity, which may evict entries (RFC 9204 §4.3.1); false where it is above the maximum.</summary>
    public bool TrySetCapacity(long capacity)
    {
        if (capacity > _maximumCapacity)
        {
            return false;
        }

        Capacity = (int)capacity;
        EvictTo(Capacity);
        return true;
    }

    /// <summary>Inserts a field line, neither part of which lies in this table; false where it is larger than the capacity.</summary>
    public bool TryInsert(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (FieldSize.Of(name.Length, value.Length) > Capacity)
        {
            return false;
        }

        Reserve(name.Length + value.Length);
        name.CopyTo(_bytes.AsSpan(_end));
        value.CopyTo(_bytes.AsSpan(_end + name.Length));
        Append(name.Length, value.Length);
        return true;
    }

    /// <summary>Inserts a value, which does not lie in this table, under the name of an entry that is there, and may be evicted for it.</summary>
    public bool TryInsertNamedAs(long absoluteIndex, ReadOnlySpan<byte> value)
    {
        Entry named = _entries[Slot(absoluteIndex)];
        if (FieldSize.Of(named.NameLength, value.Length) > Capacity)
        {
            return false;
        }

        Reserve(named.NameLength + value.Length);
        named = _entries[Slot(absoluteIndex)];
        _bytes.AsSpan(named.Start, named.NameLength).CopyTo(_bytes.AsSpan(_end));
        value.CopyTo(_bytes.AsSpan(_end + named.NameLength));
        Append(named.NameLength, value.Length);
        return true;
    }

    /// <summary>Inserts an entry that is there once more; it may be evicted for it. It always fits.</summary>
    public void Duplicate(long absoluteIndex)
    {
        Entry original = _entries[Slot(absoluteIndex)];
        Reserve(original.Length);
        original = _entries[Slot(absoluteIndex)];
        _bytes.AsSpan(original.Start, original.Length).CopyTo(_bytes.AsSpan(_end));
        Append(original.NameLength, original.ValueLength);
    }

    /// <summary>Whether an entry is in the table.</summary>
    public bool Contains(long absoluteIndex) => absoluteIndex < InsertCount && absoluteIndex >= InsertCount - _count;

    /// <summary>Makes an entry of the bytes just written behind the others, and evicts the oldest until it fits (RFC 9204 §3.2.2).</summary>
    private void Append(int nameLength, int valueLength)
    {
        var entry = new Entry(_end, nameLength, valueLength);
        EvictTo(Capacity - entry.Size);
        if (_count == _entries.Length)
        {
            GrowEntries();
        }

        _entries[Slot(InsertCount)] = entry;
        _end += entry.Length;
        _count++;
        Size += entry.Size;
        InsertCount++;
    }

    private void EvictTo(int size)
    {
        while (Size > size)
        {
            Size -= _entries[Slot(InsertCount - _count)].Size;
            _count--;
        }
    }

    /// <summary>Makes room behind the last entry, before anything is evicted: by moving the entries to the front, or into a larger array.</summary>
    private void Reserve(int length)
    {
        if (_bytes.Length - _end >= length)
        {
            return;
        }

        int start = _count == 0 ? _end : _entries[Slot(InsertCount - _count)].Start;
        int needed = _end - start + length;

        // An array twice what it has to hold moves each byte about once; what is held and what is new is never above the greatest size.
        int wanted = (int)Math.Min(2L * _maximumCapacity, Math.Max(SmallestBytes, (long)BitOperations.RoundUpToPowerOf2(2UL * (uint)needed)));
        byte[] target = wanted > _bytes.Length ? new byte[wanted] : _bytes;
        _bytes.AsSpan(start, _end - start).CopyTo(target);
        for (long index = InsertCount - _count; index < InsertCount; index++)
        {
            Entry entry = _entries[Slot(index)];
            _entries[Slot(index)] = entry with { Start = entry.Start - start };
        }

        _bytes = target;
        _end -= start;
    }

    private void GrowEntries()
    {
        var grown = new Entry[Math.Max(SmallestEntries, _entries.Length * 2)];
        for (long index = InsertCount - _count; index < InsertCount; index++)
        {
            grown[(int)(index & (grown.Length - 1))] = _entries[Slot(index)];
        }

        _entries = grown;
    }

    private int Slot(long absoluteIndex) => (int)(absoluteIndex & (_entries.Length - 1));

    private readonly record struct Entry(int Start, int NameLength, int ValueLength)
    {
        public const int MemorySize = 3 * sizeof(int);

        public int Length => NameLength + ValueLength;

        public int Size => Length + FieldSize.Overhead;
    }
}
