using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>
/// The packets of one space that were declared lost of late, so that an acknowledgment that comes after all shows the
/// loss to have been spurious. <see cref="Add"/> in rising order; <see cref="Take"/> with each range of an
/// ACK frame. Bounded: the oldest are forgotten, and all of them some time after the last loss.
/// </summary>
internal sealed class RecentLosses
{
    private const int Capacity = 64;

    private readonly long[] _numbers = new long[Capacity];
    private int _start;
    private int _count;
    private Instant _forgetAt = Instant.Never;

    public void Add(PacketNumber number, Instant forgetAt)
    {
        if (_count == Capacity)
        {
            _start = (_start + 1) % Capacity;
            _count--;
        }

        At(_count++) = number.Value;
        _forgetAt = forgetAt;
    }

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _start = 0;
        _count = 0;
        _forgetAt = Instant.Never;
    }

    /// <summary>True where some are remembered; those whose time has passed are forgotten first.</summary>
    public bool Any(Instant now)
    {
        if (now >= _forgetAt)
        {
            _count = 0;
            _forgetAt = Instant.Never;
        }

        return _count > 0;
    }

    /// <summary>How many of the remembered packets are in the range; they are forgotten.</summary>
    public int Take(AckRange range)
    {
        int first = FirstFrom(range.Smallest);
        int next = FirstFrom(range.Largest.Next);
        int taken = next - first;
        if (taken > 0)
        {
            for (int i = next; i < _count; i++)
            {
                At(i - taken) = At(i);
            }

            _count -= taken;
        }

        return taken;
    }

    private ref long At(int index) => ref _numbers[(_start + index) % Capacity];

    /// <summary>The place of the first number that is not below this one.</summary>
    private int FirstFrom(PacketNumber number)
    {
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle) < number.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
