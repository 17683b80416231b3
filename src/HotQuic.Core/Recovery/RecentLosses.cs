using HotQuic.Core.Frames;
using HotQuic.Core.Packets;
using HotQuic.Core.Time;

namespace HotQuic.Core.Recovery;

/// <summary>
/// The packets of one space that were declared lost of late, so that an acknowledgment that comes after all shows the
/// loss to have been spurious. <see cref="Add"/> in rising order; <see cref="Take"/> with each range of an ACK frame, from
/// the largest down. Bounded: the oldest are forgotten, and all of them some time after the last loss.
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

        _numbers[(_start + _count++) % Capacity] = number.Value;
        _forgetAt = forgetAt;
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
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            long number = _numbers[(_start + i) % Capacity];
            if (!range.Contains(new PacketNumber(number)))
            {
                _numbers[(_start + kept++) % Capacity] = number;
            }
        }

        int taken = _count - kept;
        _count = kept;
        return taken;
    }
}
