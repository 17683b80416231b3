using System.Numerics;

namespace HotQuic.Core.Streams;

/// <summary>
/// Says which stream sends next. <see cref="Place"/> after anything changed what a stream has to send;
/// <see cref="NextWithoutCredit"/>, then <see cref="NextWithCredit"/>, to choose; <see cref="OnServed"/> after one frame.
/// </summary>
/// <remarks>
/// Lost data goes first. Then the lowest urgency value (RFC 9218 §4.1), and among equals incremental streams in turn, one
/// frame each, while a stream that is not incremental keeps its turn until it has nothing to send (§4.2, §10). Both
/// kinds at one urgency alternate. Streams that are not incremental are served in the order in which they became ready,
/// save that one of a lower ID than the first goes before it. Nothing here looks at streams that have nothing to send.
/// </remarks>
internal sealed class StreamScheduler
{
    private const int Urgencies = StreamPriority.LowestUrgency + 1;

    /// <summary>Streams that have control frames to send, in the order in which they came to have them.</summary>
    public StreamList Control { get; } = new(StreamLinkSlot.Control);

    private readonly StreamList[] _withoutCredit = NewLists();
    private readonly StreamList[] _incremental = NewLists();
    private readonly StreamList[] _sequential = NewLists();

    /// <summary>One bit an urgency: which lists hold a stream.</summary>
    private uint _withoutCreditLevels;
    private uint _withCreditLevels;

    /// <summary>One bit an urgency: whose turn it is, set for the incremental streams.</summary>
    private uint _incrementalTurns;

    public bool HasWithoutCredit => _withoutCreditLevels != 0;

    public bool HasWithCredit => _withCreditLevels != 0;

    /// <summary>Starts anew, for any connection; no stream is in a list.</summary>
    public void Begin() => _incrementalTurns = 0;

    /// <summary>Puts the stream where its readiness and priority say.</summary>
    public void Place(QuicStreamState stream, SendReadiness readiness)
    {
        StreamList? now = stream.Link(StreamLinkSlot.Data).Owner;
        StreamList? target = readiness switch
        {
            SendReadiness.WithoutCredit => _withoutCredit[stream.Priority.Urgency],
            SendReadiness.WithCredit => stream.Priority.IsIncremental ? _incremental[stream.Priority.Urgency] : _sequential[stream.Priority.Urgency],
            _ => null,
        };
        if (now == target)
        {
            return;
        }

        if (now is not null)
        {
            now.Remove(stream);
            ClearEmptyLevels();
        }

        if (target is not null)
        {
            Add(target, stream, readiness);
        }
    }

    /// <summary>The next stream with lost data or a FIN alone, or null.</summary>
    public QuicStreamState? NextWithoutCredit() =>
        _withoutCreditLevels == 0 ? null : _withoutCredit[BitOperations.TrailingZeroCount(_withoutCreditLevels)].First;

    /// <summary>The next stream with new data, or null.</summary>
    public QuicStreamState? NextWithCredit()
    {
        if (_withCreditLevels == 0)
        {
            return null;
        }

        int urgency = BitOperations.TrailingZeroCount(_withCreditLevels);
        QuicStreamState? incremental = _incremental[urgency].First;
        QuicStreamState? sequential = _sequential[urgency].First;
        return (_incrementalTurns & (1u << urgency)) != 0 ? incremental ?? sequential : sequential ?? incremental;
    }

    /// <summary>A frame of new data went out: the turn passes to the next stream.</summary>
    public void OnServed(QuicStreamState stream)
    {
        uint level = 1u << stream.Priority.Urgency;
        if (!stream.Priority.IsIncremental)
        {
            _incrementalTurns |= level;
            return;
        }

        _incrementalTurns &= ~level;
        StreamList list = _incremental[stream.Priority.Urgency];
        if (list.Contains(stream))
        {
            list.Remove(stream);
            list.AddLast(stream);
        }
    }

    private void Add(StreamList list, QuicStreamState stream, SendReadiness readiness)
    {
        if (readiness == SendReadiness.WithCredit && !stream.Priority.IsIncremental && list.First is { } first && stream.Id.Value < first.Id.Value)
        {
            list.AddFirst(stream);
        }
        else
        {
            list.AddLast(stream);
        }

        if (readiness == SendReadiness.WithoutCredit)
        {
            _withoutCreditLevels |= 1u << stream.Priority.Urgency;
        }
        else
        {
            _withCreditLevels |= 1u << stream.Priority.Urgency;
        }
    }

    /// <summary>A stream's urgency may have changed since it was placed, so all marked levels are looked at: eight at most.</summary>
    private void ClearEmptyLevels()
    {
        for (uint left = _withoutCreditLevels; left != 0; left &= left - 1)
        {
            int urgency = BitOperations.TrailingZeroCount(left);
            if (_withoutCredit[urgency].IsEmpty)
            {
                _withoutCreditLevels &= ~(1u << urgency);
            }
        }

        for (uint left = _withCreditLevels; left != 0; left &= left - 1)
        {
            int urgency = BitOperations.TrailingZeroCount(left);
            if (_incremental[urgency].IsEmpty && _sequential[urgency].IsEmpty)
            {
                _withCreditLevels &= ~(1u << urgency);
            }
        }
    }

    private static StreamList[] NewLists()
    {
        var lists = new StreamList[Urgencies];
        for (int i = 0; i < lists.Length; i++)
        {
            lists[i] = new StreamList(StreamLinkSlot.Data);
        }

        return lists;
    }
}
