using System.Runtime.CompilerServices;

namespace HotQuic.Core.Paths;

/// <summary>
/// The challenges of the peer that wait for their response, oldest first. It is bounded: a challenge that comes while it is
/// full is not answered, and the peer sends another (RFC 9000 §8.2.2).
/// </summary>
internal struct PathResponseQueue
{
    public const int Capacity = 8;

    private Slots _slots;
    private int _first;

    public int Count { get; private set; }

    public bool TryEnqueue(ulong data)
    {
        if (Count == Capacity)
        {
            return false;
        }

        _slots[(_first + Count++) % Capacity] = data;
        return true;
    }

    /// <summary>Takes the oldest; the queue must not be empty.</summary>
    public ulong Dequeue()
    {
        ulong data = _slots[_first];
        _first = (_first + 1) % Capacity;
        Count--;
        return data;
    }

    [InlineArray(Capacity)]
    private struct Slots
    {
        private ulong _element;
    }
}
