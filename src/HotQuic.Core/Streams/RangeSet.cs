namespace HotQuic.Core.Streams;

/// <summary>
/// Offsets of a stream as disjoint ranges in ascending order. <see cref="Add"/> joins ranges that touch,
/// <see cref="Remove"/> cuts; both cost O(1) at either end, where acknowledgement and loss work, and a search elsewhere.
/// </summary>
/// <remarks>A mutable struct: keep it in a field, do not copy it. It holds no memory until the first range.</remarks>
internal struct RangeSet
{
    /// <summary>An array larger than this is dropped when its stream is recycled.</summary>
    private const int RetainedRanges = 64;

    private OffsetRange[]? _ranges;
    private int _start;

    /// <summary>Number of ranges.</summary>
    public int Count { get; private set; }

    public readonly bool IsEmpty => Count == 0;

    /// <summary>The lowest range; there must be one.</summary>
    public readonly OffsetRange First => this[0];

    public readonly OffsetRange this[int index] => _ranges![_start + index];

    /// <summary>The index of the first range that ends after <paramref name="offset"/>, or <see cref="Count"/>.</summary>
    public readonly int IndexAfter(ulong offset)
    {
        if (Count == 0 || this[0].End > offset)
        {
            return 0;
        }

        int low = 1;
        int high = Count;
        if (this[high - 1].End <= offset)
        {
            return high;
        }

        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (this[middle].End > offset)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    public void Add(OffsetRange range)
    {
        if (range.IsEmpty)
        {
            return;
        }

        // The first range that could touch: one that ends at or after the new one's start.
        int first = range.Start == 0 ? 0 : IndexAfter(range.Start - 1);
        int after = first;
        ulong start = range.Start;
        ulong end = range.End;
        while (after < Count && this[after].Start <= range.End)
        {
            start = Math.Min(start, this[after].Start);
            end = Math.Max(end, this[after].End);
            after++;
        }

        if (after == first)
        {
            Insert(first, range);
            return;
        }

        _ranges![_start + first] = new OffsetRange(start, end);
        RemoveRanges(first + 1, after - first - 1);
    }

    public void Remove(OffsetRange range)
    {
        if (range.IsEmpty)
        {
            return;
        }

        int first = IndexAfter(range.Start);
        if (first < Count && this[first].Start < range.Start)
        {
            OffsetRange cut = this[first];
            _ranges![_start + first] = cut with { End = range.Start };
            first++;
            if (cut.End > range.End)
            {
                Insert(first, new OffsetRange(range.End, cut.End));
                return;
            }
        }

        int after = first;
        while (after < Count && this[after].End <= range.End)
        {
            after++;
        }

        if (after < Count && this[after].Start < range.End)
        {
            _ranges![_start + after] = this[after] with { Start = range.End };
        }

        RemoveRanges(first, after - first);
    }

    public void Clear()
    {
        _start = 0;
        Count = 0;
        if (_ranges?.Length > RetainedRanges)
        {
            _ranges = null;
        }
    }

    private void Insert(int index, OffsetRange range)
    {
        _ranges ??= new OffsetRange[8];
        if (index == 0 && _start > 0)
        {
            _start--;
            Count++;
            _ranges[_start] = range;
            return;
        }

        if (_start + Count == _ranges.Length)
        {
            MakeRoom();
        }

        Span<OffsetRange> ranges = _ranges.AsSpan(_start);
        ranges[index..Count].CopyTo(ranges[(index + 1)..]);
        ranges[index] = range;
        Count++;
    }

    /// <summary>Moves to the middle of the array, of a larger one if it is more than half full, so that both ends have room.</summary>
    private void MakeRoom()
    {
        OffsetRange[] target = Count * 2 > _ranges!.Length ? new OffsetRange[_ranges.Length * 2] : _ranges;
        int start = (target.Length - Count) / 2;
        _ranges.AsSpan(_start, Count).CopyTo(target.AsSpan(start));
        _ranges = target;
        _start = start;
    }

    private void RemoveRanges(int index, int count)
    {
        if (count == 0)
        {
            return;
        }

        if (index == 0)
        {
            _start += count;
        }
        else
        {
            Span<OffsetRange> ranges = _ranges.AsSpan(_start, Count);
            ranges[(index + count)..].CopyTo(ranges[index..]);
        }

        Count -= count;
        if (Count == 0)
        {
            _start = 0;
        }
    }
}
