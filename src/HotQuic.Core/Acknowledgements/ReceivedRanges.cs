using HotQuic.Core.Frames;
using HotQuic.Core.Packets;

namespace HotQuic.Core.Acknowledgements;

/// <summary>
/// The packet numbers received in one space, as few ranges, from the largest down. Bounded: where one range too many
/// would arise, the oldest is forgotten, and from then on everything up to it counts as received, so that no packet is
/// ever accepted twice (RFC 9000 §13.2.3). The range of the largest number is never forgotten.
/// </summary>
internal struct ReceivedRanges
{
    public const int MaxRanges = 64;
    private const int InitialCapacity = 4;

    /// <summary>An array larger than this is dropped when its connection is over.</summary>
    private const int RetainedCapacity = 16;

    private AckRange[] _ranges = [];
    private int _count;

    public ReceivedRanges()
    {
    }

    /// <summary>Numbers up to this one are not told apart any more: all count as received.</summary>
    public PacketNumber Floor { get; private set; } = PacketNumber.None;

    public readonly PacketNumber Largest => _count == 0 ? PacketNumber.None : _ranges[0].Largest;

    /// <summary>What there is to acknowledge, from the largest packet numbers down.</summary>
    public readonly ReadOnlySpan<AckRange> Descending => _ranges.AsSpan(0, _count);

    /// <summary>Starts anew, for another connection.</summary>
    public void Clear()
    {
        _count = 0;
        Floor = PacketNumber.None;
        _ranges = _ranges.Length > RetainedCapacity ? [] : _ranges;
    }

    public readonly bool Contains(PacketNumber number)
    {
        if (number <= Floor)
        {
            return true;
        }

        foreach (ref readonly AckRange range in Descending)
        {
            if (number >= range.Smallest)
            {
                return number <= range.Largest;
            }
        }

        return false;
    }

    /// <summary>Adds one number that is not contained, and returns the start of the run of received numbers that it is now in.</summary>
    public PacketNumber Add(PacketNumber number)
    {
        int above = 0;
        while (above < _count && _ranges[above].Smallest > number)
        {
            above++;
        }

        // Ranges [..above] lie wholly above the number; the one at `above` lies wholly below it.
        bool joinsLower = above < _count && _ranges[above].Largest.Next == number;
        bool joinsUpper = above > 0 && number.Next == _ranges[above - 1].Smallest;
        PacketNumber start = joinsLower ? _ranges[above].Smallest : number;
        if (joinsLower && joinsUpper)
        {
            _ranges[above - 1] = _ranges[above - 1] with { Smallest = start };
            RemoveAt(above);
        }
        else if (joinsLower)
        {
            _ranges[above] = _ranges[above] with { Largest = number };
        }
        else if (joinsUpper)
        {
            _ranges[above - 1] = _ranges[above - 1] with { Smallest = number };
        }
        else
        {
            Insert(above, new AckRange(number, number));
        }

        return start.Value == Floor.Value + 1 ? new PacketNumber(0) : start;
    }

    /// <summary>Stops telling apart the numbers up to this one, but keeps the largest received: every ACK frame shows it.</summary>
    public void ForgetUpTo(PacketNumber number)
    {
        var bound = new PacketNumber(Math.Min(number.Value, Largest.Value - 1));
        if (bound <= Floor)
        {
            return;
        }

        Floor = bound;
        while (_ranges[_count - 1].Largest <= bound)
        {
            _count--;
        }

        ref AckRange oldest = ref _ranges[_count - 1];
        if (oldest.Smallest <= bound)
        {
            oldest = oldest with { Smallest = bound.Next };
        }
    }

    private void Insert(int index, AckRange range)
    {
        if (_count == MaxRanges)
        {
            if (index == _count)
            {
                // The new one is the oldest itself.
                Floor = range.Largest;
                return;
            }

            _count--;
            Floor = _ranges[_count].Largest;
        }
        else if (_count == _ranges.Length)
        {
            Array.Resize(ref _ranges, Math.Max(InitialCapacity, _ranges.Length * 2));
        }

        Array.Copy(_ranges, index, _ranges, index + 1, _count - index);
        _ranges[index] = range;
        _count++;
    }

    private void RemoveAt(int index)
    {
        _count--;
        Array.Copy(_ranges, index + 1, _ranges, index, _count - index);
    }
}
