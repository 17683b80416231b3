using System.Buffers;

namespace HotQuic.Core.Streams;

/// <summary>Events that wait to be taken, each kind once a stream: a ring that doubles when full.</summary>
internal sealed class StreamEventQueue
{
    private const int InitialCapacity = 16;

    private StreamEvent[] _events = [];
    private int _head;
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>Starts anew; all events were taken.</summary>
    public void Begin()
    {
        _head = 0;
        _count = 0;
        if (_events.Length > InitialCapacity)
        {
            GiveBack();
        }
    }

    /// <summary>Gives the memory back where no event waits.</summary>
    public void Rest()
    {
        if (_count == 0)
        {
            _head = 0;
            GiveBack();
        }
    }

    /// <summary>Adds an event of a stream, unless one of its kind waits already.</summary>
    public void Add(StreamEventKind kind, QuicStreamState stream, ulong value = 0)
    {
        uint bit = 1u << (int)kind;
        if ((stream.PendingEvents & bit) == 0)
        {
            stream.PendingEvents |= bit;
            Add(new StreamEvent(kind, stream.Id)
            {
                Stream = stream,
                Generation = stream.Generation,
                Value = value,
                Direction = stream.Id.Direction,
            });
        }
    }

    public void Add(in StreamEvent item)
    {
        if (_count == _events.Length)
        {
            StreamEvent[] larger = ArrayPool<StreamEvent>.Shared.Rent(Math.Max(InitialCapacity, _events.Length * 2));
            for (int i = 0; i < _count; i++)
            {
                larger[i] = _events[(_head + i) & (_events.Length - 1)];
            }

            GiveBack();
            _events = larger;
            _head = 0;
        }

        _events[(_head + _count++) & (_events.Length - 1)] = item;
    }

    public bool TryTake(out StreamEvent item)
    {
        if (_count == 0)
        {
            item = default;
            return false;
        }

        item = _events[_head];
        _events[_head] = default;
        _head = (_head + 1) & (_events.Length - 1);
        _count--;
        if (item.Stream is { } stream)
        {
            stream.PendingEvents &= ~(1u << (int)item.Kind);
            item = item with { UserState = stream.UserState };
        }

        return true;
    }

    private void GiveBack()
    {
        if (_events.Length > 0)
        {
            ArrayPool<StreamEvent>.Shared.Return(_events, clearArray: true);
            _events = [];
        }
    }
}
