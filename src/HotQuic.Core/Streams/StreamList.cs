namespace HotQuic.Core.Streams;

/// <summary>The kinds of lists that a stream can be in, one list of each kind at a time.</summary>
internal enum StreamLinkSlot : byte
{
    /// <summary>Streams that have control frames to send.</summary>
    Control = 0,

    /// <summary>Streams that have data to send.</summary>
    Data = 1,
}

/// <summary>A stream's place in a list: kept inside the stream, so that no list ever allocates.</summary>
internal struct StreamLink
{
    public StreamList? Owner;
    public QuicStreamState? Next;
    public QuicStreamState? Previous;
}

/// <summary>A list of streams, linked through the streams themselves: every operation is O(1).</summary>
internal sealed class StreamList(StreamLinkSlot slot)
{
    private QuicStreamState? _last;

    public QuicStreamState? First { get; private set; }

    public bool IsEmpty => First is null;

    public bool Contains(QuicStreamState stream) => stream.Link(slot).Owner == this;

    public void AddFirst(QuicStreamState stream)
    {
        ref StreamLink link = ref stream.Link(slot);
        link = new StreamLink { Owner = this, Next = First };
        if (First is null)
        {
            _last = stream;
        }
        else
        {
            First.Link(slot).Previous = stream;
        }

        First = stream;
    }

    public void AddLast(QuicStreamState stream)
    {
        ref StreamLink link = ref stream.Link(slot);
        link = new StreamLink { Owner = this, Previous = _last };
        if (_last is null)
        {
            First = stream;
        }
        else
        {
            _last.Link(slot).Next = stream;
        }

        _last = stream;
    }

    /// <summary>Removes a stream of this list.</summary>
    public void Remove(QuicStreamState stream)
    {
        ref StreamLink link = ref stream.Link(slot);
        if (link.Previous is null)
        {
            First = link.Next;
        }
        else
        {
            link.Previous.Link(slot).Next = link.Next;
        }

        if (link.Next is null)
        {
            _last = link.Previous;
        }
        else
        {
            link.Next.Link(slot).Previous = link.Previous;
        }

        link = default;
    }
}
