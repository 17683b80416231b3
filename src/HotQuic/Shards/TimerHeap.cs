using HotQuic.Core.Time;

namespace HotQuic.Shards;

/// <summary>Something that wants to be called at a time.</summary>
internal interface ITimed
{
    /// <summary>Its place in the heap, -1 while it is in none. Only the heap writes it.</summary>
    int TimerIndex { get; set; }
}

/// <summary>
/// Deadlines of one shard, the earliest first: a binary heap. <see cref="Set"/> whenever a deadline may have changed, which costs nothing
/// where it has not; <see cref="TryTakeDue"/> for those that have passed.
/// </summary>
/// <remarks>
/// Not a wheel: a shard sleeps until the very next deadline, to the microsecond that a pacer asks for, which a wheel would have to look
/// for in its slots. Beside a thousand busy connections a deadline is moved in some 60 ns, once a train (TimerBenchmarks).
/// </remarks>
internal sealed class TimerHeap<T>
    where T : class, ITimed
{
    private Entry[] _entries = new Entry[64];

    public int Count { get; private set; }

    /// <summary>The earliest deadline.</summary>
    public Instant Next => Count == 0 ? Instant.Never : _entries[0].Deadline;

    /// <summary>Calls for the owner at that time, once; never removes it.</summary>
    public void Set(T owner, Instant deadline)
    {
        int index = owner.TimerIndex;
        if (deadline.IsNever)
        {
            Remove(owner);
        }
        else if (index < 0)
        {
            if (Count == _entries.Length)
            {
                Array.Resize(ref _entries, Count * 2);
            }

            MoveUp(Count++, new Entry(deadline, owner));
        }
        else if (deadline < _entries[index].Deadline)
        {
            MoveUp(index, new Entry(deadline, owner));
        }
        else if (deadline > _entries[index].Deadline)
        {
            MoveDown(index, new Entry(deadline, owner));
        }
    }

    public void Remove(T owner)
    {
        int index = owner.TimerIndex;
        if (index < 0)
        {
            return;
        }

        owner.TimerIndex = -1;
        Entry last = _entries[--Count];
        _entries[Count] = default;
        if (index == Count)
        {
            return;
        }

        if (last.Deadline < _entries[index].Deadline)
        {
            MoveUp(index, last);
        }
        else
        {
            MoveDown(index, last);
        }
    }

    /// <summary>Takes out one owner whose deadline has passed.</summary>
    public bool TryTakeDue(Instant now, out T owner)
    {
        if (Count == 0 || _entries[0].Deadline > now)
        {
            owner = null!;
            return false;
        }

        owner = _entries[0].Owner;
        Remove(owner);
        return true;
    }

    private void MoveUp(int index, Entry entry)
    {
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (_entries[parent].Deadline <= entry.Deadline)
            {
                break;
            }

            Place(index, _entries[parent]);
            index = parent;
        }

        Place(index, entry);
    }

    private void MoveDown(int index, Entry entry)
    {
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && _entries[child + 1].Deadline < _entries[child].Deadline)
            {
                child++;
            }

            if (entry.Deadline <= _entries[child].Deadline)
            {
                break;
            }

            Place(index, _entries[child]);
            index = child;
        }

        Place(index, entry);
    }

    private void Place(int index, Entry entry)
    {
        _entries[index] = entry;
        entry.Owner.TimerIndex = index;
    }

    private readonly record struct Entry(Instant Deadline, T Owner);
}
